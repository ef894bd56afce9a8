"""Kinds of values in the files of a finished run, checked when they are read.

Whoever edits a file, or has half of it, learns which key is odd.

Authors
 * The turbo_sb developers 2026
"""

from turbo_sb.utils.errors import InputError

LARGEST = 1e15  # beyond any figure; json reads 1e999 as infinity
MOST_EPOCHS = 1_000_000
NUMBER, COUNT = "a number or null", "a whole number from 0, or null"
TEXT, FLAG = "text or null", "true or false"
FOLDS = "a list of whole numbers from 0"
WORDS, SCORES = "different words", "an object of numbers"
# Keys of metrics.json that are read, to what they hold.
METRICS = {
    "labels": WORDS,
    "protocol": "text",
    "fold": "a whole number from 0",
    "seed": COUNT,
    **dict.fromkeys(("WA", "UA", "ACC", "EER", "modality_dropout"), NUMBER),
    **dict.fromkeys(("alignment", "uniformity_audio"), NUMBER),
    "uniformity_text": NUMBER,
    **{f"shortcut_{name}": NUMBER for name in ("WA", "UA", "ACC", "EER")},
    **dict.fromkeys(("n", "best_epoch", "n_left_out"), COUNT),
    **dict.fromkeys(("texts", "placeholder"), TEXT),
    "on_sphere": FLAG,
    **dict.fromkeys(("audio_only", "text_only"), SCORES),
    **dict.fromkeys(("probe_audio", "probe_text", "probe_both"), SCORES),
    "probe": TEXT,
}
COST = {
    "parameters": COUNT,
    "trainable_parameters": COUNT,
    "peak_memory_mb": NUMBER,
    "peak_memory_of": TEXT,
    "folds": FOLDS,
}
LINE = {
    "epoch": "a whole number from 1",
    **dict.fromkeys(("train", "valid", "test"), SCORES),
}
ENTRY = dict.fromkeys(("spk_id", "text", "label", "kind", "corpus"), TEXT)
ENTRY |= dict.fromkeys(("session", "scenario"), "text or a number")


def _is_number(value):
    number = type(value) in (int, float)
    return value is None or number and abs(value) <= LARGEST  # nor NaN


def _is_count(value):
    return type(value) is int and 0 <= value <= LARGEST


FITS = {
    NUMBER: _is_number,
    COUNT: lambda value: value is None or _is_count(value),
    "a whole number from 0": _is_count,
    "a whole number from 1": lambda value: (
        _is_count(value) and 1 <= value <= MOST_EPOCHS
    ),
    "text": lambda value: isinstance(value, str),
    TEXT: lambda value: value is None or isinstance(value, str),
    "text or a number": lambda value: isinstance(value, str | int | None),
    FLAG: lambda value: isinstance(value, bool),
    FOLDS: lambda value: (
        isinstance(value, list) and all(map(_is_count, value))
    ),
    WORDS: lambda value: (
        isinstance(value, list)
        and all(isinstance(word, str) for word in value)
        and 0 < len(set(value)) == len(value)
    ),
    SCORES: lambda value: (
        isinstance(value, dict) and all(map(_is_number, value.values()))
    ),
}


def check_values(where: object, values: dict, kinds: dict[str, str]) -> None:
    """Reject a value that is not of the kind that its key has."""
    for key, expected in kinds.items():
        if key in values and not FITS[expected](values[key]):
            raise InputError(
                f"{where}: {key}: {values[key]!r:.60}; expected {expected}. Put "
                "the file back, run it again, or take its folder out."
            )


def check_metrics(path: object, metrics: dict) -> None:
    """Check what metrics.json says, and that its counts are of its labels."""
    check_values(path, metrics, METRICS)
    n, rows = len(metrics["labels"]), metrics["confusion"]
    square = isinstance(rows, list) and len(rows) == n
    if not square or not all(_is_row(row, n) for row in rows):
        raise InputError(
            f"{path}: confusion: {rows!r:.60}; expected {n} rows of {n} counts."
            " Run it again, or take its folder out."
        )


def _is_row(row, n):
    return isinstance(row, list) and len(row) == n and all(map(_is_count, row))


def check_entries(path: object, entries: dict) -> None:
    """Check the fields of a manifest that a report reads."""
    for name, entry in entries.items():
        if not isinstance(entry, dict):
            raise InputError(
                f"{path}: {name}: {entry!r:.60}; expected an object of fields."
            )
        check_values(f"{path}: {name}", entry, ENTRY)
