"""The look of every figure: colours, markers, lines and letters.

Authors
 * The turbo_sb developers 2026
"""

import re
from typing import Any, NamedTuple


class Look(NamedTuple):
    """How a method is drawn: no two are alike, in grey as in colour."""

    colour: str
    marker: str
    dashes: Any  # what matplotlib calls a line style


# Of Okabe and Ito's palette, which the colour-blind can tell apart; the first
# three are those of the demo's figure. Its yellow is too light on white.
KNOWN = {
    "vanilla": Look("#0072B2", "o", "--"),
    "cross_modal": Look("#E69F00", "s", "-."),
    "turbo": Look("#009E73", "^", "-"),
}
COLOURS = ("#D55E00", "#CC79A7", "#56B4E9", "#000000")
# Five and four have no common factor: twenty methods all look different.
MARKERS = ("D", "v", "P", "X", "*")
DASHES = (
    ":",
    (0, (6, 1, 1, 1, 1, 1)),
    (0, (3, 1)),
    (0, (8, 2)),
    (0, (4, 1, 1, 3)),
)
STYLE = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "legend.fontsize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "axes.linewidth": 0.6,
    "pdf.fonttype": 42,  # publishers refuse matplotlib's default, Type 3
    "text.parse_math": False,  # a folder's name may hold dollars
}


def looks(methods):
    """Give each method a look of its own, the same in every figure.

    Arguments
    ---------
    methods : iterable of str
        All methods of the folder, also those that a figure leaves out.

    Returns
    -------
    looks : dict
        Method to `Look`. Vanilla, cross_modal and turbo always have theirs,
        also where all methods are in one folder, as in ``asr/turbo``; the
        others get the next ones, by name.

    Example
    -------
    >>> looks(["audio_only", "turbo"])["turbo"]
    Look(colour='#009E73', marker='^', dashes='-')
    """
    methods = set(methods)
    folders = {method.rpartition("/")[0] for method in methods}
    folder = f"{folders.pop()}/".lstrip("/") if len(folders) == 1 else ""
    known = {f"{folder}{name}": look for name, look in KNOWN.items()}
    free = {
        method: Look(
            COLOURS[number % len(COLOURS)],
            MARKERS[number % len(MARKERS)],
            DASHES[number % len(DASHES)],
        )
        for number, method in enumerate(sorted(methods - set(known)))
    }
    return {**known, **free}


def wrap(name, width=22):
    """Break a long name into lines, behind underscores and slashes.

    Arguments
    ---------
    name : str
        Of a method.
    width : int
        Letters in a line; a part that is longer is not broken.

    Returns
    -------
    text : str

    Example
    -------
    >>> wrap("turbo_without_in_modal_terms").splitlines()
    ['turbo_without_in_', 'modal_terms']
    """
    lines = [""]
    for part in re.split("(?<=[_/])", name):
        if lines[-1] and len(lines[-1] + part) > width:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)
