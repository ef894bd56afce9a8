"""history.jsonl: what a training found in each epoch, one JSON object a line.

Authors
 * The turbo_sb developers 2026
"""

import json
import math
from pathlib import Path

from turbo_sb.training.run_checks import LINE, check_values
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.files import replacing

HISTORY = "history.jsonl"


class HistoryLogger:
    """Write the figures of each epoch and of the test to history.jsonl.

    A line of an epoch has ``epoch``, ``lr``, ``train`` and ``valid``; the line
    of the test has ``epoch_loaded`` and ``test``. NaN and infinity are null.

    Arguments
    ---------
    folder : str or pathlib.Path
        The training's output folder.

    Example
    -------
    >>> folder = getfixture("tmp_path")
    >>> logger = HistoryLogger(folder)
    >>> logger.log_stats({"epoch": 1}, {"loss": 0.5}, {"UA": 0.25})
    >>> read_history(folder)
    [{'epoch': 1, 'train': {'loss': 0.5}, 'valid': {'UA': 0.25}}]
    """

    def __init__(self, folder):
        self.folder = Path(folder)

    def log_stats(
        self, stats_meta, train_stats=None, valid_stats=None, test_stats=None
    ) -> None:
        """Append a line, as SpeechBrain's train loggers do.

        Arguments
        ---------
        stats_meta : dict
            ``epoch`` and ``lr``, or ``epoch loaded``.
        train_stats : dict, optional
            Name to float.
        valid_stats : dict, optional
            Name to float.
        test_stats : dict, optional
            Name to float.
        """
        # Imported here: whoever reads a history need not wait for torch.
        from speechbrain.utils.distributed import if_main_process

        if not if_main_process():
            return
        line = {k.replace(" ", "_"): v for k, v in stats_meta.items()}
        stats = {"train": train_stats, "valid": valid_stats, "test": test_stats}
        for name, found in stats.items():
            if found:
                line[name] = {k: _finite(v) for k, v in found.items()}
        with open(self.folder / HISTORY, "a", encoding="utf-8") as file:
            file.write(json.dumps(line, allow_nan=False) + "\n")

    def rewind(self, epoch) -> None:
        """Drop what was written after the epoch from which a run resumes.

        Arguments
        ---------
        epoch : int
            The last that is kept; the test is run again.
        """
        from speechbrain.utils.distributed import if_main_process

        if if_main_process() and (self.folder / HISTORY).exists():
            found = read_history(self.folder)
            kept = [one for one in found if 0 < one.get("epoch", 0) <= epoch]
            with replacing(self.folder / HISTORY) as draft:
                lines = [json.dumps(one) + "\n" for one in kept]
                draft.write_text("".join(lines), encoding="utf-8")


def read_history(folder) -> list[dict]:
    """Read history.jsonl of a training.

    Arguments
    ---------
    folder : str or pathlib.Path
        The training's output folder.

    Returns
    -------
    history : list of dict
        A line each; without a last line that a killed process left unfinished,
        and empty where there is no history.

    Raises
    ------
    InputError
        If a line holds anything else; it is named.

    Example
    -------
    >>> read_history(getfixture("tmp_path"))
    []
    """
    path, history = Path(folder) / HISTORY, []
    if not path.is_file():
        return history
    for number, line in enumerate(path.read_bytes().split(b"\n")[:-1], start=1):
        history.append(_parse(line, f"{path}: line {number}"))
    return history


def _parse(line, where):
    """One line, if it is of this package."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{where}: not JSON ({error!s:.100}). Correct or delete the line: "
            "an epoch without one is a gap in the curves."
        ) from error
    if not isinstance(found, dict):
        raise InputError(f"{where}: {found!r:.60}; expected an object.")
    check_values(where, found, LINE)
    return found


def curves(history) -> dict[str, list[float]]:
    """One curve for each figure of the epochs.

    Arguments
    ---------
    history : list of dict
        Of `read_history`.

    Returns
    -------
    curves : dict of str to list of float
        "train loss", "valid UA", ... to one value an epoch, from the first; NaN
        where an epoch does not have it.

    Example
    -------
    >>> curves([{"epoch": 1, "valid": {"UA": 0.25}}, {"epoch_loaded": 1}])
    {'valid UA': [0.25]}
    """
    epochs = {line["epoch"]: line for line in history if "epoch" in line}
    found = [
        {
            f"{kind} {name}": value
            for kind in ("train", "valid")
            for name, value in epochs.get(number, {}).get(kind, {}).items()
        }
        for number in range(1, max(epochs, default=0) + 1)
    ]
    names = dict.fromkeys(name for one in found for name in one)
    return {name: [_number(one.get(name)) for one in found] for name in names}


def _finite(value):
    """JSON has neither NaN nor infinity."""
    return value if math.isfinite(value) else None


def _number(value):
    """As a curve has it."""
    return math.nan if value is None else value
