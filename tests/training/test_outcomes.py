"""What an evaluation leaves: three files, each whole or not at all."""

import csv
import json

import numpy as np
import pytest
import torch

from turbo_sb import metrics
from turbo_sb.metrics.scoring import Classification, Detection
from turbo_sb.training.outcomes import Outcomes, geometry
from turbo_sb.utils.files import replacing

LABELS = ["ang", "hap", "neu"]
# Of a, b and c; the probabilities are 2/3, 1/6, 1/6 in some order.
LOGITS = torch.log(torch.tensor([[4.0, 1, 1], [1, 4, 1], [1, 4, 1]]))
TARGETS = torch.tensor([0, 1, 2])
AUDIO = torch.tensor([[1.0, 0], [0, 1], [-1, 0]])
TEXT = torch.tensor([[2.0, 0], [0, 2], [0, -2]])
PREDICTIONS = [("a", "ang", "ang"), ("b", "hap", "hap"), ("c", "neu", "hap")]


def read_csv(path):
    """All rows of a file."""
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.fixture
def outcomes():
    """Three utterances, added in two batches, of two views."""
    found = Outcomes(Classification(LABELS))
    for rows, ids in ((slice(0, 2), ["a", "b"]), (slice(2, 3), ["c"])):
        views = {"audio": AUDIO[rows], "text": TEXT[rows]}
        outputs = {
            "logits": torch.stack([LOGITS[rows], -LOGITS[rows]]),
            "views": {k: torch.stack([v, -v]) for k, v in views.items()},
        }
        found.add(ids, TARGETS[rows], outputs)
    return found


class TestSummary:
    def test_metrics_of_the_first_view(self, outcomes):
        summary = outcomes.summary()
        assert summary["WA"] == pytest.approx(2 / 3)
        assert summary["UA"] == pytest.approx(2 / 3)
        assert summary["n"] == 3
        assert summary["labels"] == LABELS
        assert summary["confusion"] == [[1, 0, 0], [0, 1, 0], [0, 1, 0]]

    def test_geometry_is_on_the_sphere(self, outcomes):
        summary = outcomes.summary()
        assert summary["alignment"] == pytest.approx(2 / 3)  # 0, 0 and 2
        assert summary["uniformity_audio"] == metrics.uniformity(AUDIO)
        assert summary["uniformity_text"] == metrics.uniformity(TEXT)

    def test_geometry_as_the_listing_has_it(self, outcomes):
        outcomes.on_sphere = False
        summary = outcomes.summary()
        raw = (AUDIO - TEXT).norm(dim=1).square().mean().item()
        assert summary["alignment"] == pytest.approx(raw)
        assert raw != pytest.approx(2 / 3)
        found = metrics.uniformity(AUDIO, normalize=False)
        assert summary["uniformity_audio"] == found
        assert summary["on_sphere"] is False

    def test_geometry_of_different_dimensions_has_no_alignment(self):
        found = geometry({"audio": torch.eye(2), "text": torch.eye(2, 3)})
        assert found["alignment"] is None
        assert found["uniformity_text"] == pytest.approx(-4)

    def test_geometry_of_one_modality(self):
        found = geometry({"text": torch.eye(2)})
        assert found == {
            "alignment": None,
            "uniformity_text": pytest.approx(-4),
        }

    def test_a_test_has_more(self):
        found = Outcomes(Detection(["non_directed", "directed"]))
        logits = torch.tensor([[3.0, 0], [0, 1], [1, 0], [0, 3]])
        outputs = {"logits": logits[None], "views": {}}
        targets = torch.tensor([0, 0, 1, 1])
        found.add(list("abcd"), targets, outputs, ["x", "x", "y", ""])
        summary = found.test_summary({"EER_threshold": 0.2})
        assert summary["ACC"] == summary["EER"] == 0.5
        assert summary["ACC_at_valid_EER"] == 0.75
        assert summary["n_groups"] == 3
        assert summary["confusion"] == [[1, 1], [1, 1]]


