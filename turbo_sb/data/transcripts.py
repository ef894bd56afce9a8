"""Texts of a recogniser in place of the corpus's, and texts that recur.

Authors
 * The turbo_sb developers 2026
"""

import unicodedata
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from turbo_sb.data.csv_table import read_table
from turbo_sb.utils.errors import InputError, some_of

EMPTY_TEXT = "[UNK]"  # stands for a blank text, where nothing else is said


def read_texts(path: str | Path) -> dict:
    """Read a CSV file with the columns ID and text.

    Arguments
    ---------
    path : str | Path
        Read by `turbo_sb.data.csv_table.read_table`; other columns are not read.

    Returns
    -------
    texts : dict
        Utterance ID to text, which may be blank.

    Raises
    ------
    InputError
        If the file is missing or is not such a table, or if an ID is blank or
        stands there twice.

    Example
    -------
    >>> path = Path(getfixture("tmpdir")) / "asr.csv"
    >>> _ = path.write_text("ID,text\\na,so yes\\nb,\\n")
    >>> read_texts(path)
    {'a': 'so yes', 'b': ''}
    """
    texts, lines, problems = {}, {}, []
    for line, row in read_table(path, required=("ID", "text")):
        name = row["ID"]
        if not name:
            problems.append(f"line {line}: no ID")
        elif name in lines:
            problems.append(f"line {line}: {name} stands in line {lines[name]}")
        else:
            texts[name], lines[name] = row["text"], line
    if problems:
        raise InputError(
            f"{path}: {len(problems)} lines have no ID of their own:\n"
            f"{some_of(problems)}\nLeave one line for each utterance."
        )
    return texts


def replace_texts(
    sets: dict,
    path: str | Path,
    which: Sequence[str],
    empty_text: str = EMPTY_TEXT,
) -> tuple:
    """Put the texts of a CSV file in place of a corpus's.

    Arguments
    ---------
    sets : dict
        "train", "valid" and "test" to entries, utterance ID to its fields.
        They stay as they are.
    path : str | Path
        See `read_texts`. It may have lines for other utterances, too.
    which : sequence of str
        Names of the sets whose texts are replaced: all of them.
    empty_text : str
        Stands for a text that is blank.

    Returns
    -------
    replaced : dict
        As `sets`, in copies.
    note : str
        What was replaced, for a log.

    Raises
    ------
    InputError
        If `which` is not a list of sets, or an utterance of theirs has no
        line in the file.

    Example
    -------
    >>> path = Path(getfixture("tmpdir")) / "asr.csv"
    >>> _ = path.write_text("ID,text\\na,so yes\\nb,\\n")
    >>> train, test = {"z": {"text": "No."}}, {"a": {"text": "Yes."}}
    >>> sets = {"train": train, "test": test}
    >>> replaced, note = replace_texts(sets, path, ["test"])
    >>> replaced["test"], replaced["train"]
    ({'a': {'text': 'so yes'}}, {'z': {'text': 'No.'}})
    """
    _check_names(which, sets)
    texts = read_texts(path)
    wanted = [name for part in dict.fromkeys(which) for name in sets[part]]
    _check_all_there(path, texts, wanted, which)
    replaced = {
        part: {
            name: {**entry, "text": texts[name] or empty_text}
            if part in which
            else dict(entry)
            for name, entry in entries.items()
        }
        for part, entries in sets.items()
    }
    blank = sum(not texts[name] for name in wanted)
    others = len(texts.keys() - set(wanted))
    return replaced, (
        f"{path}, in {', '.join(part for part in sets if part in which)}: "
        f"{len(wanted):,} texts, of which {blank:,} blank ({empty_text}); "
        f"{others:,} lines for other utterances"
    )


def text_source(path: str | Path, which: Sequence[str]) -> str:
    """Say in a word where texts come from, for metrics.json.

    Arguments
    ---------
    path : str | Path
        See `read_texts`.
    which : sequence of str
        As in `replace_texts`.

    Returns
    -------
    source : str

    Example
    -------
    >>> text_source("/data/asr.csv", ["test"])
    'asr.csv in test'
    """
    return f"{Path(path).name} in {', '.join(which)}"


def _check_names(which, sets):
    """Raise an InputError unless `which` names some of the sets."""
    listed = isinstance(which, list | tuple) and len(which)
    if not listed or any(name not in list(sets) for name in which):
        raise InputError(
            f"text_csv_sets: {which!r}: expected a list of one or more of "
            f"{', '.join(sets)}, such as [test]."
        )


def _check_all_there(path, texts, wanted, which):
    """Raise an InputError if an utterance has no line."""
    missing = [name for name in wanted if name not in texts]
    if missing:
        raise InputError(
            f"{path}: {len(missing)} of {len(wanted)} utterances of "
            f"{', '.join(which)} have no line:\n{some_of(missing)}\nAdd them "
            "(a text may be blank), or leave the set out of text_csv_sets."
        )


def shared_texts(
    train_texts: Iterable[str], test_texts: Collection[str]
) -> float:
    """The share of test texts that occur in training, word by word.

    Case, punctuation and symbols, and the width of spaces do not count, in
    any script: "I DON'T know…" is "I don’t know". Texts that have nothing
    else are all alike.

    Arguments
    ---------
    train_texts : iterable of str
        Texts of the training set.
    test_texts : collection of str
        Texts of the test set, one at least.

    Returns
    -------
    share : float
        In [0, 1]; a test text that occurs several times counts each time.

    Raises
    ------
    InputError
        If there is no test text.

    Example
    -------
    >>> shared_texts(["Yes.", "Oh,  no!"], ["oh no", "YES", "Maybe?", "yes..."])
    0.75
    """
    if not len(test_texts):
        raise InputError(
            "shared_texts takes one or more test texts, not none: is the test "
            "set empty?"
        )
    known = {_plain(text) for text in train_texts}
    return sum(_plain(text) in known for text in test_texts) / len(test_texts)


def _plain(text):
    """The words of a text in one spelling: letters, marks and digits."""
    text = unicodedata.normalize("NFKC", text).lower()
    kept = (c for c in text if unicodedata.category(c)[0] not in "PS")
    return " ".join("".join(kept).split())
