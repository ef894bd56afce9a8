"""Folders of synthesised corpora: made once, as a whole, and then reused.

Authors
 * The turbo_sb developers 2026
"""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from turbo_sb.utils.errors import InputError


def make_once(
    folder: str | Path, made_with: dict, make: Callable[[Path], dict]
) -> dict:
    """Make a synthesised corpus, or use the one that is there.

    The folder appears under its name only when the corpus is complete, with
    process.json: `made_with`, and what `make` returned. A folder that holds
    something else is rejected and not touched.
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
    """The description of the same corpus; anything else is rejected."""
    try:
        description = json.loads((folder / "process.json").read_text())
        before = dict(description["made_with"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{folder} exists and is not a synthesised corpus. Choose another "
            "folder; this one is not touched."
        ) from error
    if before != made_with:
        changed = [k for k in made_with if before.get(k) != made_with[k]]
        raise InputError(
            f"{folder} holds a corpus made with another "
            f"{', '.join(changed) or 'process'}. Choose another folder, or "
            "delete this one."
        )
    return description
