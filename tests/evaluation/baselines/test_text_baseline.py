"""The words' own baseline: against scikit-learn by hand, and no peeking."""

import csv
import json

import numpy as np
import pytest
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from turbo_sb.evaluation.baselines.text_baseline import (
    run_text_baseline,
    train_text_baseline,
)
from turbo_sb.metrics.scoring import Classification, Detection
from turbo_sb.training.run_folder import FinishedRun
from turbo_sb.utils.errors import InputError

LABELS = ["ang", "hap", "sad"]
TRAIN = [
    "ang go away",
    "ang no",
    "hap oh yes yes",
    "hap yes",
    "sad oh no",
    "sad I",
]
VALID = ["ang away", "hap yes", "sad oh I", "sad no"]
TEST = ["hap yes", "ang go", "sad I", "sad no no", "hap so"]


def entries(lines, prefix):
    """Each line is a label and a text."""
    parts = [line.split(" ", 1) for line in lines]
    return {
        f"{prefix}{k}": {"label": label, "text": text, "spk_id": f"s{k % 2}"}
        for k, (label, text) in enumerate(parts)
    }


def make_sets(train=TRAIN, valid=VALID, test=TEST):
    """Three sets with IDs of their own."""
    parts = {"train": train, "valid": valid, "test": test}
    return {name: entries(part, name[0]) for name, part in parts.items()}


def baseline(sets, labels=LABELS, best_metric="UA"):
    scoring = Classification(labels, best_metric)
    return train_text_baseline(sets, labels, scoring)


def by_hand(strength, train=TRAIN, others=TEST):
    """The same in scikit-learn's own words; classes are in their order."""
    vectorizer = TfidfVectorizer(
        lowercase=True,
        ngram_range=(1, 2),
        sublinear_tf=True,
        token_pattern=r"[a-zI]+",
    )
    texts, new = (
        [x.split(" ", 1)[1] for x in part] for part in (train, others)
    )
    model = LogisticRegression(C=strength, max_iter=10000)
    model.fit(vectorizer.fit_transform(texts), [x[:3] for x in train])
    return model.predict_proba(vectorizer.transform(new))


class Telling(Classification):
    """Scores best what is nearest to one strength's validation."""

    def __init__(self, wanted):
        super().__init__(LABELS)
        self.wanted = torch.from_numpy(by_hand(wanted, others=VALID))

    def measure(self, targets, probabilities):
        assert targets.tolist() == [0, 1, 2, 2]
        return {"UA": -(probabilities - self.wanted).abs().max().item()}


