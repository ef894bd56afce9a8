"""Files that appear whole or not at all.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
import os
import uuid
from pathlib import Path

# SpeechBrain's, of a checkpoint's folder: who looks for one need not import it.
CKPT_PREFIX = "CKPT"


@contextlib.contextmanager
def replacing(path):
    """Write a file under another name, and rename it when it is whole.

    Arguments
    ---------
    path : str or pathlib.Path
        The file to write. If the block fails, it stays as it was.

    Yields
    ------
    draft : pathlib.Path
        Where to write, in the same folder.

    Example
    -------
    >>> path = getfixture("tmp_path") / "a.txt"
    >>> with replacing(path) as draft:
    ...     _ = draft.write_text("whole")
    >>> path.read_text()
    'whole'
    """
    path = Path(path)
    # No process id: two machines that share a folder may have the same.
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        yield draft
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


@contextlib.contextmanager
def weights_only():
    """torch.load's default, also where the environment switches it off.

    Yields
    ------
    None
    """
    key = "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"
    before = os.environ.pop(key, None)
    try:
        yield
    finally:
        if before is not None:
            os.environ[key] = before