class TestWrite:
    def test_predictions(self, outcomes, tmp_path):
        outcomes.write(tmp_path, {})
        header, *rows = read_csv(tmp_path / "predictions.csv")
        assert header == "ID label prediction p_ang p_hap p_neu".split()
        assert [tuple(row[:3]) for row in rows] == PREDICTIONS
        found = [[float(p) for p in row[3:]] for row in rows]
        assert np.allclose(found, LOGITS.softmax(dim=-1), atol=1e-7)

    def test_metrics_can_be_computed_from_the_predictions(self, tmp_path):
        """Scores that differ in the ninth digit are no ties in the file."""
        found = Outcomes(Detection(["non_directed", "directed"]))
        logits = torch.tensor([[0, 20], [0, 21], [0, 22], [0, 23.0]])
        targets = torch.tensor([0, 1, 0, 1])
        found.add(list("abcd"), targets, {"logits": logits[None], "views": {}})
        found.write(tmp_path, {})
        _, *rows = read_csv(tmp_path / "predictions.csv")
        scores = [float(row[-1]) for row in rows]
        eer, threshold = metrics.equal_error_rate(scores, targets)
        summary = found.summary()
        assert summary["EER"] == eer == 0.5
        accepted = [score >= summary["EER_threshold"] for score in scores]
        assert accepted == [score >= threshold for score in scores]
        assert len(set(scores)) == 4

    def test_metrics_hold_what_they_are_given(self, outcomes, tmp_path):
        outcomes.write(tmp_path, {"UA": 0.5, "protocol": "speaker10"})
        written = json.loads((tmp_path / "metrics.json").read_text())
        assert written == {"UA": 0.5, "protocol": "speaker10"}

    def test_embeddings(self, outcomes, tmp_path):
        outcomes.write(tmp_path, {})
        with np.load(tmp_path / "embeddings.npz") as arrays:
            assert set(arrays) == {"ids", "labels", "audio", "text"}
            assert arrays["ids"].tolist() == ["a", "b", "c"]
            assert arrays["labels"].tolist() == LABELS
            assert np.array_equal(arrays["audio"], AUDIO)
            assert np.array_equal(arrays["text"], TEXT)

    def test_only_whole_files_are_left(self, outcomes, tmp_path):
        outcomes.write(tmp_path, {})
        names = sorted(path.name for path in tmp_path.iterdir())
        assert names == ["embeddings.npz", "metrics.json", "predictions.csv"]

    @pytest.mark.parametrize(
        ("broken", "name"),
        [
            ("numpy.savez_compressed", "embeddings.npz"),
            ("json.dumps", "metrics.json"),
            ("csv.writer", "predictions.csv"),
        ],
    )
    def test_a_failure_leaves_the_old_file(
        self, outcomes, tmp_path, monkeypatch, broken, name
    ):
        (tmp_path / name).write_text("old")

        def fail(*_, **__):
            raise OSError("disk full")

        monkeypatch.setattr(broken, fail)
        with pytest.raises(OSError, match="disk full"):
            outcomes.write(tmp_path, {})
        assert (tmp_path / name).read_text() == "old"
        assert not list(tmp_path.glob(".*"))

    def test_an_id_with_a_comma_is_quoted(self, tmp_path):
        found = Outcomes(Classification(["ang", "hap"]))
        outputs = {"logits": torch.zeros(1, 1, 2), "views": {}}
        found.add(["a,b"], torch.tensor([1]), outputs)
        found.write(tmp_path, {})
        text = (tmp_path / "predictions.csv").read_text()
        assert '"a,b",hap,ang,' in text


