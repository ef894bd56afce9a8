"""Embeddings standardised by fixed statistics."""

from types import SimpleNamespace

import pytest
import torch

from turbo_sb.models.feature_norm import FeatureNorm, find_normed
from turbo_sb.utils.errors import InputError


def by_loops(rows):
    """Mean and standard deviation of each feature, in Python's float64."""
    n, found = len(rows), []
    for column in zip(*rows):
        mean = sum(column) / n
        found.append((mean, (sum((x - mean) ** 2 for x in column) / n) ** 0.5))
    return found


class TestFit:
    def test_is_that_of_loops(self):
        """Also where the mean is a thousand times the deviation."""
        torch.manual_seed(0)
        rows = torch.randn(7, 3) + torch.tensor([0.0, 1000.0, -5.0])
        norm = FeatureNorm(3)
        assert norm.fit(rows) == 0
        expected = by_loops(rows.tolist())
        for k, (mean, std) in enumerate(expected):
            assert float(norm.mean[k]) == pytest.approx(mean, rel=1e-7)
            assert float(norm.std[k]) == pytest.approx(std, rel=1e-7)
        found = norm(rows[None])[0]
        for row, values in zip(found.tolist(), rows.tolist()):
            for y, x, (mean, std) in zip(row, values, expected):
                assert y == pytest.approx((x - mean) / std, abs=2e-4)

    def test_a_constant_feature_is_only_centred(self):
        norm = FeatureNorm(3)
        rows = torch.tensor([[0.1, 1.0, 0.0], [0.1, 3.0, 0.0]])
        rows[1, 0] += 1e-8  # rounding
        assert norm.fit(rows) == 2
        assert norm.std.tolist() == [1, 1, 1]
        expected = torch.tensor([[0.0, -1.0, 0.0], [0.0, 1.0, 0.0]])
        torch.testing.assert_close(norm(rows), expected, rtol=0, atol=1e-7)

    def test_all_constant_is_an_error(self):
        with pytest.raises(InputError, match="same embedding for all 2 train"):
            FeatureNorm(2).fit(torch.ones(2, 2))

    def test_is_the_identity_before(self):
        rows = torch.randn(3, 2)
        assert torch.equal(FeatureNorm(2)(rows), rows)

    def test_is_kept_with_the_weights_and_not_trained(self):
        norm, other = FeatureNorm(2), FeatureNorm(2)
        norm.fit(torch.tensor([[1.0, 2.0], [3.0, 6.0]]))
        assert not list(norm.parameters())
        other.load_state_dict(norm.state_dict())
        assert (other.mean.tolist(), other.std.tolist()) == ([2, 4], [1, 2])


class TestFindNormed:
    @staticmethod
    def encoders(audio=True, text=False):
        return {
            name: SimpleNamespace(family=SimpleNamespace(feature_norm=own))
            for name, own in (("audio", audio), ("text", text))
        }

    def test_auto_is_by_family(self):
        assert find_normed("auto", self.encoders()) == ["audio"]
        assert find_normed("auto", self.encoders(False)) == []

    def test_all_none_or_some(self):
        encoders = self.encoders()
        assert find_normed(True, encoders) == ["audio", "text"]
        assert find_normed(False, encoders) == []
        assert find_normed(["text"], encoders) == ["text"]

    @pytest.mark.parametrize("value", ["on", ["video"], 1, None])
    def test_another_is_an_error(self, value):
        with pytest.raises(InputError, match="feature_norm: .*expected auto"):
            find_normed(value, self.encoders())
