"""What a user need not read is not logged."""

import logging

import turbo_sb.utils.logs  # noqa: F401  (the filter is of the package)


def test_torchvision_is_not_asked_for_at_every_start(caplog):
    logger = logging.getLogger("speechbrain.utils.train_logger")
    logger.warning("torchvision is not available - cannot save figures")
    logger.warning("epoch: 1")
    assert [record.getMessage() for record in caplog.records] == ["epoch: 1"]
