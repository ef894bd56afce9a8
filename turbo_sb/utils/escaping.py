"""Text of others, shown where some characters mean something else.

Authors
 * The turbo_sb developers 2026
"""

import re

# What moves a terminal's cursor, colours it, or turns the direction of writing:
# C0 and C1 controls, bidirectional overrides, separators, lone surrogates.
CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
# What begins code, a cell, a link, mathematics, HTML or an entity.
OF_MARKDOWN = re.compile(r"[\\`|\[\]$]|<(?=[A-Za-z/!?])|&(?=#?\w+;)|~(?=~)")


def printable(text: str, keep: str = "") -> str:
    r"""Write control characters out, as JSON does; those in `keep` stay.

    >>> print(printable("a\x1b[2Jb\n"))
    a\u001b[2Jb\u000a
    """

    def written_out(found):
        """The four digits of a character."""
        letter = found[0]
        return letter if letter in keep else f"\\u{ord(letter):04x}"

    return CONTROLS.sub(written_out, text)


def has_controls(text: str) -> bool:
    """Whether a text has what a terminal would obey.

    >>> has_controls("\x1b[2J"), has_controls("größer")
    (True, False)
    """
    return bool(CONTROLS.search(text))


def markdown(text: object) -> str:
    r"""Escape what Markdown, and HTML in it, would read as more than text.

    >>> print(markdown("a|<b>"), markdown("turbo_2, p < 0.001 (*)"))
    a\|\<b> turbo_2, p < 0.001 (*)
    """
    return OF_MARKDOWN.sub(r"\\\g<0>", printable(str(text)))
