"""What the words alone tell a linear model, on a run's own sets.

The same scripts recur in all sessions of a corpus, so that a test set's words
may give its labels away: a model of audio and text has this to beat.

Authors
 * The turbo_sb developers 2026
"""

from pathlib import Path

import numpy as np
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from turbo_sb.data.manifest import write_json
from turbo_sb.training.outcomes import Outcomes
from turbo_sb.utils.errors import InputError, some_of

STRENGTHS = (0.1, 1, 10, 100)  # C, from the strongest regularisation on
WORD = r"\w+(?:['’]\w+)*"  # one letter is a word; so is "don't"


def train_text_baseline(sets, labels, scoring):
    """Probabilities of a test set by a linear model of words and word pairs.

    A logistic regression on TF-IDF of words and pairs of words. It is trained
    on the training set alone; the validation set chooses the strength of its
    regularisation, the stronger one of equals. The labels of the test set are
    not read, and nothing is random.

    Arguments
    ---------
    sets : dict
        "train", "valid" and "test" to entries, utterance ID to its fields, of
        which `text` and `label` are read.
    labels : list of str
        The classes, in the order of the columns.
    scoring : turbo_sb.metrics.scoring.Classification
        Its score of the validation set is the highest for the chosen one.

    Returns
    -------
    probabilities : (n_test, classes) numpy.ndarray
        In float64 and the order of the test entries; 0 for a class that is
        not in the training set. The shares of the classes in training, if its
        texts are all the same or have no words.

    Raises
    ------
    InputError
        If a set has no utterance, or a label is not among `labels`.

    Example
    -------
    >>> from turbo_sb.metrics.scoring import Classification
    >>> entries = {
    ...     "a": {"text": "Great!", "label": "hap"},
    ...     "b": {"text": "Oh no.", "label": "sad"},
    ... }
    >>> sets = {"train": entries, "valid": entries, "test": entries}
    >>> labels = ["hap", "sad"]
    >>> found = train_text_baseline(sets, labels, Classification(labels))
    >>> found.argmax(axis=1).tolist()
    [0, 1]
    """
    predict, _ = _choose(sets, labels, scoring)
    return predict(_texts(sets, "test"))


def run_text_baseline(folder, sets, labels, scoring, facts):
    """Train and test the baseline, and leave what a run leaves.

    Arguments
    ---------
    folder : str or pathlib.Path
        Gets train.json, valid.json and test.json, predictions.csv,
        embeddings.npz (of IDs and labels alone), the scoring's figures and,
        last, metrics.json.
    sets : dict
        As in `train_text_baseline`; `spk_id` is read of the test entries.
    labels : list of str
        The classes, in the order of the columns; the scoring's.
    scoring : turbo_sb.metrics.scoring.Classification
        What is measured.
    facts : dict
        Goes into metrics.json: protocol, fold, seed, best_epoch.

    Returns
    -------
    summary : dict
        The contents of metrics.json.

    Example
    -------
    >>> from turbo_sb.metrics.scoring import Classification
    >>> entries = {
    ...     "a": {"text": "Great!", "label": "hap"},
    ...     "b": {"text": "Oh no.", "label": "sad"},
    ... }
    >>> sets = {"train": entries, "valid": entries, "test": entries}
    >>> labels, folder = ["hap", "sad"], getfixture("tmp_path")
    >>> found = run_text_baseline(
    ...     folder, sets, labels, Classification(labels), {"fold": 1}
    ... )
    >>> found["UA"], found["fold"], (folder / "predictions.csv").exists()
    (1.0, 1, True)
    """
    predict, valid = _choose(sets, labels, scoring)
    test = sets["test"]
    probabilities = torch.from_numpy(predict(_texts(sets, "test")))
    outcomes = Outcomes(scoring)
    outcomes.add(
        list(test),
        torch.from_numpy(_targets(sets, "test", labels)),
        # The logarithm of 0 is -inf, of which the softmax is 0.
        {"logits": probabilities.log()[None], "views": {}},
        [entry.get("spk_id", "") for entry in test.values()],
    )
    summary = {**outcomes.test_summary(valid), **facts}
    write_json({Path(folder, f"{k}.json"): part for k, part in sets.items()})
    outcomes.write(folder, summary)
    return summary


def _choose(sets, labels, scoring):
    """The function from texts to probabilities, and its validation."""
    targets = _targets(sets, "train", labels)
    truth = _targets(sets, "valid", labels)
    validated = []
    for predict in _candidates(_texts(sets, "train"), targets, len(labels)):
        probabilities = torch.from_numpy(predict(_texts(sets, "valid")))
        found = scoring.measure(torch.from_numpy(truth), probabilities)
        validated.append((predict, found))
    # The first of equals.
    return max(validated, key=lambda pair: scoring.score(pair[1]))


def _candidates(texts, targets, n_classes):
    """Yield functions from texts to probabilities, the simplest first."""
    words = _vectorizer().build_analyzer()
    said = {tuple(words(text)) for text in texts}
    if len(said) == 1 or len(set(targets)) == 1:  # there is nothing to learn
        shares = np.bincount(targets, minlength=n_classes) / len(targets)
        yield lambda others: np.tile(shares, (len(others), 1))
        return
    for strength in STRENGTHS:
        regression = LogisticRegression(C=strength, max_iter=10000)
        model = make_pipeline(_vectorizer(), regression).fit(texts, targets)
        yield _predictor(model, n_classes)


def _predictor(model, n_classes):
    """The function from texts to probabilities of all classes."""

    def predict(texts):
        probabilities = np.zeros((len(texts), n_classes))
        probabilities[:, model.classes_] = model.predict_proba(texts)
        return probabilities

    return predict


def _vectorizer():
    return TfidfVectorizer(
        ngram_range=(1, 2), sublinear_tf=True, token_pattern=WORD
    )


def _texts(sets, name):
    if not sets[name]:
        raise InputError(
            f"{name}: no utterances; the text baseline takes one or more in "
            "each of train, valid and test."
        )
    return [entry["text"] for entry in sets[name].values()]


def _targets(sets, name, labels):
    """Each utterance's number of its class: (n,) array of int."""
    found = {k: entry.get("label") for k, entry in sets[name].items()}
    wrong = [f"{k}: {v!r}" for k, v in found.items() if v not in labels]
    if wrong:
        raise InputError(
            f"{name}: {len(wrong)} of {len(found)} utterances have "
            f"no label of {', '.join(labels)}:\n"
            f"{some_of(wrong)}\nGive labels all classes, or prepare again."
        )
    return np.array([labels.index(v) for v in found.values()], dtype=np.int64)
