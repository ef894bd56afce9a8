"""Cells of tables that we write: text to a spreadsheet, whatever is in them.

Authors
 * The turbo_sb developers 2026
"""

import re

# What a spreadsheet takes for a formula (OWASP's list). Names and texts come
# from strangers, and a formula may send a table's contents away.
FORMULA = re.compile(r" *[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


def as_text(cell: object) -> object:
    """Put a space before a cell that a spreadsheet would execute.

    An apostrophe, which OWASP advises, is text to any other program, and no
    reader can tell it from one of the text's own; spaces around a cell are
    removed by `read_table` anyway.
    """
    return f" {cell}" if _acts(cell) else cell


def as_given(cell: str) -> str:
    """Undo `as_text`, to the letter."""
    return cell[1:] if cell[:1] == " " and _acts(cell[1:]) else cell


def _acts(cell):
    """Whether it is a formula; a number such as -1.5 is harmless."""
    if not isinstance(cell, str) or not FORMULA.match(cell):
        return False
    try:
        float(cell)
    except ValueError:
        return True
    return False
