"""Which numbers a task has, and which of them chooses the epoch."""

import csv
import json
import math

import numpy as np
import pytest
import torch

from turbo_sb.metrics import equal_error_rate, weighted_accuracy
from turbo_sb.metrics.bootstrap import speaker_groups
from turbo_sb.metrics.scoring import Classification, Detection
from turbo_sb.training.outcomes import Outcomes
from turbo_sb.utils.errors import InputError

LABELS = ["non_directed", "directed"]
# By hand: of the three others one is at 0.6; of the three targets one at 0.4.
SCORES, TARGETS = [0.1, 0.2, 0.6, 0.4, 0.7, 0.9], [0, 0, 0, 1, 1, 1]


def probabilities(scores=SCORES):
    scores = torch.tensor(scores, dtype=torch.float64)
    return torch.stack([1 - scores, scores], dim=1)


def measure(scores=SCORES, targets=TARGETS):
    return Detection(LABELS).measure(
        torch.tensor(targets), probabilities(scores)
    )


def measure_test(scores=SCORES, targets=TARGETS, speakers=None, valid=None):
    return Detection(LABELS).measure_test(
        torch.tensor(targets),
        probabilities(scores),
        speaker_groups(range(len(targets)), speakers or [""] * len(targets)),
        valid or {},
    )


class TestDetection:
    def test_by_hand(self):
        """At 0.6 one of three is missed and one of three is accepted.

        Any threshold above 0.4, up to 0.6, accepts the same.
        """
        found = measure()
        assert found["ACC"] == pytest.approx(4 / 6)
        assert found["EER"] == pytest.approx(1 / 3)
        assert found["EER_threshold"] == pytest.approx(0.5)
        assert found["AUC"] == pytest.approx(8 / 9)
        # From (miss 1/3, false 1/3) to (0, 1/3): 1/3 at any miss below.
        assert found["FAR_at_FRR10"] == pytest.approx(1 / 3)

    def test_the_second_label_is_the_target(self):
        assert measure([0.1, 0.9], [0, 1])["EER"] == 0
        assert measure([0.1, 0.9], [1, 0])["EER"] == 1

    @pytest.mark.parametrize("target", [0, 1])
    def test_one_class_has_an_accuracy_only(self, target):
        found = measure([0.1, 0.2, 0.9], [target] * 3)
        assert found.pop("ACC") == pytest.approx([2 / 3, 1 / 3][target])
        assert set(found) == {"EER", "EER_threshold", "AUC", "FAR_at_FRR10"}
        assert set(found.values()) == {None}

    @pytest.mark.parametrize("labels", [["a"], ["a", "b", "c"], []])
    def test_two_classes_it_is(self, labels):
        with pytest.raises(InputError, match="labels: .* detection takes two"):
            Detection(labels)


class TestChoiceOfTheEpoch:
    @pytest.mark.parametrize(
        ("kind", "metric", "sign"),
        [
            (Detection, "EER", -1),
            (Detection, "ACC", 1),
            (Detection, "AUC", 1),
            (Classification, "UA", 1),
            (Classification, "WA", 1),
        ],
    )
    def test_better_is_higher(self, kind, metric, sign):
        scoring = kind(LABELS, metric)
        assert scoring.score({metric: 0.25, "other": 1.0}) == sign * 0.25
        assert scoring.score({metric: None}) == -math.inf
        assert scoring.score({metric: 0.0}) == 0

    def test_defaults(self):
        assert Detection(LABELS).best_metric == "EER"
        assert Classification(LABELS).best_metric == "UA"

    @pytest.mark.parametrize(
        ("kind", "metric"),
        [
            (Detection, "UA"),
            (Detection, "eer"),
            (Detection, None),
            (Detection, "EER_threshold"),
            (Classification, "EER"),
        ],
    )
    def test_an_unknown_metric_names_the_known(self, kind, metric):
        with pytest.raises(InputError) as caught:
            kind(LABELS, metric)
        assert f"best_metric: {metric!r}: expected one of" in str(caught.value)
        assert repr(kind.higher[0]) in str(caught.value)

    @pytest.mark.parametrize("seed", range(5))
    def test_the_threshold_accepts_what_the_eers_does(self, seed):
        rng = np.random.default_rng(seed)
        targets = rng.permutation([0, 1] * 20)
        scores = np.round(
            np.clip(rng.normal(0.4 + 0.2 * targets, 0.2), 0, 1), 2
        )
        found = measure(scores.tolist(), targets.tolist())["EER_threshold"]
        kept = probabilities(scores.tolist())[:, 1]
        _, threshold = equal_error_rate(kept, targets)
        assert ((kept >= found) == (kept >= threshold)).all()
        assert not (kept == found).any()

    def test_false_accepts_at_ten_per_cent_of_misses(self):
        """Of 20, two are below 0.74, which three of 20 others have, too."""
        targets = [1] * 20 + [0] * 20
        others = [0.9] * 2 + [0.74] * 3 + [0.1] * 15
        scores = [(70 + 2 * k) / 100 for k in range(10)] + [0.95] * 10 + others
        found = measure(scores, targets)
        assert found["FAR_at_FRR10"] == pytest.approx(5 / 20)


