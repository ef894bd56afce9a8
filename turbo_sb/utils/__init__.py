"""Errors that teach, whole files, checksums, seeding by name, processes.

Authors
 * The turbo_sb developers 2026
"""

import logging

from turbo_sb.utils.errors import InputError, plain_errors

__all__ = ["InputError", "plain_errors"]

# SpeechBrain says it at every start, also where no figure is to be saved.
NOISE = "torchvision is not available"
logging.getLogger("speechbrain.utils.train_logger").addFilter(
    lambda record: NOISE not in record.getMessage()
)
