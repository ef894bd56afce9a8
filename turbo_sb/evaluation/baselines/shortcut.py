"""The shortcut: how well signal properties alone separate two classes.

Where the classes come from two corpora, duration, level, noise and band give
them away. A classifier's score has to be read beside that of a model which
knows neither words nor voices.

Authors
 * The turbo_sb developers 2026
"""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import numpy as np

from turbo_sb.data.audio_normalizer import AudioNormalizer
from turbo_sb.data.dataset import read_entry
from turbo_sb.data.manifest import load_manifest, read_json, write_json
from turbo_sb.evaluation.baselines.signal_features import (
    FEATURES,
    signal_features,
)
from turbo_sb.metrics import equal_error_rate
from turbo_sb.metrics.bootstrap import speaker_groups
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.logs import get_logger

logger = get_logger(__name__)

CURVE = "signal features alone (linear), test set"
KEYS = (
    *("shortcut_ACC", "shortcut_EER"),
    *("shortcut_ACC_quadratic", "shortcut_EER_quadratic"),
    *("shortcut_ACC_test", "shortcut_EER_test"),
    "shortcut_majority",
)


def shortcut_report(
    features,
    targets,
    groups,
    n_folds: int = 10,
    seed: int = 1986,
    names=FEATURES,
) -> dict:
    """How well two small models of signal features separate two classes.

    Logistic regressions on standardised features, cross-validated so that no
    speaker is on both sides; the scores of the held-out folds are pooled. The
    linear one misses what is not monotonic, such as one class in the middle
    of the other's durations; the quadratic one has squares and products, too.
    Classes are not balanced: compare the accuracy with the share of the larger
    class. The order of the rows has no effect.

    Arguments
    ---------
    features : (n, features) array
        Finite numbers.
    targets : (n,) sequence of int
        1 for a target (device-directed), 0 for the rest.
    groups : (n,) sequence
        Speaker of each utterance, or its own ID where the speaker is unknown.
    n_folds : int
        Most folds: fewer if a class has fewer groups.
    seed : int
        Seed of the folds.
    names : sequence of str
        Names of the features.

    Returns
    -------
    report : dict
        shortcut_ACC and shortcut_EER of the linear model, both with
        _quadratic for the other, and shortcut_majority (share of the larger
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
    # Imported here: it takes seconds, and shortcut_report may be False.
    from sklearn.model_selection import cross_val_predict

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
        scores[order] = cross_val_predict(
            _model(degree), *rows[:2], cv=folds, method="predict_proba"
        )[:, 1]
        right = (scores > 0.5) == targets
        report["shortcut_ACC" + suffix] = right.mean().item()
        report["shortcut_EER" + suffix] = equal_error_rate(scores, targets)[0]
    return report | {"scores": scores}  # the linear model's


def shortcut_scores(features, targets, test_features) -> np.ndarray:
    """Scores of a test set by the linear model of a training set.

    Arguments
    ---------
    features : (n, features) array
        Features of the training set, finite numbers.
    targets : (n,) sequence of int
        1 for a target (device-directed), 0 for the rest; both occur.
    test_features : (m, features) array
        Features of the test set.

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


def report_line(report: dict, top: int = 3) -> str:
    """A report of `shortcut_report` in one line, with the `top` features."""
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
    """As many (train, test) as leave both classes to train on, or []."""
    from sklearn.model_selection import StratifiedGroupKFold

    most = min(len(set(codes[targets == k])) for k in (0, 1))
    for n in range(min(n_folds, most), 1, -1):
        splitter = StratifiedGroupKFold(n, shuffle=True, random_state=seed)
        folds = list(splitter.split(features, targets, codes))
        if all(len(set(targets[train])) == 2 for train, _ in folds):
            return folds
    return []


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


