"""Loggers as SpeechBrain's, without importing torch.

Authors
 * The turbo_sb developers 2026
"""

import logging
import os

from turbo_sb.utils.distributed import joined, rank

# SpeechBrain says it at every start, also where no figure is to be saved.
NOISE = "torchvision is not available"
logging.getLogger("speechbrain.utils.train_logger").addFilter(
    lambda record: NOISE not in record.getMessage()
)


def get_logger(name: str) -> logging.Logger:
    """A logger of the main process, at the level SB_LOG_LEVEL or INFO."""
    logger = logging.getLogger(name)
    logger.setLevel(os.environ.get("SB_LOG_LEVEL", "INFO").upper())
    logger.addFilter(_is_first)
    return logger


def _is_first(_record):
    """Whether this process is alone or the first of several."""
    return joined() is None or rank() == 0
