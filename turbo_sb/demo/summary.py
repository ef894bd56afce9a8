"""The demo's tables, from the files that its runs left.

Authors
 * The turbo_sb developers 2026
"""

import csv
import json
import math
import re
from statistics import median

from tabulate import tabulate

from turbo_sb.metrics.bootstrap import bootstrap_intervals
from turbo_sb.metrics.detection import ErrorRates

MEANING = {
    "complementary": (
        "What the prosody leaves open, the words settle, and the other way\n"
        "round. This shows whether a method uses both modalities. A loss that\n"
        "pulls them together works against what they do not share, so it is\n"
        "no test of the paper's claim on accuracy."
    ),
    "redundant": (
        "Prosody and words say the same, each three times in four. This is\n"
        "closer to the paper's setting: what one modality misses, the other\n"
        "may teach it."
    ),
    "directed": (
        "Speech to a device, and speech past it. Prosody and words say which,\n"
        "each three times in five. Voices, channel, levels and durations are\n"
        "matched; what signal features still tell is the row of the shortcut."
    ),
}


def read_run(run):
    """What a finished run found.

    Arguments
    ---------
    run : turbo_sb.demo.runs.Run
        A finished run.

    Returns
    -------
    result : dict
        metrics.json, with ``epochs``, how many there were, and ``seconds``,
        the median of a training epoch; and for a detection ``EER_by_utterance``,
        the 95 % interval: of one speaker alone, the recipe states none.
    """
    text = (run.folder / "metrics.json").read_text(encoding="utf-8")
    log = (run.folder / "train_log.txt").read_text(encoding="utf-8")
    seconds = re.findall(r"train seconds: ([\d.]+)", log)
    result = json.loads(text)
    result.update(epochs=len(seconds), seconds=median(map(float, seconds)))
    if "EER" in result:
        result["EER_by_utterance"] = _eer_interval(run.folder)
    return result


def _eer_interval(folder):
    """Draw utterances, not speakers, from predictions.csv."""
    with open(folder / "predictions.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rates = ErrorRates(
        [float(row["p_directed"]) for row in rows],
        [int(row["label"] == "directed") for row in rows],
    )
    eer = {"EER": lambda weights: rates.eer(weights)[0]}
    return bootstrap_intervals(eer, [row["ID"] for row in rows])["EER"]


def wilson_interval(accuracy, n, z=1.96):
    """Wilson's 95 % interval of a share.

    Arguments
    ---------
    accuracy : float
        The share, in [0, 1].
    n : int
        Of how many.
    z : float
        Normal deviate; 1.96 for 95 %.

    Returns
    -------
    low : float
    high : float

    Example
    -------
    >>> low, high = wilson_interval(0.5, 100)
    >>> round(low, 3), round(high, 3)
    (0.404, 0.596)
    """
    centre = (accuracy + z**2 / (2 * n)) / (1 + z**2 / n)
    spread = accuracy * (1 - accuracy) / n + (z / (2 * n)) ** 2
    half = z / (1 + z**2 / n) * math.sqrt(spread)
    return max(0.0, centre - half), min(1.0, centre + half)


def table(corpus, ceilings, results):
    """One corpus's results, next to chance and to the known ceilings.

    Arguments
    ---------
    corpus : str
        Names the corpus.
    ceilings : dict
        Of `turbo_sb.demo.ceilings.ceilings`, or of `directed_ceilings`.
    results : dict
        Method to result of `read_run`.

    Returns
    -------
    text : str
        A Markdown table under a heading, and what the corpus can show. A
        detection's has the EER, and what a shortcut reaches.
    """
    names = {"chance": "chance", "audio": "ceiling, prosody alone"}
    names.update(text="ceiling, words alone", both="ceiling, both")
    rows = [[name, f"{ceilings[key]:.3f}"] for key, name in names.items()]
    first = next(iter(results.values()))
    columns = ["", "WA", "95 % interval", "UA"]
    if is_detection(first):
        columns = ["", "ACC", "95 % interval", "EER", "95 % interval"]
        rows += _shortcut(first)
    columns += ["alignment", "uniformity audio", "text", "best epoch"]
    columns.append("s/epoch")
    rows += [[method, *_scores(f), *_rest(f)] for method, f in results.items()]
    meaning = MEANING.get(corpus, "")
    options = {"tablefmt": "github", "disable_numparse": True}
    text = tabulate(rows, columns, **options)
    return f"### {corpus}\n\n{meaning}\n\n{text}"


def is_detection(result):
    """Tell a detection's result from a classification's.

    Arguments
    ---------
    result : dict
        Of `read_run`.

    Returns
    -------
    detection : bool
        Whether it has ACC, and not WA.

    Example
    -------
    >>> is_detection({"WA": 0.5, "UA": 0.5})
    False
    """
    return "ACC" in result


def _shortcut(result):
    """Return the row of the linear model, which is the same in every run."""
    accuracy, eer = (result[f"shortcut_{key}"] for key in ("ACC", "EER"))
    if accuracy is None:
        return []
    name = "shortcut (signal features, linear)"
    return [[name, f"{accuracy:.3f}", "", f"{eer:.3f}"]]


def _scores(found):
    """Return the cells of one run's scores, with their intervals."""
    accuracy = found["ACC" if is_detection(found) else "WA"]
    cells = [
        f"{accuracy:.3f}",
        _interval(wilson_interval(accuracy, found["n"])),
    ]
    if not is_detection(found):
        return [*cells, f"{found['UA']:.3f}"]
    return [*cells, f"{found['EER']:.3f}", _interval(found["EER_by_utterance"])]


def _rest(found):
    """Return the cells of what the methods shape, and what they took."""
    keys = ("alignment", "uniformity_audio", "uniformity_text")
    cells = ["" if found[key] is None else f"{found[key]:.2f}" for key in keys]
    epochs = f"{found['best_epoch']} of {found['epochs']}"
    return [*cells, epochs, f"{found['seconds']:.1f}"]


def _interval(bounds):
    low, high = bounds
    return "" if low is None else f"{low:.3f} to {high:.3f}"
