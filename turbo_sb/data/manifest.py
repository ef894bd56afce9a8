"""Manifests: JSON written whole or not at all, and checked when read.

A manifest maps each utterance's ID to its fields: `wav` (a path that may begin
with `{data_root}`), `duration` (seconds), `text`, `label`, `spk_id` ("" if
unknown), and what else a recipe adds.

Authors
 * The turbo_sb developers 2026
"""

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from turbo_sb.data.csv_table import write_table
from turbo_sb.data.fields import (
    is_time,
    name_problem,
    path_problem,
    short,
    shown,
    stretch_problem,
    text_problem,
)
from turbo_sb.utils.errors import InputError, some_of
from turbo_sb.utils.files import CKPT_PREFIX, replacing

SKIPPED = "skipped.csv"
Skipped = Sequence[tuple[int | str, str, str]]  # line, ID, problem

# Manifests of earlier versions had these names, and old runs still do.
OLD_FIELDS = {"emo": "label", "speaker": "spk_id"}
# What utterances are grouped by. Those of a corpus may be numbers.
GROUPS = ("spk_id", "session", "dialog", "scenario", "kind", "corpus", "split")


def write_json(contents: dict) -> None:
    """Write JSON files; if one cannot be written, all stay as they were."""
    try:
        # The renames come last, all together, when the stack unwinds.
        with ExitStack() as stack:
            for path, content in contents.items():
                path = Path(path)
                path.parent.mkdir(parents=True, exist_ok=True)
                text = json.dumps(
                    content, indent=2, sort_keys=True, ensure_ascii=False
                )
                draft = stack.enter_context(replacing(path))
                draft.write_text(text + "\n", encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError(
            f"{path}: cannot be written ({error.strerror}). Check the output "
            "folder, its permissions and the space left."
        ) from error


def write_sets(
    folder: str | Path,
    sets: dict,
    skipped: Skipped = (),
    **others: dict,
) -> None:
    """Write a run's sets, unless its folder holds a training on other sets.

    The model of that training would be tested on what it was trained on.

    Arguments
    ---------
    folder : str | Path
        The run's folder.
    sets : dict
        "train", "valid" and "test" to a manifest's contents.
    skipped : sequence of tuple
        What is in none of them, and why: line, ID and problem, for
        skipped.csv.
    **others
        Name to the contents of another JSON file beside them.

    Raises
    ------
    InputError
        If a training's sets would change, or a file cannot be written.

    Example
    -------
    >>> folder = Path(getfixture("tmpdir"))
    >>> write_sets(folder, {"test": {"a": {"text": "ja"}}})
    >>> (folder / "save" / "CKPT+1").mkdir(parents=True)
    >>> write_sets(folder, {"test": {"b": {"text": "ja"}}})
    Traceback (most recent call last):
    ...
    turbo_sb.utils.errors.InputError: ...test.json would change: 2 utterances, of which the first is a. ...
    """
    folder = Path(folder)
    saved = folder / "save"
    if any(saved.glob(f"{CKPT_PREFIX}*")):
        check_unchanged(folder, sets)
    contents = {**sets, **others}
    write_json({folder / f"{k}.json": c for k, c in contents.items()})
    write_skipped(folder, skipped)


def write_skipped(folder: Path, skipped: Skipped) -> None:
    """List what is in none of a run's sets; replace an earlier list."""
    write_table(folder / SKIPPED, [("line", "ID", "problem"), *skipped])


def check_unchanged(folder: str | Path, sets: dict) -> None:
    """Reject sets other than those that a folder's model was trained on."""
    for name, part in sets.items():
        path = Path(folder) / f"{name}.json"
        before = read_manifest(path, missing=part)
        names = {*before, *part}
        changed = sorted(n for n in names if before.get(n) != part.get(n))
        if changed:
            raise InputError(
                f"{path} would change: {len(changed)} utterances, of which "
                f"the first is {changed[0]}. The folder holds a training on "
                "the sets as they were, and the data or its preparation has "
                "changed since. Give another --output_folder, delete this "
                "one, or keep its sets (train.py --skip_prep=True)."
            )


def read_json(path: str | Path, missing: dict | None = None) -> dict:
    """Read what `write_json` wrote.

    Arguments
    ---------
    path : str | Path
        A JSON file with an object that is not empty.
    missing : dict, optional
        Returned if there is no such file. Without it, that is an error.

    Returns
    -------
    contents : dict

    Raises
    ------
    InputError
        If the file cannot be read, is not JSON, or has a key twice.

    Example
    -------
    >>> path = Path(getfixture("tmpdir")) / "facts.json"
    >>> write_json({path: {"n_skipped": 0}})
    >>> read_json(path)
    {'n_skipped': 0}
    """
    if missing is not None and not Path(path).exists():
        return missing
    return _read_object(Path(path))


def read_manifest(path: str | Path, missing: dict | None = None) -> dict:
    """Read a manifest of this or an earlier version, without checks.

    Earlier versions wrote `emo` for `label`, and `speaker` for `spk_id`.

    Arguments
    ---------
    path : str | Path
        A JSON file: utterance ID to its fields.
    missing : dict, optional
        As in `read_json`.

    Returns
    -------
    entries : dict
        With the names of this version.

    Raises
    ------
    InputError
        As in `read_json`.

    Example
    -------
    >>> path = Path(getfixture("tmpdir")) / "test.json"
    >>> write_json({path: {"a": {"emo": "neu", "speaker": "Ses01F"}}})
    >>> read_manifest(path)
    {'a': {'label': 'neu', 'spk_id': 'Ses01F'}}
    """
    entries = read_json(path, missing)
    return {name: _in_new_names(entry) for name, entry in entries.items()}


def _in_new_names(entry):
    """Rename the fields of an earlier version."""
    if not isinstance(entry, dict):
        return entry
    old = {k: new for k, new in OLD_FIELDS.items() if new not in entry}
    return {old.get(key, key): value for key, value in entry.items()}


def load_manifest(
    path: str | Path, required: tuple[str, ...] = ("wav", "duration", "text")
) -> dict:
    """Read a manifest and check every entry.

    Arguments
    ---------
    path : str | Path
        As in `read_manifest`.
    required : tuple of str
        The fields that each entry must have. `duration` is a number of
        seconds above 0; every other one is a string that is not blank.
        `start`, `stop` and what utterances are grouped by are checked where
        they are there.

    Returns
    -------
    entries : dict
        As in `read_manifest`, with all fields.

    Raises
    ------
    InputError
        If the file is missing, is not JSON, has no entry or the same ID twice,
        or if a field is missing or wrong; file and IDs are named.

    Example
    -------
    >>> path = Path(getfixture("tmpdir")) / "train.json"
    >>> write_json({path: {"a": {"wav": "a.wav", "duration": 0, "text": "ja"}}})
    >>> load_manifest(path)
    Traceback (most recent call last):
    ...
    turbo_sb.utils.errors.InputError: ...train.json: 1 wrong in 1 entries:
      a: duration is 0, expected seconds above 0
    Prepare it again, or correct it.
    """
    entries = read_manifest(path)
    problems = [
        f"{shown(utterance)}: {problem}"
        for utterance, entry in entries.items()
        for problem in _problems(utterance, entry, required)
    ]
    if problems:
        raise InputError(
            f"{path}: {len(problems)} wrong in {len(entries)} entries:\n"
            f"{some_of(problems)}\nPrepare it again, or correct it."
        )
    return entries


class Repeated:
    """Stands for the values of a key that an object has several times."""

    def __init__(self, count: int):
        self.count = count

    def __repr__(self) -> str:
        return f"there {self.count} times"


def read_entries(path: str | Path) -> dict:
    """Read a manifest that nobody has checked, each of its entries for itself.

    Of a key that is there twice the value is a `Repeated`, in an entry too.
    """

    def marked(pairs):
        """Mark equal keys, of which json would keep the last."""
        counts = Counter(key for key, _ in pairs)
        twice = {k: Repeated(n) for k, n in counts.items() if n > 1}
        return {**dict(pairs), **twice}

    def number(digits):
        """Take a number beyond Python's limit for infinite."""
        return int(digits) if len(digits) < 400 else float(digits)

    entries = _read_object(
        Path(path), object_pairs_hook=marked, parse_int=number
    )
    return {name: _in_new_names(entry) for name, entry in entries.items()}


def _read_object(path, **hooks):
    """Read a JSON object that is not empty and has no key twice."""

    def unique(pairs):
        """Reject equal keys, of which json would keep the last."""
        for key, count in Counter(key for key, _ in pairs).items():
            if count > 1:
                raise InputError(f"{path}: {shown(key)} occurs {count} times.")
        return dict(pairs)

    try:
        text = path.read_text(encoding="utf-8")
        entries = json.loads(text, **{"object_pairs_hook": unique, **hooks})
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}). Run the preparation "
            "first, or correct the path of the annotation."
        ) from error
    except InputError:
        raise
    except RecursionError as error:
        raise InputError(
            f"{path}: JSON within JSON, too deep to be a manifest. Prepare it "
            "again."
        ) from error
    except ValueError as error:  # a number of 5,000 digits is one, too
        raise InputError(
            f"{path}: not JSON in UTF-8 ({error}). Prepare it again."
        ) from error
    if not isinstance(entries, dict) or not entries:
        raise InputError(
            f"{path}: expected a JSON object of utterances by ID, with at "
            f"least one; it holds {text.strip()[:40]!r}. Prepare it again."
        )
    return entries


def _problems(name, entry, required):
    """List what is wrong with one entry."""
    if not isinstance(entry, dict):
        return [f"expected an object of fields, it is {short(entry)}"]
    missing = [field for field in required if field not in entry]
    found = [f"the field {field} is missing" for field in missing]
    found += [_field_problem(k, v, k in required) for k, v in entry.items()]
    found += [name_problem(name)]
    found += [stretch_problem(entry.get("start"), entry.get("stop"))]
    return [problem for problem in found if problem]


def _field_problem(field, value, required):
    """Name what is wrong with one field of an entry; else None."""
    if field == "duration":
        good = is_time(value) and value > 0
        wrong = f"duration is {short(value)}, expected seconds above 0"
        return wrong if required and not good else None
    if field in GROUPS and (value is None or type(value) is int):
        return None
    if field == "wav" and required:
        return path_problem(field, value)
    if required and not (isinstance(value, str) and value.strip()):
        return f"{field} is {short(value)}, expected text that is not blank"
    if required or field in GROUPS:
        return text_problem(field, value)
    return None
