"""The text log, and the loggers beside it."""

import sys
import types

import pytest
from speechbrain.utils.train_logger import TensorboardLogger

from turbo_sb.errors import InputError
from turbo_sb.tracking import make_loggers


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


class TestOtherLoggers:
    def test_tensorboard_writes_events(self, tmp_path):
        loggers = make_loggers(tmp_path, "tensorboard")
        log(loggers)
        assert [type(x) for x in loggers][1:] == [TensorboardLogger]
        loggers[1].writer.close()
        (events,) = (tmp_path / "tensorboard").iterdir()
        assert events.name.startswith("events.out")
        assert b"in/audio/train" in events.read_bytes()
        assert (tmp_path / "train_log.txt").is_file()

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
