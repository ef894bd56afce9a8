"""The shortcut: how well signal properties alone tell two classes apart.

Where the classes come from two corpora, duration, level, noise and band give
them away, and a classifier's score says nothing unless that of a model which
knows neither words nor voices stands beside it.

Authors
 * The turbo_sb developers 2026
"""

from itertools import count

import numpy as np

from turbo_sb.evaluation.baselines.signal_features import (
    FEATURES,
    signal_features,
)
from turbo_sb.metrics import equal_error_rate
from turbo_sb.utils.errors import InputError

__all__ = [
    "FEATURES",
    "report_line",
    "shortcut_report",
    "shortcut_scores",
    "signal_features",
]


def shortcut_report(
    features, targets, groups, n_folds=10, seed=1986, names=FEATURES
):
    """How well two small models of signal features tell two classes apart.

    Logistic regressions on standardised features, cross-validated so that no
    speaker is on both sides; the scores of the held-out folds are pooled. The
    linear one misses what is not monotonic, such as one class in the middle
    of the other's durations; the quadratic one has squares and products, too.
    Classes are not balanced: the accuracy is to be held against the share of
    the larger class. The order of the rows has no effect.

    Arguments
    ---------
    features : (n, features) array
        Finite numbers.
    targets : (n,) sequence of int
        1 for a target (device-directed), 0 for the rest.
    groups : (n,) sequence
        Each one's speaker, str or int. Who is known of no other utterance is
        a group alone: its ID will do.
    n_folds : int
        At most so many: fewer if a class has fewer groups.
    seed : int
        Draws the folds.
    names : sequence of str
        Of the features.

    Returns
    -------
    report : dict
        shortcut_ACC and shortcut_EER of the linear model, both of them with
        _quadratic of the other, and shortcut_majority (share of the larger
        class), in [0, 1]; n, n_groups and n_folds; scores, (n,) the linear
        model's held-out probabilities of a target, in the order given;
        weights, its pairs of name and weight in a fit on all, largest first;
        reason, why it could not be measured: ACC, EER, scores are None then.

    Raises
    ------
    InputError
        If the arguments do not fit each other or are not finite.

    Example
    -------
    >>> features = [[0.0], [1.0], [2.0], [10.0], [11.0], [12.0]]
    >>> targets = [0, 0, 0, 1, 1, 1]
    >>> report = shortcut_report(features, targets, "abcdef", names=["level"])
    >>> report["shortcut_ACC"], report["shortcut_EER"], report["n_folds"]
    (1.0, 0.0, 3)
    """
    features = np.asarray(features, dtype=np.float64)
    targets, groups = np.asarray(targets), list(groups)
    _check(features, targets, groups, n_folds, names)
    codes = _codes(groups)
    report = _without_score(targets, codes)
    # A fixed order of rows: folds and sums do not depend on the one given.
    order = np.lexsort((*features.T, targets, codes))
    rows = features[order], targets[order], codes[order]
    folds = _folds(*rows, n_folds, seed)
    if not folds:
        return report
    weights = _model(1).fit(*rows[:2])[-1].coef_[0]
    largest = np.argsort(-np.abs(weights), kind="stable")
    report |= {
        "n_folds": len(folds),
        "weights": [(names[k], weights[k].item()) for k in largest],
        "reason": None,
    }
    for degree, suffix in ((2, "_quadratic"), (1, "")):
        scores = np.empty(len(targets))
        scores[order] = _held_out(rows[0], rows[1], folds, degree)
        right = (scores > 0.5) == targets
        report["shortcut_ACC" + suffix] = right.mean().item()
        report["shortcut_EER" + suffix] = equal_error_rate(scores, targets)[0]
    return report | {"scores": scores}  # the linear model's


def shortcut_scores(features, targets, test_features):
    """Scores of a test set by the linear model of a training set.

    Arguments
    ---------
    features : (n, features) array
        Of the training set, finite numbers.
    targets : (n,) sequence of int
        1 for a target (device-directed), 0 for the rest; both occur.
    test_features : (m, features) array
        Of the test set.

    Returns
    -------
    scores : (m,) numpy.ndarray
        Probabilities of a target. The order of the training set's rows has
        no effect.

    Example
    -------
    >>> scores = shortcut_scores([[0.0], [1.0], [9.0]], [0, 0, 1], [[2.0], [8.0]])
    >>> (scores > 0.5).tolist()
    [False, True]
    """
    features = np.asarray(features, dtype=np.float64)
    targets = np.asarray(targets)
    order = np.lexsort((*features.T, targets))
    model = _model(1).fit(features[order], targets[order])
    return model.predict_proba(np.asarray(test_features, np.float64))[:, 1]


