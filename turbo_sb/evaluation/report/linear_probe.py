"""A protocol's methods beside the linear probe on their frozen encoders.

Authors
 * The turbo_sb developers 2026
"""

import dataclasses
import statistics as stats

from turbo_sb.evaluation.report.comparison import Comparison
from turbo_sb.training.run_folder import PROBES, loses

TRAINED = "trained"


def beside_probe(methods: list, n_resamples: int = 2000) -> dict:
    """Score each method and the probes of its runs on the same resamples.

    Returns method to ``chosen``, the probe that the runs' validation prefers,
    which the others are compared with; ``scores``, each probe and "trained" to
    figures; and ``lost``, the metrics in which the method is worse than it.
    Without methods of which some runs have no probe.
    """
    found = {}
    for method in methods:
        names = [n for n in PROBES if all(n in r.metrics for r in method.runs)]
        preferred = [run.metrics.get("probe") for run in method.runs]
        if names and all(f"probe_{name}" in names for name in preferred):
            chosen = f"probe_{stats.mode(preferred)}"
            found[method.name] = _of_method(method, names, chosen, n_resamples)
    return found


def _of_method(method, names, chosen, n_resamples):
    order = sorted(names, key=lambda name: name != chosen)
    probes = [
        dataclasses.replace(method.alone(name), name=name) for name in order
    ]
    trained = dataclasses.replace(method, name=TRAINED)
    scores = Comparison([*probes, trained], n_resamples).score_all()
    return {
        "chosen": chosen,
        "scores": scores,
        "lost": [
            name
            for name in method.names
            if loses(name, *_pair(scores, name, chosen))
        ],
    }


def _pair(scores, name, chosen):
    """The trained model's value and the probe's; equal if one is not known."""
    values = [scores[who][name]["value"] for who in (TRAINED, chosen)]
    return (0, 0) if None in values else values
