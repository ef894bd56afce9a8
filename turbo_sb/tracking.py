"""Where the figures of each epoch go: a text file, TensorBoard, W&B.

Authors
 * The turbo_sb developers 2026
"""

from pathlib import Path

from speechbrain.utils.train_logger import (
    FileTrainLogger,
    TensorboardLogger,
    WandBLogger,
)

from turbo_sb.errors import InputError

KINDS = (None, "tensorboard", "wandb")


class PlainTrainLogger(FileTrainLogger):
    """SpeechBrain's text logger, writing 0.7076 and not 7.08e-01.

    Arguments
    ---------
    save_file : str
        The text file, appended to.

    Example
    -------
    >>> path = str(getfixture("tmp_path") / "train_log.txt")
    >>> logger = PlainTrainLogger(path)
    >>> logger.log_stats({"epoch": 1}, valid_stats={"UA": 0.70761})
    >>> print(open(path).read().strip())
    epoch: 1 - valid UA: 0.7076
    """

    def _item_to_string(self, key, value, dataset=None):
        if isinstance(value, float):
            value = f"{value:.4g}"
        return super()._item_to_string(key, value, dataset)


def make_loggers(output_folder, kind=None):
    """The train logger, and one more where the YAML's `logger` names it.

    Arguments
    ---------
    output_folder : str
        Gets train_log.txt, and the folders of the other loggers.
    kind : str, optional
        "tensorboard" or "wandb", which must be installed.

    Returns
    -------
    loggers : list of speechbrain.utils.train_logger.TrainLogger

    Example
    -------
    >>> len(make_loggers(getfixture("tmp_path")))
    1
    """
    if kind not in KINDS:
        raise InputError(f"logger: {kind!r} is not one of {KINDS}.")
    loggers = [PlainTrainLogger(f"{output_folder}/train_log.txt")]
    try:
        if kind == "tensorboard":
            loggers.append(TensorboardLogger(f"{output_folder}/tensorboard"))
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