def report_line(report, top=3):
    """A report in one line, for a log.

    Arguments
    ---------
    report : dict
        Of `shortcut_report`.
    top : int
        How many features are named.

    Returns
    -------
    line : str

    Example
    -------
    >>> features = [[0.0], [1.0], [2.0], [10.0], [11.0], [12.0]]
    >>> targets = [0, 0, 0, 1, 1, 1]
    >>> report = shortcut_report(features, targets, "abcdef", names=["level"])
    >>> print(report_line(report))
    shortcut: of 1 signal features linear model ACC 1.000 EER 0.000, quadratic
    model ACC 1.000 EER 0.000 (majority 0.500, n 6, 3 folds by speaker); most
    telling: level +1.3
    """
    if report["reason"]:
        return (
            f"shortcut: not measured, {report['reason']} (majority "
            f"{report['shortcut_majority']:.3f}, n {report['n']})"
        )
    weights = report["weights"][:top]
    telling = [
        f"{name.split(' (')[0]} {weight:+.1f}" for name, weight in weights
    ]
    scores = [
        f"{title} model ACC {report['shortcut_ACC' + suffix]:.3f} EER "
        f"{report['shortcut_EER' + suffix]:.3f}"
        for title, suffix in (("linear", ""), ("quadratic", "_quadratic"))
    ]
    return (
        f"shortcut: of {len(report['weights'])} signal features {scores[0]}, "
        f"{scores[1]} (majority {report['shortcut_majority']:.3f}, n "
        f"{report['n']}, {report['n_folds']} folds by speaker); most telling: "
        + ", ".join(telling)
    )


def _check(features, targets, groups, n_folds, names):
    """Raise an InputError unless the arguments fit each other."""
    n = len(targets)
    if not n or features.shape != (n, len(names)) or len(groups) != n:
        raise InputError(
            "the shortcut takes n >= 1 utterances: features of shape (n, "
            f"{len(names)}), n targets and n groups, not {features.shape}, "
            f"{targets.shape} and {len(groups)}."
        )
    if not np.isin(targets, (0, 1)).all() or not np.isfinite(features).all():
        raise InputError(
            "the shortcut takes targets of 1 and 0 and finite features; came: "
            f"targets {sorted(set(targets.tolist()))[:5]}, "
            f"{int((~np.isfinite(features)).sum())} features not finite."
        )
    if not isinstance(n_folds, int) or n_folds < 2:
        raise InputError(f"n_folds: {n_folds!r} is not a whole number >= 2.")


def _codes(groups):
    """Number the groups by their names: (n,) array of int."""
    codes = dict(zip(sorted(set(groups), key=repr), count()))
    return np.array([codes[group] for group in groups])


def _without_score(targets, codes):
    """The report where no folds leave both classes to train on."""
    others, positives = (len(set(codes[targets == k])) for k in (0, 1))
    return {
        "shortcut_ACC": None,
        "shortcut_EER": None,
        "shortcut_ACC_quadratic": None,
        "shortcut_EER_quadratic": None,
        "shortcut_majority": max(targets.mean(), 1 - targets.mean()).item(),
        "n": len(targets),
        "n_groups": len(set(codes)),
        "n_folds": 0,
        "scores": None,
        "weights": [],
        "reason": "too few speakers to train on some and test on others: "
        f"{positives} of targets, {others} of others",
    }


def _folds(features, targets, codes, n_folds, seed):
    """The most (train, test) that leave both classes to train on, or none."""
    # Here: it takes seconds, and shortcut_report may be False.
    from sklearn.model_selection import StratifiedGroupKFold

    most = min(len(set(codes[targets == k])) for k in (0, 1))
    for n in range(min(n_folds, most), 1, -1):
        splitter = StratifiedGroupKFold(n, shuffle=True, random_state=seed)
        folds = list(splitter.split(features, targets, codes))
        if all(len(set(targets[train])) == 2 for train, _ in folds):
            return folds
    return []


def _held_out(features, targets, folds, degree):
    """Each row's probability of a target, by a model that did not see it."""
    scores = np.empty(len(targets))
    for train, test in folds:
        model = _model(degree).fit(features[train], targets[train])
        scores[test] = model.predict_proba(features[test])[:, 1]
    return scores


def _model(degree):
    """Logistic regression, linear or with all squares and products."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures, StandardScaler

    if degree == 1:
        return make_pipeline(StandardScaler(), LogisticRegression())
    return make_pipeline(
        StandardScaler(),
        PolynomialFeatures(degree, include_bias=False),
        StandardScaler(),
        # Ten features have 65 terms, and a class may have 100 utterances.
        LogisticRegression(C=0.1, max_iter=1000),
    )
