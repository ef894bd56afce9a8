"""What a training found in each epoch, written and read back."""

import math

from turbo_sb.training.history import HistoryLogger, curves, read_history


def log(folder, *epochs):
    logger = HistoryLogger(folder)
    for epoch, loss, uniformity in epochs:
        logger.log_stats(
            {"epoch": epoch, "lr": 0.1},
            train_stats={"loss": loss},
            valid_stats={"uniformity": uniformity},
        )
    return logger


def test_every_figure_comes_back_in_full(tmp_path):
    log(tmp_path, (1, 1 / 3, -1.25)).log_stats(
        {"epoch loaded": 1}, test_stats={"UA": 0.4}
    )
    epoch, test = read_history(tmp_path)
    assert epoch == {
        "epoch": 1,
        "lr": 0.1,
        "train": {"loss": 1 / 3},
        "valid": {"uniformity": -1.25},
    }
    assert test == {"epoch_loaded": 1, "test": {"UA": 0.4}}


def test_nan_is_valid_json_and_a_gap_in_the_curve(tmp_path):
    log(tmp_path, (1, math.nan, 1.0), (2, math.inf, 2.0), (3, 0.5, 3.0))
    assert "NaN" not in (tmp_path / "history.jsonl").read_text()
    loss = curves(read_history(tmp_path))["train loss"]
    assert math.isnan(loss[0]) and math.isnan(loss[1]) and loss[2] == 0.5


def test_a_run_that_resumes_has_no_epoch_twice(tmp_path):
    """What comes again: later epochs, half a line, and the test."""
    logger = log(tmp_path, (1, 3.0, 0.0), (2, 2.0, 0.0), (3, 9.0, 0.0))
    logger.log_stats({"epoch loaded": 2}, test_stats={"UA": 0.4})
    with open(tmp_path / "history.jsonl", "a") as file:
        file.write('{"epoch": 4, "tr')
    logger.rewind(2)
    assert [line["epoch"] for line in read_history(tmp_path)] == [1, 2]
    log(tmp_path, (3, 1.0, 0.0))
    assert curves(read_history(tmp_path))["train loss"] == [3.0, 2.0, 1.0]


def test_value_that_an_epoch_lacks_is_nan(tmp_path):
    logger = log(tmp_path, (1, 3.0, -1.25))
    logger.log_stats({"epoch": 2}, train_stats={"loss": 2.0})
    found = curves(read_history(tmp_path))["valid uniformity"]
    assert found[0] == -1.25 and math.isnan(found[1])


def test_a_history_that_begins_late_keeps_its_epochs(tmp_path):
    """As of a run that an earlier version began."""
    log(tmp_path, (3, 3.0, 0.0), (4, 2.0, 0.0))
    loss = curves(read_history(tmp_path))["train loss"]
    assert all(map(math.isnan, loss[:2])) and loss[2:] == [3.0, 2.0]