class TestTest:
    def test_accuracy_at_the_threshold_of_the_validation(self):
        found = measure_test(valid={"EER_threshold": 0.4})
        assert found["ACC_at_valid_EER"] == pytest.approx(5 / 6)
        assert found["valid_EER_threshold"] == 0.4
        found = measure_test(valid={"EER_threshold": 0.9})
        assert found["ACC_at_valid_EER"] == pytest.approx(4 / 6)

    @pytest.mark.parametrize("valid", [{}, {"EER_threshold": None}])
    def test_no_threshold_no_accuracy_at_it(self, valid):
        found = measure_test(valid=valid)
        assert found["ACC_at_valid_EER"] is None
        assert found["valid_EER_threshold"] is None

    def test_intervals_by_speaker_are_those_of_whole_speakers(self):
        """One speaker all right and one all wrong: a resample has 0 to 2."""
        scores, targets = [0.9, 0.9, 0.9, 0.9], [1, 1, 0, 0]
        found = measure_test(scores, targets, ["x", "x", "y", "y"])
        assert found["ACC_interval"] == (0.0, 1.0)
        assert (found["intervals_by"], found["n_groups"]) == ("speaker", 2)

    def test_intervals_hold_the_figures(self):
        rng = np.random.default_rng(0)
        targets = rng.integers(0, 2, 200)
        scores = np.clip(0.3 + 0.4 * targets + rng.normal(0, 0.3, 200), 0, 1)
        speakers = [f"s{k % 40}" for k in range(200)]
        once = measure_test(scores.tolist(), targets.tolist(), speakers)
        found = measure(scores.tolist(), targets.tolist())
        for name in ("ACC", "EER"):
            low, high = once[f"{name}_interval"]
            assert low < found[name] < high
            assert 0.05 < high - low < 0.3
        again = measure_test(scores.tolist(), targets.tolist(), speakers)
        assert again == once

    @pytest.mark.parametrize(
        ("speakers", "unit", "n_groups"),
        [
            (["x", "x", "y", "y", "z", "z"], "speaker", 3),
            (["", "", "y", "y", "", "z"], "speaker or utterance", 5),
            ([""] * 6, "utterance", 6),
            # Speakers called as rows are numbered are not these rows.
            (["0", "", "", "", "", "1"], "speaker or utterance", 6),
        ],
    )
    def test_unknown_speakers_stand_for_themselves(
        self, speakers, unit, n_groups
    ):
        found = measure_test(speakers=speakers)
        assert (found["intervals_by"], found["n_groups"]) == (unit, n_groups)

    def test_one_class_and_one_speaker(self):
        found = measure_test([0.2, 0.7], [1, 1], ["x", "y"])
        assert found["ACC_interval"] == (0.0, 1.0)
        assert found["EER_interval"] is None
        found = measure_test(speakers=["x"] * 6)
        assert found["ACC_interval"] == (None, None)

    def test_it_goes_into_a_json_file(self):
        assert json.loads(json.dumps(measure_test()))["n_groups"] == 6

    def test_emotions_have_no_more(self):
        scoring = Classification(["a", "b"])
        assert scoring.measure_test(None, None, [], {}) == {}


class TestFigure:
    def draw(self, folder, targets=TARGETS, others=None):
        Detection(LABELS).draw(
            folder, torch.tensor(targets), probabilities(), others or {}
        )
        return sorted(path.name for path in folder.iterdir())

    def test_det(self, tmp_path):
        assert self.draw(tmp_path) == ["det.pdf", "det.png"]
        alone = (tmp_path / "det.png").read_bytes()
        others = {"shortcut": (np.array(SCORES[::-1]), np.array(TARGETS))}
        self.draw(tmp_path, others=others)
        assert (tmp_path / "det.png").read_bytes() != alone

    def test_a_curve_of_one_class_is_left_out(self, tmp_path):
        assert self.draw(tmp_path, targets=[1] * 6) == []
        others = {"shortcut": (np.array(SCORES), np.array(TARGETS))}
        assert len(self.draw(tmp_path, [1] * 6, others)) == 2

    def test_emotions_have_none(self, tmp_path):
        pair = torch.tensor(TARGETS), probabilities()
        Classification(LABELS).draw(tmp_path, *pair, {})
        assert list(tmp_path.iterdir()) == []


def test_predictions_and_accuracy_agree(tmp_path):
    """Also where both classes are equally probable."""
    outcomes = Outcomes(Detection(LABELS))
    logits = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 0.0]])
    targets = torch.tensor([0, 1, 1, 1])
    outputs = {"logits": logits[None], "views": {}}
    outcomes.add(["a", "b", "c", "d"], targets, outputs, [""] * 4)
    summary = outcomes.summary()
    outcomes.write(tmp_path, summary)
    with open(tmp_path / "predictions.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    right = [row["label"] == row["prediction"] for row in rows]
    assert sum(right) / len(right) == summary["ACC"] == 0.5
    predictions = [LABELS.index(row["prediction"]) for row in rows]
    assert weighted_accuracy(predictions, targets) == summary["ACC"]


@pytest.mark.parametrize("kind", [Classification, Detection])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_probabilities_that_are_not_finite_are_of_no_class(kind, value):
    probabilities = torch.eye(2).repeat(2, 1)
    probabilities[1, 1] = value
    with pytest.raises(InputError, match="1 of 4 .* number 1"):
        kind(["no", "yes"]).measure(torch.tensor([0, 1, 0, 1]), probabilities)
