"""What a result has to be compared with: here, the shortcut's own score.

Authors
 * The turbo_sb developers 2026
"""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from speechbrain.dataio.preprocess import AudioNormalizer
from speechbrain.utils.logger import get_logger

from turbo_sb.data.dataset import read_entry
from turbo_sb.data.manifest import load_manifest, read_json, write_json
from turbo_sb.evaluation.baselines.shortcut import (
    report_line,
    shortcut_report,
    shortcut_scores,
    signal_features,
)
from turbo_sb.metrics import equal_error_rate
from turbo_sb.metrics.bootstrap import speaker_groups
from turbo_sb.utils.errors import InputError

logger = get_logger(__name__)

CURVE = "signal features alone (linear), test set"
KEYS = (
    *("shortcut_ACC", "shortcut_EER"),
    *("shortcut_ACC_quadratic", "shortcut_EER_quadratic"),
    *("shortcut_ACC_test", "shortcut_EER_test"),
    "shortcut_majority",
)


def report_shortcut(
    annotations,
    output_file,
    data_root,
    labels,
    sample_rate=16000,
    equalizer=None,
    limit=5000,
):
    """Measure how far signal features alone tell the classes of a run apart.

    On the signals as the model hears them: cut, resampled, equalised. Once on
    all sets together, cross-validated by speaker, which takes all there is;
    and once as the model is trained, on the training set, and tested, on the
    test set. The two differ where a corpus is left out.

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
        Of the signals, in Hz.
    equalizer : turbo_sb.data.channel.equalizer.Equalizer, optional
        As in the run.
    limit : int
        So many utterances at most, chosen by a hash of their IDs.

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
        signal = read_entry(
            name, entries[name], normalizer, data_root, equalizer
        )
        return signal_features(signal, sample_rate)

    # Threads: reading and resampling let go of the interpreter's lock.
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


def read_shortcut(output_file):
    """What a run's results say of the shortcut.

    Arguments
    ---------
    output_file : str or pathlib.Path, optional
        Of `report_shortcut`.

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
    """Return a class's number, if it is one of the two."""
    if label not in labels or len(labels) != 2:
        raise InputError(
            f"{name}: label is {label!r}; expected one of two labels, the "
            f"YAML's {list(labels)}."
        )
    return list(labels).index(label)


def _hash(name):
    return hashlib.sha256(name.encode()).hexdigest()
