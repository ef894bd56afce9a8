"""A table's text as records, and the lines where a double quote misleads.

Where a cell begins with a double quote, a text may go on over delimiters and
line breaks. In a file that was written without quoting, such a quote is a part
of the text, and a second one, lines later, would join all rows between. So a
record of several lines is doubted; one that cannot be believed costs its first
line, and the next line is read as a row again.

Authors
 * The turbo_sb developers 2026
"""

import csv
import dataclasses
from collections.abc import Callable
from pathlib import Path

from turbo_sb.utils.errors import InputError
from turbo_sb.utils.logs import get_logger

logger = get_logger(__name__)

DELIMITERS = ",;\t"
CLOSED = (
    "Is a double quote not closed? Within quotes, write it twice "
    '("he said ""yes""").'
)
Numbered = list[tuple[int, list[str]]]  # a line, from 1, and its cells


@dataclasses.dataclass
class Records:
    """What `split_records` finds.

    Arguments
    ---------
    line : int
        Where the header is.
    header : list of str
        Its cells, without blank ones at its end.
    padded : int
        How many there are with these.
    rows : list of (int, list of str)
        The line of each other record, from 1, and its cells.
    faults : list of (int, str)
        The lines whose quotes mislead, and why.
    """

    line: int
    header: list[str]
    padded: int
    rows: Numbered
    faults: list[tuple[int, str]]

    def fits(self, cells: list[str]) -> bool:
        """Whether a row has as many cells as the header."""
        # A spreadsheet pads all rows alike. Blanks at the end of a single row
        # may come from a delimiter in a text.
        right = len(cells) in (len(self.header), self.padded)
        return right and not any(cells[len(self.header) :])


class _Doubt(Exception):
    """A record of several lines is more likely several rows."""


def split_records(path: Path, text: str, key: str) -> Records:
    """Split a table, whose column `key` has each row's ID or the like."""
    lines = [f"{line}\n" for line in text.split("\n")]
    first = next((line for line in lines if line.strip()), "")
    delimiter = max(DELIMITERS, key=first.count)
    spanned = []
    found = _records(path, *_read(lines, delimiter, spanned.append))
    column = found.header.index(key) if key in found.header else 0
    if spanned:
        doubt = _doubter(found, delimiter, column)
        found = _records(path, *_read(lines, delimiter, doubt))
    amiss = [line for line, _ in found.faults]
    amiss += [line for line, cells in found.rows if not found.fits(cells)]
    if (
        not amiss
        or (rows := _unquoted(lines, found, delimiter, column)) is None
    ):
        return found
    logger.warning(
        f"{path}: read as written without quoting, so that double quotes are "
        f"parts of the texts: with quoting, line {min(amiss)} makes no row, "
        f"and as it is, each line has the header's {len(found.header)} cells."
    )
    return dataclasses.replace(found, rows=rows, faults=[])


def _read(lines, delimiter, doubt: Callable):
    """Return the records that are not empty, and the faults.

    Each record of several lines is shown to `doubt`, which raises a _Doubt.
    """
    rows, faults, begin = [], [], 0
    while begin < len(lines):
        first, reader = begin, _reader(lines, begin, delimiter)
        try:
            for cells in reader:
                end = first + reader.line_num
                if end > begin + 1:
                    doubt((begin + 1, lines[begin:end], cells))
                cells = [cell.strip() for cell in cells]
                if any(cells):
                    rows.append((begin + 1, cells))
                begin = end
        except (csv.Error, _Doubt) as error:
            why = f"{error}. {CLOSED}" if type(error) is csv.Error else error
            faults.append((begin + 1, str(why)))
            begin += 1
    return rows, faults


def _reader(lines, begin, delimiter):
    """Read from a line on, as RFC 4180 has it."""
    return csv.reader(
        (lines[k] for k in range(begin, len(lines))),
        delimiter=delimiter,
        skipinitialspace=True,  # a quote may follow it: 'a, "so, yes"'
        strict=True,
    )


def _records(path, rows, faults):
    """Take the header off; a fault before it is an error."""
    if rows and rows[0][1][0].lower() == "sep=":  # a hint to Excel
        rows = rows[1:]
    if faults and (not rows or faults[0][0] < rows[0][0]):
        raise InputError(f"{path}: line {faults[0][0]}: {faults[0][1]}")
    if not rows:
        raise InputError(f"{path}: empty.")
    (line, cells), *rows = rows
    last = max(k for k, cell in enumerate(cells, start=1) if cell)
    return Records(line, cells[:last], len(cells), rows, faults)


def _doubter(found, delimiter, column):
    """Make a function that raises if a record of several lines is none."""
    sizes = len(found.header), found.padded
    keys = [cells[column] for _, cells in found.rows if len(cells) > column]
    shapes = {_shape(key) for key in keys if key and "\n" not in key}

    def is_row(line):
        """Whether a line has a row's number of cells, and an ID like others."""
        cells = line.split(delimiter)
        if len(cells) < len(found.header):
            return False
        shape = _shape(cells[column].strip())
        # A row with a stray delimiter has more; but a sentence may, too, and
        # begin with a word.
        return shape in shapes and (len(cells) in sizes or shape != {"a"})

    def doubt(record):
        """Raise a _Doubt."""
        number, lines, cells = record
        if number == found.line or _is_quoted(lines[0], cells):
            return
        parts = [len(line.split(delimiter)) in sizes for line in lines]
        held = any(delimiter in cell and "\n" in cell for cell in cells)
        bare = [cell.strip() for cell in cells]
        if (
            (delimiter == "\t" and held)  # no text has tabs
            or (len(found.header) > 2 and all(parts))
            or any(map(is_row, lines[1:]))
            or not found.fits(bare)
            or "\n" in bare[column]
        ):
            last = number + len(lines) - 1
            raise _Doubt(
                f"a double quote opens a text that would go on to line {last}, "
                "over what looks like rows of their own. Is the quote a part "
                "of the text?"
            )

    return doubt


def _is_quoted(line, cells):
    """Whether the first cell is quoted, and ends before the line does.

    That is a writer's doing who quotes; `write_table` marks such a row so.
    """
    return line.lstrip().startswith('"') and "\n" not in cells[0]


def _shape(key):
    """The kinds of characters of an ID: kitchen_001 is letters, digits, _."""
    return frozenset(
        "a" if c.isalpha() else "0" if c.isdigit() else c for c in key
    )


def _unquoted(lines, found, delimiter, column):
    """Return the rows of a table without quoting; None if it is none.

    Of tabs only: texts have commas and semicolons, which happen to fit.
    """
    cut = [[cell.strip() for cell in line.split(delimiter)] for line in lines]
    header = cut[found.line - 1]
    rows = [
        (number, cells)
        for number, cells in enumerate(cut[found.line :], found.line + 1)
        if any(cells)
    ]
    right = (
        delimiter == "\t"
        and header[: len(found.header)] == found.header
        and all(found.fits(cells) for _, cells in rows)
        and not any(cells[column].startswith('"') for _, cells in rows)
        and not any(_escaped(cell) for _, cells in rows for cell in cells)
    )
    return rows if right else None


def _escaped(cell):
    """Whether a cell is quoted and blank, or holds a quote written twice."""
    return cell[:1] == cell[-1:] == '"' and '""' in cell
