"""Folders that are made once, whole, and taken as they are from then on.

Authors
 * The turbo_sb developers 2026
"""

import json
import tempfile
from pathlib import Path

from turbo_sb.utils.errors import InputError


def make_once(folder, made_with, make):
    """Make a synthesised corpus, or take the one that is there.

    The folder appears under its name only when the corpus is complete, with
    ``process.json`` in it: what `make` returned, and what it was made with.

    Arguments
    ---------
    folder : str or pathlib.Path
        Root of the corpus: absent, empty, or made with the same before.
    made_with : dict
        All that decides the bytes, as JSON can hold it.
    make : callable
        Takes a folder that exists, fills it, and returns a dict to be stated
        in ``process.json`` next to "made_with".

    Returns
    -------
    description : dict
        What ``process.json`` holds.

    Raises
    ------
    InputError
        The folder holds something else, which is left alone.

    Example
    -------
    >>> folder = getfixture("tmp_path") / "corpus"
    >>> make_once(folder, {"seed": 1}, lambda root: {"sizes": {}})
    {'made_with': {'seed': 1}, 'sizes': {}}
    >>> make_once(folder, {"seed": 2}, dict)
    Traceback (most recent call last):
    ...
    turbo_sb.utils.errors.InputError: ...corpus holds a corpus made with another seed...
    """
    folder = Path(folder).resolve()
    made_with = json.loads(json.dumps(made_with))  # tuples as lists
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        return _existing(folder, made_with)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        prefix=f"{folder.name}.partial-", dir=folder.parent
    ) as partial:
        root = Path(partial) / "corpus"
        root.mkdir()
        description = {"made_with": made_with, **make(root)}
        text = json.dumps(description, indent=2) + "\n"
        (root / "process.json").write_text(text)
        root.rename(folder)
    return description


def _existing(folder, made_with):
    """Return the description of the same corpus; refuse anything else."""
    try:
        description = json.loads((folder / "process.json").read_text())
        before = dict(description["made_with"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{folder} is there, and is no synthesised corpus. Choose another "
            "folder; this one is left as it is."
        ) from error
    if before != made_with:
        changed = [k for k in made_with if before.get(k) != made_with[k]]
        raise InputError(
            f"{folder} holds a corpus made with another "
            f"{', '.join(changed) or 'process'}. Choose another folder, or "
            "delete this one."
        )
    return description
