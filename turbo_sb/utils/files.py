"""Files written whole or not at all, locks, safe loading of weights.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
import errno
import logging
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from turbo_sb.utils.errors import InputError

# Not of utils.logs, which imports this module.
logger = logging.getLogger(__name__)
# Of SpeechBrain's checkpoint folders, without importing SpeechBrain.
CKPT_PREFIX = "CKPT"
# A folder is renamed before it is deleted, and after it is written: half of one
# must not be taken for one.
DRAFT = "unfinished+"
# NFS without its lock daemon, FUSE, some of clusters' file systems.
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)
LOCK = ".lock"  # in a folder that one process writes to at a time


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a path to write to; rename it to `path` when the block succeeds."""
    path = Path(path)
    # Two machines that share a folder may have the same process id.
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        yield draft
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


@contextlib.contextmanager
def hold(path: str | Path, busy: str, wait: float = 0) -> Iterator[None]:
    """Hold a lock file, or raise InputError(busy) after `wait` seconds.

    A killed process holds no lock. Only who holds it may delete the file: from
    3.21 on, filelock sees that the one it waited for is gone, and takes the new.

    Where the file system has no locks, it warns. A file that says "locked"
    would stay when its process is killed, and the same command not go on.
    """
    from filelock import FileLock, Timeout

    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(FileLock(path, timeout=wait).acquire())
        except Timeout as error:
            raise InputError(busy) from error
        except (OSError, NotImplementedError) as error:
            if getattr(error, "errno", errno.ENOSYS) not in NO_LOCKS:
                raise
            logger.warning(
                f"{path}: no locks on this file system ({error}). Let no "
                "second process work here; it would not be noticed."
            )
        yield


@contextlib.contextmanager
def weights_only() -> Iterator[None]:
    """Load weights only, even if the environment switches that off."""
    key = "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"
    before = os.environ.pop(key, None)
    try:
        yield
    finally:
        if before is not None:
            os.environ[key] = before