def report_shortcut(
    annotations: dict,
    output_file,
    data_root: str,
    labels: list[str],
    sample_rate: int = 16000,
    equalizer=None,
    limit: int = 5000,
) -> None:
    """Measure how far signal features alone separate the classes of a run.

    On the signals as the model hears them: cut, resampled, equalised. Once on
    all sets together, cross-validated by speaker; and once trained on the
    training set and tested on the test set, as the model is. The two differ
    where a corpus is left out.

    Arguments
    ---------
    annotations : dict
        "train", "valid" and "test" to a manifest.
    output_file : str or pathlib.Path
        A JSON file for the report.
    data_root : str
        Replaces "{data_root}" in the paths of the manifests.
    labels : list of str
        Two classes; the second is the target.
    sample_rate : int
        Sample rate of the signals, in Hz.
    equalizer : turbo_sb.data.channel.equalizer.Equalizer, optional
        The run's.
    limit : int
        Most utterances, chosen by a hash of their IDs.

    Raises
    ------
    InputError
        If a label is not among `labels`, or a recording cannot be read.
    """
    sets = {
        name: load_manifest(annotation, ("wav", "duration", "label"))
        for name, annotation in annotations.items()
    }
    entries = {k: e for part in sets.values() for k, e in part.items()}
    names = sorted(sorted(entries, key=_hash)[:limit])
    targets = [_target(name, entries[name]["label"], labels) for name in names]
    normalizer = AudioNormalizer(sample_rate)

    def features(name):
        """The signal features of one utterance."""
        signal = read_entry(
            name, entries[name], normalizer, data_root, equalizer
        )
        return signal_features(signal, sample_rate)

    # Threads: reading and resampling release the interpreter's lock.
    with ThreadPoolExecutor(max_workers=4) as pool:
        found = np.stack(list(pool.map(features, names)))
    speakers = [entries[name].get("spk_id") for name in names]
    report = shortcut_report(found, targets, speaker_groups(names, speakers))
    logger.info(report_line(report))
    report["scores"] = _rows(names, targets, report["scores"])
    parts = [[name in sets[s] for name in names] for s in ("train", "test")]
    tested = _train_and_test(names, found, np.array(targets), *parts)
    write_json({output_file: {**report, **tested}})


def _train_and_test(names, features, targets, train, test):
    """Score the test set, where both sets have both classes."""
    report = {"shortcut_ACC_test": None, "shortcut_EER_test": None}
    kinds = [len(set(targets[part])) for part in (train, test)]
    if kinds != [2, 2]:
        return {**report, "test_scores": None}
    scores = shortcut_scores(features[train], targets[train], features[test])
    kept = targets[test]
    report["shortcut_ACC_test"] = ((scores > 0.5) == kept).mean().item()
    report["shortcut_EER_test"] = equal_error_rate(scores, kept)[0]
    tested = [name for name, there in zip(names, test) if there]
    return {**report, "test_scores": _rows(tested, kept.tolist(), scores)}


def _rows(names, targets, scores):
    return None if scores is None else list(zip(names, targets, scores))


def read_shortcut(output_file) -> tuple[dict, dict]:
    """What a run's results say of the shortcut.

    Arguments
    ---------
    output_file : str or pathlib.Path, optional
        The file of `report_shortcut`.

    Returns
    -------
    facts : dict
        `KEYS`, for metrics.json; None where they were not measured.
    curves : dict
        Name to (scores, targets), to draw beside the model's.

    Example
    -------
    >>> read_shortcut(None)[0]["shortcut_ACC"] is None
    True
    """
    report = {} if output_file is None else read_json(output_file)
    curves = {}
    if report.get("test_scores"):
        _, targets, scores = zip(*report["test_scores"])
        curves[CURVE] = (np.array(scores), np.array(targets))
    return {key: report.get(key) for key in KEYS}, curves


def _target(name, label, labels):
    """Index of the label, if it is one of the two."""
    if label not in labels or len(labels) != 2:
        raise InputError(
            f"{name}: label is {label!r}; expected one of two labels, the "
            f"YAML's {list(labels)}."
        )
    return list(labels).index(label)


def _hash(name):
    return hashlib.sha256(name.encode()).hexdigest()
