"""The text log, and the loggers beside it."""

import sys
import types

import pytest
from tensorboard.backend.event_processing.event_accumulator import (
    EventAccumulator,
)

from turbo_sb.training.loggers import EpochTensorboardLogger, make_loggers
from turbo_sb.utils.errors import InputError


def log(loggers):
    for logger in loggers:
        logger.log_stats(
            {"epoch": 2, "lr": 1e-5},
            train_stats={"loss": 1.23456, "in/audio": 0.5},
            valid_stats={"UA": 0.70761},
        )


class TestTextLog:
    def test_has_four_digits(self, tmp_path):
        log(make_loggers(tmp_path))
        assert (tmp_path / "train_log.txt").read_text() == (
            "epoch: 2, lr: 1e-05 - train loss: 1.235, train in/audio: 0.5"
            " - valid UA: 0.7076\n"
        )

    def test_is_appended_to(self, tmp_path):
        log(make_loggers(tmp_path))
        log(make_loggers(tmp_path))
        text = (tmp_path / "train_log.txt").read_text()
        assert len(text.splitlines()) == 2

    def test_is_rewound_to_an_epoch(self, tmp_path):
        """What comes again: later epochs, half a line, and the test."""
        (logger, _) = make_loggers(tmp_path)
        logger.rewind(1)  # there is nothing yet
        for epoch in (1, 2, 12):
            logger.log_stats({"epoch": epoch, "lr": 0.1})
        logger.log_stats({"epoch loaded": 1}, test_stats={"UA": 0.5})
        path = tmp_path / "train_log.txt"
        path.write_text(path.read_text() + "epoch: 1, lr: 0.")
        logger.rewind(2)
        assert path.read_text() == "epoch: 1, lr: 0.1\nepoch: 2, lr: 0.1\n"


class TestOtherLoggers:
    def test_tensorboard_writes_events(self, tmp_path):
        loggers = make_loggers(tmp_path, "tensorboard")
        log(loggers)
        assert [type(x) for x in loggers][2:] == [EpochTensorboardLogger]
        loggers[2].writer.close()
        (events,) = (tmp_path / "tensorboard").iterdir()
        assert events.name.startswith("events.out")
        assert b"in/audio/train" in events.read_bytes()
        assert (tmp_path / "train_log.txt").is_file()

    def test_tensorboard_has_each_epoch_once(self, tmp_path):
        """Also what was logged, and not saved, before a kill."""
        for last, epochs in ((0, (1, 2)), (1, (2, 3))):
            *_, logger = make_loggers(tmp_path, "tensorboard")
            logger.rewind(last)
            for epoch in epochs:
                logger.log_stats(
                    {"epoch": epoch}, valid_stats={"UA": epoch / 10}
                )
            logger.writer.close()
        read = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
        found = [(x.step, round(x.value, 6)) for x in read.Scalars("UA/valid")]
        assert found == [(1, 0.1), (2, 0.2), (3, 0.3)]

    def test_wandb_gets_a_run_and_the_figures(self, tmp_path, monkeypatch):
        started, logged = {}, []

        def init(**settings):
            started.update(settings)
            return types.SimpleNamespace(
                log=lambda figures, step: logged.append((figures, step))
            )

        monkeypatch.setitem(
            sys.modules, "wandb", types.SimpleNamespace(init=init)
        )
        folder = tmp_path / "not there yet"
        log(make_loggers(folder, "wandb"))
        assert started["dir"] == str(folder)
        assert folder.is_dir()
        assert started["id"] == started["name"]  # for a resume to go on in it
        ((figures, step),) = logged
        assert step == 2
        assert figures["valid"] == {"UA": 0.70761}

    @pytest.mark.parametrize(
        ("kind", "module"),
        [("wandb", "wandb"), ("tensorboard", "torch.utils.tensorboard")],
    )
    def test_one_that_is_not_installed_is_an_error(
        self, tmp_path, monkeypatch, kind, module
    ):
        monkeypatch.setitem(sys.modules, module, None)  # import fails
        with pytest.raises(InputError, match=f"pip install {kind}"):
            make_loggers(tmp_path, kind)

    def test_unknown_kind_is_an_error(self, tmp_path):
        with pytest.raises(InputError, match="'comet'.*tensorboard.*wandb"):
            make_loggers(tmp_path, "comet")
