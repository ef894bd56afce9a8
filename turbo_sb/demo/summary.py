"""The demo's tables, from the files that its runs left.

Authors
 * The turbo_sb developers 2026
"""

import csv
import json
from pathlib import Path
from statistics import median

from scipy.stats import binomtest
from tabulate import tabulate

from turbo_sb.demo.runs import Run
from turbo_sb.metrics.bootstrap import bootstrap_intervals
from turbo_sb.metrics.error_rates import ErrorRates
from turbo_sb.training.history import curves, read_history

MEANING = {
    "complementary": (
        "What the prosody leaves open, the words settle, and vice versa. This\n"
        "shows whether a method uses both modalities. A loss that pulls them\n"
        "together works against what they do not share, so this does not test\n"
        "the paper's claim on accuracy."
    ),
    "redundant": (
        "Prosody and words say the same, each three times in four. This is\n"
        "closer to the paper's setting: what one modality misses, the other\n"
        "may teach it."
    ),
    "directed": (
        "Speech to a device, and other speech. Prosody and words say which,\n"
        "each three times in five. Voices, channel, levels and durations are\n"
        "matched; what signal features still tell is the row of the shortcut."
    ),
}


def read_run(run: Run) -> dict:
    """A finished run's metrics.json, its epochs, and the median seconds of one.

    Of a detection also ``EER_by_utterance``, a 95 % interval: two speakers are
    too few for one by speaker.
    """
    text = (run.folder / "metrics.json").read_text(encoding="utf-8")
    seconds = curves(read_history(run.folder))["train seconds"]
    result = json.loads(text)
    result.update(epochs=len(seconds), seconds=median(seconds))
    if "EER" in result:
        result["EER_by_utterance"] = _eer_interval(run.folder)
    return result


def _eer_interval(folder: Path) -> tuple:
    """The EER's interval, by utterance, from predictions.csv."""
    with open(folder / "predictions.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rates = ErrorRates(
        [float(row["p_directed"]) for row in rows],
        [int(row["label"] == "directed") for row in rows],
    )
    eer = {"EER": lambda weights: rates.eer(weights)[0]}
    return bootstrap_intervals(eer, [row["ID"] for row in rows])["EER"]


def wilson_interval(accuracy: float, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share of `n`."""
    test = binomtest(round(accuracy * n), n)
    low, high = test.proportion_ci(0.95, method="wilson")
    return float(low), float(high)


def table(corpus: str, ceilings: dict, results: dict) -> str:
    """One corpus's results by method, beside chance and the known ceilings."""
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


def is_detection(result: dict) -> bool:
    """Whether a result has ACC in place of WA."""
    return "ACC" in result


def _shortcut(result):
    """The row of the linear model, which is the same in every run."""
    accuracy, eer = (result[f"shortcut_{key}"] for key in ("ACC", "EER"))
    if accuracy is None:
        return []
    name = "shortcut (signal features, linear)"
    return [[name, f"{accuracy:.3f}", "", f"{eer:.3f}"]]


def _scores(found):
    """The cells of one run's scores, with their intervals."""
    accuracy = found["ACC" if is_detection(found) else "WA"]
    cells = [
        f"{accuracy:.3f}",
        _interval(wilson_interval(accuracy, found["n"])),
    ]
    if not is_detection(found):
        return [*cells, f"{found['UA']:.3f}"]
    return [*cells, f"{found['EER']:.3f}", _interval(found["EER_by_utterance"])]


def _rest(found):
    """The cells of geometry, epochs and time."""
    keys = ("alignment", "uniformity_audio", "uniformity_text")
    cells = ["" if found[key] is None else f"{found[key]:.2f}" for key in keys]
    epochs = f"{found['best_epoch']} of {found['epochs']}"
    return [*cells, epochs, f"{found['seconds']:.1f}"]


def _interval(bounds):
    """A cell of two bounds, blank without them."""
    low, high = bounds
    return "" if low is None else f"{low:.3f} to {high:.3f}"
