"""Errors that a user can act on, printed as one message.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
import os
import sys

import torch


class InputError(ValueError):
    """Something that the user gave is missing, malformed or contradictory.

    The message names the file, line or key, says what was expected and what
    came, and what to do. Library code raises it; a script's outermost block
    is wrapped in `plain_errors`, which prints the message without a traceback.

    Example
    -------
    >>> raise InputError("--fold=11: speaker10 has the folds 1 to 10.")
    Traceback (most recent call last):
    ...
    turbo_sb.errors.InputError: --fold=11: speaker10 has the folds 1 to 10.
    """


@contextlib.contextmanager
def plain_errors():
    """Turn what a user can act on into one message and exit status 2.

    That is an `InputError`, a file that cannot be read or written, and a GPU
    that is full. Any other exception passes through: it is a bug, and its
    traceback helps. Of several processes, the first one speaks.

    Yields
    ------
    None

    Example
    -------
    >>> with plain_errors():
    ...     pass
    """
    try:
        yield
    except InputError as error:
        message = str(error)
    except OSError as error:
        if error.filename is None:
            raise
        message = f"{error.filename}: {error.strerror}"
    except torch.OutOfMemoryError as error:
        message = (
            f"{str(error).splitlines()[0]} Use a smaller batch_size (fewer "
            "negatives), --precision=bf16, or train_crop_seconds."
        )
    else:
        return
    if os.environ.get("RANK", "0") == "0":
        print(f"error: {message}", file=sys.stderr, flush=True)
    sys.exit(2)


def some_of(items, limit=10):
    """Join items with newlines, naming at most `limit` of them.

    Arguments
    ---------
    items : list of str
        What to list, most useful first.
    limit : int
        How many are named; the rest is counted.

    Returns
    -------
    text : str
        One item a line, each indented by two spaces.

    Example
    -------
    >>> print(some_of(["a", "b", "c"], limit=2))
      a
      b
      ... and 1 more
    """
    lines = [f"  {item}" for item in items[:limit]]
    if len(items) > limit:
        lines.append(f"  ... and {len(items) - limit} more")
    return "\n".join(lines)
