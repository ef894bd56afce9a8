"""A linear model of the words alone, on a run's own sets.

The same scripts recur in all sessions of a corpus, so that a test set's words
may give its labels away: a model of audio and text has to beat this.

Authors
 * The turbo_sb developers 2026
"""

from collections.abc import Callable
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


def train_text_baseline(sets: dict, labels: list[str], scoring) -> np.ndarray:
    """Probabilities of a test set by a linear model of words and word pairs.

    A logistic regression on TF-IDF of words and pairs of words. It is trained
    on the training set alone; the validation set chooses the strength of its
    regularisation, the stronger one if two are equal. The labels of the test
    set are not read, and nothing is random.

    Arguments
    ---------
    sets : dict
        "train", "valid" and "test" to entries, utterance ID to its fields, of
        which `text` and `label` are read.
    labels : list of str
        The classes, in the order of the columns.
    scoring : turbo_sb.metrics.scoring.Classification
        Chooses the model whose score of the validation set is the highest.

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


def run_text_baseline(
    folder, sets: dict, labels: list[str], scoring, facts: dict
) -> dict:
    """Train and test the baseline, and write the files that a run leaves.

    The folder gets its sets, predictions.csv, embeddings.npz (IDs and labels
    only), the scoring's figures and, last, metrics.json, which is returned and
    has `facts` in it: protocol, fold, seed, best_epoch.
    """
    predict, valid = _choose(sets, labels, scoring)
    test = sets["test"]
    probabilities = torch.from_numpy(predict(_texts(sets, "test")))
    outcomes = Outcomes(scoring)
    outcomes.add(
        list(test),
        torch.from_numpy(targets_of(sets, "test", labels)),
        # The logarithm of 0 is -inf, of which the softmax is 0.
        {"logits": probabilities.log()[None], "views": {}},
        [entry.get("spk_id", "") for entry in test.values()],
    )
    summary = {**outcomes.test_summary(valid), **facts}
    write_json({Path(folder, f"{k}.json"): part for k, part in sets.items()})
    outcomes.write(folder, summary)
    return summary


def _choose(sets, labels, scoring):
    """The best function from texts to probabilities, and its validation."""
    targets = targets_of(sets, "train", labels)
    truth = targets_of(sets, "valid", labels)
    candidates = _candidates(_texts(sets, "train"), targets, len(labels))
    return best_of(candidates, _texts(sets, "valid"), truth, scoring)


def best_of(candidates, inputs, targets, scoring) -> tuple:
    """The best function from inputs to probabilities, and its validation."""
    validated = []
    for predict in candidates:
        probabilities = torch.from_numpy(predict(inputs))
        found = scoring.measure(torch.from_numpy(targets), probabilities)
        validated.append((predict, found))
    # max takes the first of two that are equal.
    return max(validated, key=lambda pair: scoring.score(pair[1]))


def _candidates(texts, targets, n_classes):
    """Yield functions from texts to probabilities, the simplest first."""
    words = _vectorizer().build_analyzer()
    said = {tuple(words(text)) for text in texts}
    if len(said) == 1 or len(set(targets)) == 1:  # there is nothing to learn
        yield shares_of(targets, n_classes)
        return
    for strength in STRENGTHS:
        regression = LogisticRegression(C=strength, max_iter=10000)
        model = make_pipeline(_vectorizer(), regression).fit(texts, targets)
        yield predictor(model, n_classes)


def shares_of(targets, n_classes) -> Callable:
    """The function from anything to the shares of the classes in training."""
    shares = np.bincount(targets, minlength=n_classes) / len(targets)
    return lambda others: np.tile(shares, (len(others), 1))


def predictor(model, n_classes) -> Callable:
    """The function from texts to probabilities of all classes."""

    def predict(texts):
        """Probabilities of texts."""
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
            f"{name}: no utterances; the text baseline needs one or more in "
            "each of train, valid and test."
        )
    return [entry["text"] for entry in sets[name].values()]


def targets_of(sets, name, labels) -> np.ndarray:
    """Each utterance's class index: (n,) array of int."""
    found = {k: entry.get("label") for k, entry in sets[name].items()}
    wrong = [f"{k}: {v!r}" for k, v in found.items() if v not in labels]
    if wrong:
        raise InputError(
            f"{name}: label: expected one of {', '.join(labels)}; "
            f"{len(wrong)} of {len(found)} utterances have another value:\n"
            f"{some_of(wrong)}\nGive labels all classes, or prepare again."
        )
    return np.array([labels.index(v) for v in found.values()], dtype=np.int64)
