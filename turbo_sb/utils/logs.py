"""The main process logs, and nobody waits for torch to do so.

Authors
 * The turbo_sb developers 2026
"""

import logging
import os

from turbo_sb.utils.distributed import joined, rank


def get_logger(name):
    """A logger as SpeechBrain's get_logger gives it, without its imports.

    For what reads tables and audio headers: SpeechBrain imports torch, which
    takes seconds. Of processes that are joined, the first one logs, from the
    level in SB_LOG_LEVEL on, or INFO.

    Arguments
    ---------
    name : str
        The module's.

    Returns
    -------
    logger : logging.Logger

    Example
    -------
    >>> get_logger("turbo_sb.example").isEnabledFor(logging.INFO)
    True
    """
    logger = logging.getLogger(name)
    logger.setLevel(os.environ.get("SB_LOG_LEVEL", "INFO").upper())
    logger.addFilter(_is_first)
    return logger


def _is_first(_record):
    """Whether this process is alone, or the first of those joined."""
    return joined() is None or rank() == 0
