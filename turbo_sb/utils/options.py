"""Options spelt with dashes or with underscores, and paths with `~`.

Authors
 * The turbo_sb developers 2026
"""

import sys

from turbo_sb.utils.paths import expand


def spell(arguments: list[str] | None, mark: str) -> list[str]:
    """Spell option names with `mark`, "_" or "-", and the home folder out.

    A shell does the latter for ~/x, and not for --key=~/x. Other values stay.
    Without `arguments`, those of this process are taken.
    """
    given = sys.argv[1:] if arguments is None else arguments
    return [_spelled(a, mark) if a[:2] == "--" else expand(a) for a in given]


def _spelled(argument, mark):
    name, equals, value = argument[2:].partition("=")
    other = "-" if mark == "_" else "_"
    return f"--{name.replace(other, mark)}{equals}{expand(value)}"
