"""Write and read the sets of every fold as a file that others can use.

A CSV with one row per utterance: ``ID,fold1,fold2,...``, where a cell says
``train``, ``valid`` or ``test``, or nothing if the fold leaves it out.

Authors
 * The turbo_sb developers 2026
"""

from pathlib import Path

from turbo_sb.data.csv_table import read_table, write_table
from turbo_sb.data.splits.checks import (
    COMPLETE,
    DISJOINT,
    SETS,
    check_split,
    check_tested_once,
)
from turbo_sb.utils.errors import InputError, some_of

MAX_FOLDS = 100  # columns that are looked for


def write_split_file(path: str | Path, folds: dict[int, dict]) -> None:
    """Write which set each utterance is in, in every fold.

    Arguments
    ---------
    path : str | Path
        The CSV.
    folds : dict
        Fold, from 1, to its sets: name to entries.

    Raises
    ------
    InputError
        If it cannot be written.

    Example
    -------
    >>> path = getfixture("tmp_path") / "two.csv"
    >>> first = {"train": {"b": {}}, "valid": {}, "test": {"a": {}}}
    >>> write_split_file(path, {1: first, 2: {**first, "train": {}}})
    >>> print(path.read_text(), end="")
    ID,fold1,fold2
    a,test,test
    b,train,
    """
    places = {
        fold: {ID: name for name, part in sets.items() for ID in part}
        for fold, sets in folds.items()
    }
    names = sorted(set().union(*places.values()))
    rows = [[ID, *(p.get(ID, "") for p in places.values())] for ID in names]
    header = ["ID", *(f"fold{fold}" for fold in folds)]
    write_table(path, [header, *rows])


def read_split_file(
    path: str | Path, entries: dict, protocol: str = "given"
) -> dict[int, dict]:
    """Cut a corpus as a file says, and check the file.

    Arguments
    ---------
    path : str | Path
        A CSV as `write_split_file` writes it.
    entries : dict
        The corpus, utterance ID to its fields.
    protocol : str
        Its rules are checked (`turbo_sb.data.splits.checks`); `given` has none.

    Returns
    -------
    folds : dict
        Fold to its sets, each with `train`, `valid` and `test`.

    Raises
    ------
    InputError
        If the file does not fit the corpus, or breaks the protocol's rules.

    Example
    -------
    >>> path = getfixture("tmp_path") / "mine.csv"
    >>> _ = path.write_text("ID,fold1\\na,train\\nb,valid\\nc,test\\n")
    >>> read_split_file(path, {"a": {}, "b": {}, "c": {}})
    {1: {'train': {'a': {}}, 'valid': {'b': {}}, 'test': {'c': {}}}}
    """
    columns = [f"fold{k}" for k in range(1, MAX_FOLDS + 1)]
    rows = read_table(Path(path), ("ID",), tuple(columns))
    _check_rows(path, rows, columns, entries, protocol)
    folds = {}
    for fold, column in enumerate(columns, start=1):
        places = {row["ID"]: row[column] for _, row in rows if row[column]}
        if places:
            folds[fold] = {
                name: {
                    k: e for k, e in entries.items() if places.get(k) == name
                }
                for name in SETS
            }
    _check_folds(path, folds, entries, protocol)
    return folds


def _check_rows(path, rows, columns, entries, protocol):
    """Reject IDs that are not in the corpus, and invalid cells."""
    bad, seen = [], {}
    for line, row in rows:
        if row["ID"] not in entries:
            bad.append(f"line {line}: {row['ID']!r} is not in the corpus")
        elif row["ID"] in seen:
            bad.append(f"line {line}: {row['ID']} is also at {seen[row['ID']]}")
        bad += [
            f"line {line}: {column} is {row[column]!r}"
            for column in columns
            if row[column] not in (*SETS, "")
        ]
        seen.setdefault(row["ID"], line)
    if protocol in COMPLETE:  # else it may leave some out of every fold
        bad += [f"no line of {ID}" for ID in entries if ID not in seen]
    if bad:
        raise InputError(
            f"split_file: {path}: {len(bad)} lines do not fit the corpus:\n"
            f"{some_of(bad)}\nAn utterance has one line; a cell is train, "
            "valid, test, or blank where the fold leaves it out."
        )


def _check_folds(path, folds, entries, protocol):
    """Reject folds that lack a set or break the protocol's rules."""
    if not folds:
        raise InputError(
            f"split_file: {path}: the column fold1 is missing or blank."
        )
    for fold, sets in folds.items():
        if empty := [name for name in SETS if not sets[name]]:
            raise InputError(
                f"split_file: {path}: nothing is in {' and '.join(empty)} of "
                f"fold{fold}."
            )
    try:
        for sets in folds.values():
            check_split(sets, DISJOINT[protocol])
        if protocol in COMPLETE:
            tests = {fold: sets["test"] for fold, sets in folds.items()}
            check_tested_once(tests, entries)
    except RuntimeError as error:
        raise InputError(
            f"split_file: {path}: {error}, which protocol={protocol} excludes. "
            "Correct it, or accept it as it is: --protocol=given."
        ) from error
