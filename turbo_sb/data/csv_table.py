"""Write CSV files, and read those that people write by hand or with a spreadsheet.

Authors
 * The turbo_sb developers 2026
"""

import codecs
import csv
from collections.abc import Iterable
from pathlib import Path

from turbo_sb.data.csv_records import split_records
from turbo_sb.utils.errors import InputError, some_of
from turbo_sb.utils.files import replacing
from turbo_sb.utils.logs import get_logger
from turbo_sb.utils.spreadsheets import as_text

logger = get_logger(__name__)

ESCAPED = "backslashreplace"
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_table(
    path: str | Path,
    required: tuple[str, ...],
    optional: tuple[str, ...] = (),
    rejects: list | None = None,
    aliases: dict[str, str] | None = None,
) -> list[tuple[int, dict[str, str]]]:
    """Read a CSV file with a header.

    The delimiter may be a comma, semicolon or tab. A byte-order mark and any
    line ends are accepted. Empty lines are skipped, and spaces around a cell
    are removed. A cell between double quotes may hold the delimiter, line
    breaks, and double quotes, each written twice.

    Arguments
    ---------
    path : str | Path
        In UTF-8, or in UTF-16 with a byte-order mark.
    required : tuple of str
        Columns that must be there.
    optional : tuple of str
        Columns that may be missing; any other one is not read.
    rejects : list, optional
        Gets (line, problem) of each row whose cells do not fit the header;
        without it, such a row is an error.
    aliases : dict, optional
        Other names of a column to its name. An alias where the column is
        missing is an error; other columns that are not read are logged.

    Returns
    -------
    rows : list of (int, dict)
        The line in the file, from 1, and column to cell; "" for an optional
        column that is missing.

    Raises
    ------
    InputError
        If the file is missing, or is not such a table.

    Example
    -------
    >>> path = Path(getfixture("tmpdir")) / "manifest.csv"
    >>> _ = path.write_bytes(b"\\xef\\xbb\\xbfID;text\\r\\na;so, yes\\r\\n")
    >>> read_table(path, required=("ID", "text"), optional=("spk_id",))
    [(2, {'ID': 'a', 'text': 'so, yes', 'spk_id': ''})]
    """
    path = Path(path)
    found = split_records(path, _read_text(path), required[0])
    _check_header(path, found.header, required, optional)
    if aliases is not None:
        _check_aliases(path, found.header, (*required, *optional), aliases)
    if not found.rows and not found.faults:
        raise InputError(f"{path}: a header without rows.")
    bad = _misfits(found)
    if bad and rejects is None:
        raise InputError(_explain(path, found, bad))
    if bad:
        rejects.extend(bad.items())
    return [
        (
            number,
            {c: _cell(found.header, cells, c) for c in (*required, *optional)},
        )
        for number, cells in found.rows
        if number not in bad
    ]


def _misfits(found):
    """Map lines to what is wrong with their quotes, or number of cells."""
    bad = [
        (number, f"{len(cells)} cells, the header has {len(found.header)}")
        for number, cells in found.rows
        if not found.fits(cells)
    ]
    return dict(sorted([*bad, *found.faults]))


def _explain(path, found, bad):
    """Name the rows that cannot be read, and what to do."""
    total = len(found.rows) + len(found.faults)
    listed = [f"line {number}: {why}" for number, why in bad.items()]
    quotes = (
        "A text that begins with a double quote of its own: write it twice, "
        'within quotes ("""yes"" he said"). A text of several lines: in one.'
    )
    return (
        f"{path}: {len(bad)} of {total} rows do not fit the header:\n"
        f"{some_of(listed)}\nPut a text that has the delimiter in it between "
        f'double quotes ("so, yes"). {quotes if found.faults else ""}'
    ).rstrip()


def write_table(path: str | Path, rows: Iterable) -> None:
    """Write a CSV file and its folder; an error names the file."""
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        write_rows(path, rows)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be written ({error.strerror})."
        ) from error


def write_rows(path: str | Path, rows: Iterable) -> None:
    """Write a CSV file that appears whole or not at all.

    `read_table` reads it to the letter, but for spaces around a cell and the
    kind of line ends. What a spreadsheet would execute gets a space before it,
    and half of a surrogate pair, which UTF-8 has not, is written as \\udcff.
    """
    with (
        replacing(path) as draft,
        open(
            *(draft, "w"), encoding="utf-8", errors=ESCAPED, newline=""
        ) as file,
    ):
        plain = csv.writer(file, lineterminator="\n")
        full = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
        for row in rows:
            cells = [as_text(cell) for cell in row]
            # Else the lines of a text may be taken for rows; or are rows: csv
            # leaves a lone carriage return unquoted.
            broken = any(c in str(cell) for cell in cells for c in "\r\n")
            (full if broken else plain).writerow(cells)


def _read_text(path):
    """Decode a file, and make its line ends newlines."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror})."
        ) from error
    # What Excel calls "Unicode text" is UTF-16.
    encoding = "utf-16" if content.startswith(UTF_16) else "utf-8-sig"
    advice = 'Save it as UTF-8; spreadsheets call it "CSV UTF-8".'
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}: line {line}: not UTF-8 ({error}). {advice}"
        ) from error
    if "\0" in text:
        raise InputError(f"{path}: not text in UTF-8, it has NUL. {advice}")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _check_header(path, header, required, optional):
    """Reject columns that are missing, repeated, or misspelt."""
    wanted = (*required, *optional)
    near = {_plain(column): column for column in header}
    problems = [f"no column {c}" for c in required if c not in header]
    problems += [f"several columns {c}" for c in wanted if header.count(c) > 1]
    problems += [
        f"{near[_plain(c)]!r} must be written {c}"
        for c in wanted
        if c not in header and _plain(c) in near
    ]
    if problems:
        raise InputError(
            f"{path}: {', '.join(problems)}. Its header is {header}; expected "
            f"{', '.join(required)}, and perhaps {', '.join(optional)}."
        )


def _check_aliases(path, header, wanted, aliases):
    """Reject columns with another name; log those that are not read."""
    named = {
        column: aliases[_plain(column)]
        for column in header
        if _plain(column) in aliases
    }
    if wrong := [f"{a!r}: {c}" for a, c in named.items() if c not in header]:
        raise InputError(
            f"{path}: columns that are not read, but look like ones that are:"
            f"\n{some_of(wrong)}\nGive them these names, or others."
        )
    if unread := [column for column in header if column not in wanted]:
        logger.info(f"{path}: columns that are not read: {', '.join(unread)}")


def _plain(column):
    """Remove case, spaces and signs from a column's name."""
    return "".join(filter(str.isalnum, column)).lower()


def _cell(header, cells, column):
    """Return a cell, "" if there is no such column."""
    return cells[header.index(column)] if column in header else ""
