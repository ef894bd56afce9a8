"""Which runs a figure shows, and how its caption names them.

Authors
 * The turbo_sb developers 2026
"""

from turbo_sb.utils.errors import InputError, some_of


def of_protocol(runs, protocol=None):
    """The runs of one protocol: folds of two are not to be averaged.

    Arguments
    ---------
    runs : list of FinishedRun
        Of `turbo_sb.training.finished.find_runs`.
    protocol : str, optional
        May be left out where there is only one.

    Returns
    -------
    runs : list of FinishedRun

    Raises
    ------
    InputError
        If there are several and none is chosen, or no run has the chosen one.

    Example
    -------
    >>> from turbo_sb.training.finished import FinishedRun
    >>> runs = [
    ...     FinishedRun("a", "turbo", {"protocol": "speaker10", "fold": 1}),
    ...     FinishedRun("b", "turbo", {"protocol": "random10", "fold": 1}),
    ... ]
    >>> [run.folder for run in of_protocol(runs, "random10")]
    ['b']
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


def by_method(runs):
    """Group runs by method.

    Arguments
    ---------
    runs : iterable of FinishedRun
        In the order of `turbo_sb.training.finished.find_runs`: vanilla, cross_modal,
        turbo, then the others by name.

    Returns
    -------
    groups : dict
        Method to its runs, in that order.

    Example
    -------
    >>> from turbo_sb.training.finished import FinishedRun
    >>> names = ["vanilla", "turbo", "turbo"]
    >>> groups = by_method(FinishedRun("out", name, {}) for name in names)
    >>> {method: len(own) for method, own in groups.items()}
    {'vanilla': 1, 'turbo': 2}
    """
    groups = {}
    for run in runs:
        groups.setdefault(run.method, []).append(run)
    return groups


def describe(runs):
    """Say of which protocol, folds and seeds the runs are.

    Arguments
    ---------
    runs : list of FinishedRun
        Of one protocol.

    Returns
    -------
    text : str
        For a caption.

    Example
    -------
    >>> from turbo_sb.training.finished import FinishedRun
    >>> facts = {"protocol": "speaker10", "seed": 7}
    >>> runs = [FinishedRun("", "turbo", {**facts, "fold": n}) for n in (1, 2, 3)]
    >>> describe(runs)
    'protocol speaker10; 3 runs: turbo 3; folds 1 to 3; seed 7'
    """
    count = f"{len(runs)} run{'s' if len(runs) > 1 else ''}"
    parts = ", ".join(f"{m} {len(own)}" for m, own in by_method(runs).items())
    folds = _listed("fold", {run.fold for run in runs})
    seeds = _listed("seed", {run.seed for run in runs})
    return f"protocol {runs[0].protocol}; {count}: {parts}; {folds}; {seeds}"


def common_runs(runs, fold=None, seed=None):
    """One run of each method, all of the same fold and seed.

    Arguments
    ---------
    runs : list of FinishedRun
        Of one protocol.
    fold : int, optional
        If none, the first that all methods have.
    seed : int, optional
        If none, the first that all methods have.

    Returns
    -------
    runs : dict
        Method to FinishedRun; empty if nothing is chosen, and no fold and
        seed are common to all.

    Raises
    ------
    InputError
        If a method has no run of the chosen fold and seed.

    Example
    -------
    >>> from turbo_sb.training.finished import FinishedRun
    >>> runs = [FinishedRun("", "turbo", {"fold": n, "seed": 7}) for n in (1, 2)]
    >>> common_runs(runs)["turbo"].fold, common_runs(runs, fold=2)["turbo"].fold
    (1, 2)
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
