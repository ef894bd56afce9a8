"""Where each epoch's figures go: text, JSON lines, TensorBoard, W&B.

Authors
 * The turbo_sb developers 2026
"""

import re
from pathlib import Path

from speechbrain.utils.distributed import main_process_only
from speechbrain.utils.train_logger import (
    FileTrainLogger,
    TensorboardLogger,
    WandBLogger,
)

from turbo_sb.training.history import HistoryLogger
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.files import replacing

KINDS = (None, "tensorboard", "wandb")


class PlainTrainLogger(FileTrainLogger):
    """SpeechBrain's text logger, writing 0.7076 and not 7.08e-01."""

    def _item_to_string(self, key, value, dataset=None):
        if isinstance(value, float):
            value = f"{value:.4g}"
        return super()._item_to_string(key, value, dataset)

    @main_process_only
    def rewind(self, epoch) -> None:
        """Drop the lines after the epoch from which a run resumes."""
        path = Path(self.save_file)
        if not path.exists():
            return
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        with replacing(path) as draft:
            kept = [line for line in lines if 0 < epoch_of(line) <= epoch]
            draft.write_text("".join(kept), encoding="utf-8")


class EpochTensorboardLogger(TensorboardLogger):
    """SpeechBrain's logger, whose steps are the epochs, also of a resumed run."""

    def log_stats(self, stats_meta, *args, **kwargs) -> None:
        """As in SpeechBrain, which counts the calls of this process."""
        before = stats_meta.get("epoch", 1) - 1
        self.global_step["meta"] = before
        for name in ("train", "valid"):
            stats = kwargs.get(f"{name}_stats") or {}
            self.global_step[name] = dict.fromkeys(stats, before)
        super().log_stats(stats_meta, *args, **kwargs)

    @main_process_only
    def rewind(self, epoch) -> None:
        """Hide the events after the epoch from which a run resumes."""
        if len(list(Path(self.save_dir).iterdir())) == 1:
            return  # its own file, with nothing in it yet
        self.writer.close()
        kind = type(self.writer)
        self.writer = kind(self.save_dir, purge_step=epoch + 1)


def epoch_of(line) -> int:
    """The epoch of a whole line of train_log.txt; 0 if it has none."""
    found = re.match(r"epoch: (\d+),.*\n", line)
    return int(found[1]) if found else 0


def make_loggers(output_folder: str | Path, kind: str | None = None) -> list:
    """The train logger, and one more where the YAML's `logger` names it.

    Arguments
    ---------
    output_folder : str
        Gets train_log.txt, history.jsonl, and the folders of the other loggers.
    kind : str, optional
        "tensorboard" or "wandb", which must be installed.

    Returns
    -------
    loggers : list of speechbrain.utils.train_logger.TrainLogger

    Example
    -------
    >>> len(make_loggers(getfixture("tmp_path")))
    2
    """
    if kind not in KINDS:
        raise InputError(f"logger: {kind!r} is not one of {KINDS}.")
    loggers = [
        PlainTrainLogger(f"{output_folder}/train_log.txt"),
        HistoryLogger(output_folder),
    ]
    try:
        if kind == "tensorboard":
            folder = f"{output_folder}/tensorboard"
            loggers.append(EpochTensorboardLogger(folder))
        if kind == "wandb":
            import wandb

            Path(output_folder).mkdir(parents=True, exist_ok=True)
            name = str(output_folder).replace("/", "_")
            loggers.append(
                WandBLogger(
                    wandb.init,
                    project="turbo_sb",
                    name=name,
                    id=name,  # a resumed training goes on in the same run
                    dir=str(output_folder),
                    resume="allow",
                )
            )
    except ImportError as error:
        raise InputError(
            f"logger: {kind} is not installed; pip install {kind}."
        ) from error
    return loggers