class TestTrain:
    @pytest.mark.parametrize("strength", [0.1, 1, 10, 100])
    def test_the_validation_chooses_the_strength(self, strength):
        scoring = Telling(strength)
        found = train_text_baseline(make_sets(), LABELS, scoring)
        assert found == pytest.approx(by_hand(strength), abs=1e-12)

    def test_the_stronger_regularisation_of_equals(self):
        """Every strength gets the two words right."""
        train, test = ["ang no", "hap yes"], ["hap yes", "ang no no"]
        found = baseline(make_sets(train, train, test), ["ang", "hap"])
        assert found == pytest.approx(by_hand(0.1, train, test), abs=1e-12)

    def test_a_telling_word_is_enough(self):
        """In other words' company, and at any end of a text."""
        train = ["ang damn it", "ang oh damn", "hap great", "hap so great it"]
        test = ["hap oh great", "ang so damn", "hap it great", "ang Damn!"]
        found = baseline(make_sets(train, train, test), ["ang", "hap"])
        assert found.argmax(axis=1).tolist() == [1, 0, 1, 0]

    @pytest.mark.parametrize(
        ("one", "other"), [("I", "a"), ("don't", "don t"), ("no yes", "yes no")]
    )
    def test_what_is_a_word(self, one, other):
        """One letter is, with its apostrophe, and so is a pair."""
        lines = [f"ang {one}", f"hap {other}"]
        found = baseline(make_sets(lines, lines, lines), ["ang", "hap"])
        assert found.argmax(axis=1).tolist() == [0, 1]

    def test_labels_of_the_test_set_are_not_read(self):
        sets, others = make_sets(), make_sets()
        for entry in others["test"].values():
            entry["label"] = "unknown"
        assert np.array_equal(baseline(sets), baseline(others))

    def test_no_word_of_validation_or_test_is_learnt(self):
        """What training does not have gives each text the same."""
        found = baseline(make_sets(test=["ang zebra", "hap quagga okapi"]))
        assert np.array_equal(found[0], found[1])

    def test_columns_are_in_the_order_of_the_labels(self):
        turned = baseline(make_sets(), LABELS[::-1])
        assert turned[:, ::-1] == pytest.approx(baseline(make_sets()), abs=1e-3)

    def test_a_class_that_training_does_not_have(self):
        found = baseline(make_sets(), ["ang", "fea", "hap", "sad"])
        assert (found[:, 1] == 0).all()
        assert found.sum(axis=1) == pytest.approx(np.ones(5))
        assert np.array_equal(found[:, [0, 2, 3]], baseline(make_sets()))

    @pytest.mark.parametrize("text", ["[UNK]", "..."])
    def test_texts_that_say_nothing_give_the_shares(self, text):
        train = [f"{line[:3]} {text}" for line in [*TRAIN, "ang", "ang"]]
        found = baseline(make_sets(train))
        assert found == pytest.approx(np.tile([0.5, 0.25, 0.25], (5, 1)))

    def test_one_class_alone(self):
        found = baseline(make_sets(TRAIN[:2]))
        assert np.array_equal(found, np.tile([1.0, 0, 0], (5, 1)))

    def test_again_it_is_the_same(self):
        assert np.array_equal(baseline(make_sets()), baseline(make_sets()))

    @pytest.mark.parametrize("name", ["train", "valid", "test"])
    def test_an_empty_set(self, name):
        with pytest.raises(InputError, match=f"{name}: no utterances"):
            baseline({**make_sets(), name: {}})

    def test_a_label_that_is_none(self):
        sets = make_sets(valid=["ang no", "fea oh"])
        with pytest.raises(InputError) as caught:
            baseline(sets)
        assert (
            "valid: label: expected one of ang, hap, sad; 1 of 2 utterances"
            in str(caught.value)
        )
        assert "\n  v1: 'fea'\n" in str(caught.value)


class TestRun:
    FACTS = {
        "protocol": "session5",
        "fold": 2,
        "seed": None,
        "best_epoch": None,
    }

    def run(self, folder, sets=None, labels=LABELS, scoring=None):
        scoring = scoring or Classification(labels)
        given = (sets or make_sets(), labels, scoring, self.FACTS)
        return run_text_baseline(folder, *given)

    def test_leaves_what_a_run_leaves(self, tmp_path):
        summary = self.run(tmp_path / "new")
        assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
            "embeddings.npz",
            "metrics.json",
            "predictions.csv",
            "test.json",
            "train.json",
            "valid.json",
        ]
        text = (tmp_path / "new" / "metrics.json").read_text()
        assert json.loads(text) == summary
        assert {k: summary[k] for k in self.FACTS} == self.FACTS
        assert summary["n"] == 5
        assert summary["labels"] == LABELS
        assert summary["alignment"] is None

    def test_a_report_can_read_it(self, tmp_path):
        summary = self.run(tmp_path)
        found = FinishedRun(tmp_path, "text baseline", summary)
        predictions = found.predictions()
        expected = baseline(make_sets())
        assert predictions["ids"] == ["t0", "t1", "t2", "t3", "t4"]
        assert predictions["targets"].tolist() == [1, 0, 2, 2, 1]
        assert predictions["probabilities"] == pytest.approx(expected)
        right = predictions["targets"] == expected.argmax(axis=1)
        assert summary["WA"] == pytest.approx(right.mean())
        assert found.manifest("test") == make_sets()["test"]

    def test_a_class_without_training_has_probability_0_in_the_file(
        self, tmp_path
    ):
        self.run(tmp_path, labels=["ang", "fea", "hap", "sad"])
        with open(tmp_path / "predictions.csv", encoding="utf-8") as file:
            assert {row["p_fea"] for row in csv.DictReader(file)} == {"0.0"}

    def test_speakers_and_the_validation_reach_the_scoring(self, tmp_path):
        """Detection draws whole speakers, and takes a threshold over."""
        lines = [line for line in TRAIN if line[:3] != "sad"]
        labels = ["ang", "hap"]
        sets = make_sets(lines, lines, [*lines, "hap no"])
        summary = self.run(tmp_path, sets, labels, Detection(labels))
        assert summary["n_groups"] == 2
        assert summary["intervals_by"] == "speaker"
        assert summary["valid_EER_threshold"] is not None
        assert summary["EER"] > 0
        assert (tmp_path / "det.png").exists()