class TestAlone:
    """One modality where the other is missing: its own file and metrics."""

    AUDIO = torch.log(torch.tensor([[1.0, 1, 4], [1, 4, 1], [1, 1, 4]]))
    TEXT = torch.log(torch.tensor([[1.0, 4, 1], [1, 4, 1], [4, 1, 1]]))

    def collect(self, order=(0, 1, 2)):
        found = Outcomes(Classification(LABELS))
        for row in order:
            here = slice(row, row + 1)
            logits = torch.stack([LOGITS[here], -LOGITS[here]])
            alone = {
                "audio": torch.stack([self.AUDIO[here], LOGITS[here]]),
                "text": torch.stack([self.TEXT[here], LOGITS[here]]),
            }
            outputs = {"logits": logits, "views": {}, "alone": alone}
            found.add(["abc"[row]], TARGETS[here], outputs)
        return found

    def test_files_are_in_the_order_of_the_ids(self, tmp_path):
        self.collect(order=(2, 0, 1)).write(tmp_path, {})
        header = "ID label prediction p_ang p_hap p_neu".split()
        for name, logits, guesses in (
            ("audio", self.AUDIO, ["neu", "hap", "neu"]),
            ("text", self.TEXT, ["hap", "hap", "ang"]),
        ):
            path = tmp_path / f"predictions_{name}_only.csv"
            first, *rows = read_csv(path)
            assert first == header
            expected = list(zip("abc", LABELS, guesses))
            assert [tuple(row[:3]) for row in rows] == expected
            found = [[float(p) for p in row[3:]] for row in rows]
            assert np.allclose(found, logits.softmax(dim=-1), atol=1e-7)
        header, *rows = read_csv(tmp_path / "predictions.csv")
        assert [tuple(row[:3]) for row in rows] == PREDICTIONS

    def test_only_a_test_has_the_metrics(self):
        found = self.collect()
        summary = found.test_summary({})
        assert summary["audio_only"]["WA"] == pytest.approx(2 / 3)
        assert summary["text_only"]["WA"] == pytest.approx(1 / 3)
        assert set(summary["text_only"]) == {"WA", "UA"}
        assert summary["WA"] == pytest.approx(2 / 3)
        rest = {k: v for k, v in summary.items() if "_only" not in k}
        assert rest == found.summary()  # what the validation logs

    def test_without_it_nothing_is_left(self, outcomes, tmp_path):
        assert not [k for k in outcomes.test_summary({}) if "_only" in k]
        outcomes.write(tmp_path, {})
        assert not list(tmp_path.glob("predictions_*"))

    def test_metrics_are_written_last(self, tmp_path, monkeypatch):
        def fail(*_, **__):
            raise OSError("disk full")

        monkeypatch.setattr("numpy.savez_compressed", fail)
        with pytest.raises(OSError, match="disk full"):
            self.collect().write(tmp_path, {})
        assert not (tmp_path / "metrics.json").exists()

    def test_processes_have_what_all_of_them_found(self, monkeypatch):
        """A process may have had nothing to evaluate."""
        parts = [self.collect((2,)), self.collect(()), self.collect((1, 0))]

        def all_gather_object(gathered, own):
            gathered[:] = [
                (p.ids, p.speakers, p.batches, p.embeddings, p.alone)
                for p in parts
            ]
            assert own == gathered[1]

        monkeypatch.setattr("turbo_sb.training.outcomes.world_size", lambda: 3)
        monkeypatch.setattr(
            "torch.distributed.all_gather_object", all_gather_object
        )
        found = Outcomes(Classification(LABELS))
        found.gather()
        whole = self.collect().arrays_alone()
        for name, values in found.arrays_alone().items():
            assert torch.equal(values, whole[name])
        assert set(whole) == {"audio_only", "text_only"}
        assert found.test_summary({}) == self.collect().test_summary({})


class TestReplacing:
    def test_nothing_is_seen_before_it_is_whole(self, tmp_path):
        path = tmp_path / "a.txt"
        path.write_text("old")
        with replacing(path) as partial:
            partial.write_text("half")
            assert path.read_text() == "old"
        assert path.read_text() == "half"
        assert list(tmp_path.iterdir()) == [path]

    def test_a_failure_removes_the_half(self, tmp_path):
        path = tmp_path / "a.txt"
        path.write_text("old")
        with pytest.raises(KeyError), replacing(path) as partial:
            partial.write_text("half")
            raise KeyError
        assert path.read_text() == "old"
        assert list(tmp_path.iterdir()) == [path]
