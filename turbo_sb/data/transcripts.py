"""Replace texts by those of a recogniser, and find texts that recur.

Authors
 * The turbo_sb developers 2026
"""

import unicodedata
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from turbo_sb.data.csv_table import read_table
from turbo_sb.utils.errors import InputError, some_of

EMPTY_TEXT = "[UNK]"  # stands for a blank text, where nothing else is said


def read_texts(path: str | Path) -> dict[str, str]:
    """Map ID to text, which may be blank, from a CSV with these columns."""
    texts, lines, problems = {}, {}, []
    for line, row in read_table(path, required=("ID", "text")):
        name = row["ID"]
        if not name:
            problems.append(f"line {line}: no ID")
        elif name in lines:
            problems.append(
                f"line {line}: {name} is also in line {lines[name]}"
            )
        else:
            texts[name], lines[name] = row["text"], line
    if problems:
        raise InputError(
            f"{path}: {len(problems)} lines have no ID, or one twice:\n"
            f"{some_of(problems)}\nLeave one line for each utterance."
        )
    return texts


def replace_texts(
    sets: dict[str, dict],
    path: str | Path,
    which: Sequence[str],
    empty_text: str = EMPTY_TEXT,
) -> tuple[dict[str, dict], str]:
    """Replace the texts of some sets; return copies, and a note for a log."""
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
    """Name where texts come from, for metrics.json: "asr.csv in test"."""
    return f"{Path(path).name} in {', '.join(which)}"


def _check_names(which, sets):
    """Reject names that are not of sets."""
    listed = isinstance(which, list | tuple) and len(which)
    if not listed or any(name not in list(sets) for name in which):
        raise InputError(
            f"text_csv_sets: {which!r}: expected a list of one or more of "
            f"{', '.join(sets)}, such as [test]."
        )


def _check_all_there(path, texts, wanted, which):
    """Reject a file without a line for an utterance."""
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
    """Compute the share of test texts that occur in training.

    Case, punctuation, symbols and the width of spaces have no effect, in any
    script. Texts that have nothing else are all alike.
    """
    if not len(test_texts):
        raise InputError(
            "shared_texts expects one or more test texts. Is the test set "
            "empty?"
        )
    known = {_plain(text) for text in train_texts}
    return sum(_plain(text) in known for text in test_texts) / len(test_texts)


def _plain(text):
    """Keep letters, marks and digits, in lower case."""
    text = unicodedata.normalize("NFKC", text).lower()
    kept = (c for c in text if unicodedata.category(c)[0] not in "PS")
    return " ".join("".join(kept).split())
