"""Which runs a figure shows, and how its caption names them.

Authors
 * The turbo_sb developers 2026
"""

from turbo_sb.utils.errors import InputError, some_of


def of_protocol(runs: list, protocol: str | None = None) -> list:
    """Runs of one protocol, which may be left out if there is only one.

    A figure must not average folds of two protocols.
    """
    there = sorted({str(run.protocol) for run in runs})
    if protocol is None and len(there) > 1:
        raise InputError(
            f"--protocol: the runs are of {len(there)} protocols, "
            f"{', '.join(there)}, and a figure shows one. Add "
            f"--protocol={there[0]}, or another of them."
        )
    if protocol not in (None, *there):
        raise InputError(
            f"--protocol={protocol}: no run is of it. Choose from "
            f"{', '.join(there)}."
        )
    return [run for run in runs if protocol in (None, str(run.protocol))]


def by_method(runs) -> dict[str, list]:
    """Group runs by method, in the order in which the runs come."""
    groups = {}
    for run in runs:
        groups.setdefault(run.method, []).append(run)
    return groups


def describe(runs: list) -> str:
    """Name protocol, methods, folds and seeds of the runs, for a caption."""
    count = f"{len(runs)} run{'s' if len(runs) > 1 else ''}"
    parts = ", ".join(f"{m} {len(own)}" for m, own in by_method(runs).items())
    folds = _listed("fold", {run.fold for run in runs})
    seeds = _listed("seed", {run.seed for run in runs})
    return f"protocol {runs[0].protocol}; {count}: {parts}; {folds}; {seeds}"


def common_runs(
    runs: list, fold: int | None = None, seed: int | None = None
) -> dict:
    """One run of each method, all of the same fold and seed: the first.

    Empty if no fold and seed are asked for and none is common to all methods;
    an InputError if a method has no run of those that are.
    """
    groups = by_method(runs)
    keys = [{(run.fold, run.seed) for run in own} for own in groups.values()]
    common = sorted(set.intersection(*keys), key=_order)
    chosen = [
        key
        for key in common
        if fold in (None, key[0]) and seed in (None, key[1])
    ]
    if not chosen:
        if fold is None and seed is None:
            return {}
        raise InputError(_not_common(common, fold, seed))
    return {
        method: next(run for run in own if (run.fold, run.seed) == chosen[0])
        for method, own in groups.items()
    }


def _listed(name, values):
    """Write "folds 1 to 10", "seeds 1, 5" or "no seed"."""
    known = sorted(value for value in values if value is not None)
    if not known:
        return f"no {name}"
    if len(known) == 1:
        return f"{name} {known[0]}"
    if len(known) > 2 and known == list(range(known[0], known[-1] + 1)):
        return f"{name}s {known[0]} to {known[-1]}"
    return f"{name}s {', '.join(map(str, known))}"


def _order(key):
    """Sort numbers as numbers, and None before them."""
    return [(value is not None, value or 0) for value in key]


def _not_common(common, fold, seed):
    asked = {"fold": fold, "seed": seed}
    options = [f"--{k}={v}" for k, v in asked.items() if v is not None]
    there = some_of([f"fold {fold}, seed {seed}" for fold, seed in common])
    return (
        f"{' '.join(options)}: the density figure needs such a run of every "
        f"method. These all methods have:\n{there or '  none'}\nChoose one "
        "of them, or take the folder of a method away."
    )
