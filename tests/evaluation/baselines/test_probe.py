"""The linear probe, against scikit-learn used directly."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from turbo_sb.evaluation.baselines.probe import STRENGTHS, probe
from turbo_sb.metrics import Classification

LABELS = ["ang", "hap", "neu"]
SIZES = {"train": 30, "valid": 12, "test": 9}


@pytest.fixture
def scoring():
    return Classification(LABELS, best_metric="WA")


@pytest.fixture
def targets():
    return {name: np.arange(n) % 3 for name, n in SIZES.items()}


def states(targets, seed, told=0.8, layer=None):
    """Two layers of four dimensions, of which a layer or all tell the class."""
    rng = np.random.default_rng(seed)
    found = {}
    for name, own in targets.items():
        rows = rng.normal(size=(len(own), 2, 4)).astype(np.float16)
        where = slice(None) if layer is None else layer
        rows[np.arange(len(own)), where, own] += told * 3
        found[name] = rows
    return found


def reference(rows, targets, kind):
    """Every C, by hand: the validation's accuracy, and the test's rows."""
    rows = {
        k: (x.mean(1) if kind == "mean" else x[:, -1])
        for k, x in ((k, x.astype(float)) for k, x in rows.items())
    }
    scaler = StandardScaler().fit(rows["train"])
    scaled = {k: scaler.transform(x) for k, x in rows.items()}
    found = []
    for strength in STRENGTHS:
        model = LogisticRegression(C=strength, max_iter=10000)
        model.fit(scaled["train"], targets["train"])
        right = model.predict(scaled["valid"]) == targets["valid"]
        found.append((right.mean(), model.predict_proba(scaled["test"])))
    return found


def best(found):
    """The first of the best."""
    return max(found, key=lambda pair: pair[0])[1]


def test_equals_scikit_learn(targets, scoring):
    rows = states(targets, seed=1, told=0.4)
    found = probe({"audio": rows}, targets, 3, scoring)["audio"]
    both = [
        *reference(rows, targets, "mean"),
        *reference(rows, targets, "last"),
    ]
    np.testing.assert_allclose(found["probabilities"], best(both), atol=1e-6)
    assert found["valid"]["WA"] == pytest.approx(
        max(both, key=lambda p: p[0])[0]
    )


def test_the_validation_chooses_the_layers(targets, scoring):
    """Only the last layer knows; the first is loud."""
    rows = states(targets, seed=2, layer=1)
    for part in rows.values():
        part[:, 0] *= 30
    found = probe({"text": rows}, targets, 3, scoring)
    assert list(found) == ["text"]  # one modality, one probe
    assert found["text"]["embedding"] == "last layer"


def test_both_are_each_encoders_own_embeddings(targets, scoring):
    parts = {"audio": states(targets, 3), "text": states(targets, 4, layer=1)}
    found = probe(parts, targets, 3, scoring)
    joint = {
        k: np.concatenate(
            [
                x.mean(1)
                if found[name]["embedding"].startswith("mean")
                else x[:, -1]
                for name, x in ((m, parts[m][k].astype(float)) for m in parts)
            ],
            axis=1,
        )[:, None]
        for k in targets
    }
    expected = best(reference(joint, targets, "last"))
    np.testing.assert_allclose(
        found["both"]["probabilities"], expected, atol=1e-6
    )


def test_labels_of_the_test_set_are_not_read(targets, scoring):
    rows = states(targets, seed=5)
    first = probe({"audio": rows}, targets, 3, scoring)
    del targets["test"]
    again = probe({"audio": rows}, targets, 3, scoring)
    same = [one["audio"]["probabilities"].tobytes() for one in (first, again)]
    assert same[0] == same[1]


def test_a_class_that_is_not_trained_on_has_probability_0(targets, scoring):
    targets["train"] = np.arange(30) % 2
    rows = states(targets, seed=6)
    found = probe({"audio": rows}, targets, 3, scoring)["audio"]
    assert (found["probabilities"][:, 2] == 0).all()
    np.testing.assert_allclose(found["probabilities"].sum(1), 1)


def test_a_single_class_leaves_nothing_to_fit(targets, scoring):
    targets["train"] = np.full(30, 1)
    rows = states(targets, seed=7)
    found = probe({"audio": rows}, targets, 3, scoring)["audio"]
    assert found["probabilities"].tolist() == [[0, 1, 0]] * 9
    assert found["C"] is None
