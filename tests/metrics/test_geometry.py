"""Alignment and uniformity by hand and by the one-line formulas."""

import math

import pytest
import torch
from torch.overrides import TorchFunctionMode

from tests import references
from turbo_sb.metrics import alignment, uniformity
from turbo_sb.utils.errors import InputError


def embeddings(n=7, dim=3, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, dim, generator=generator, dtype=torch.float64)


def on_sphere(x):
    return x / x.norm(dim=1, keepdim=True)


class Largest(TorchFunctionMode):
    """Notes how many elements the largest tensor made in it has."""

    elements = 0

    def __torch_function__(self, function, types, args=(), kwargs=None):
        found = function(*args, **(kwargs or {}))
        if isinstance(found, torch.Tensor):
            self.elements = max(self.elements, found.numel())
        return found


class TestAlignment:
    def test_by_hand(self):
        """At a right angle the squared distance is 2, opposite it is 4."""
        audio = torch.tensor([[3.0, 0], [0, 5]])
        text = torch.tensor([[0.0, 2], [0, -1]])
        assert alignment(audio, text) == pytest.approx(3)
        expected = (math.sqrt(2) + 2) / 2
        assert alignment(audio, text, alpha=1) == pytest.approx(expected)

    @pytest.mark.parametrize("alpha", [1, 2, 3])
    def test_equals_the_one_line_formula(self, alpha):
        audio, text = embeddings(seed=1), embeddings(seed=2)
        raw = references.alignment(audio, text, alpha).item()
        found = alignment(audio, text, alpha, normalize=False)
        assert found == pytest.approx(raw, rel=1e-12)
        unit = references.alignment(on_sphere(audio), on_sphere(text), alpha)
        assert alignment(audio, text, alpha) == pytest.approx(unit.item())

    @pytest.mark.parametrize("alpha", [1, 2])
    def test_blocks_of_rows_make_one_mean(self, alpha):
        audio, text = embeddings(2500, seed=1), embeddings(2500, seed=2)
        raw = references.alignment(audio, text, alpha).item()
        found = alignment(audio, text, alpha, normalize=False)
        assert found == pytest.approx(raw, rel=1e-12)

    def test_no_copy_is_held(self):
        audio, text = embeddings(2500, seed=1), embeddings(2500, seed=2)
        with Largest() as largest:
            alignment(audio, text)
        assert 0 < largest.elements < audio.numel() / 2

    @pytest.mark.parametrize(
        ("audio", "text"), [((2, 3), (2, 4)), ((3,), (3,)), ((0, 3), (0, 3))]
    )
    def test_errors(self, audio, text):
        with pytest.raises(InputError, match="alignment takes two tensors"):
            alignment(torch.ones(audio), torch.ones(text))


class TestUniformity:
    def test_by_hand(self):
        """Pairs at squared distances 4, 2 and 2."""
        x = torch.tensor([[1.0, 0], [-1, 0], [0, 9]])
        expected = math.log((math.exp(-8) + 2 * math.exp(-4)) / 3)
        assert uniformity(x) == pytest.approx(expected)

    def test_is_zero_when_all_coincide(self):
        assert uniformity(torch.ones(5, 3)) == pytest.approx(0, abs=1e-12)

    @pytest.mark.parametrize("t", [0.5, 2])
    def test_equals_the_one_line_formula(self, t):
        x = embeddings()
        raw = references.uniformity(x, t).item()
        found = uniformity(x, t, normalize=False)
        assert found == pytest.approx(raw, rel=1e-10)
        unit = references.uniformity(on_sphere(x), t).item()
        assert uniformity(x, t) == pytest.approx(unit, rel=1e-10)

    @pytest.mark.parametrize("block", [1, 2, 3, 7, 100])
    def test_the_size_of_a_block_does_not_matter(self, block):
        x = embeddings()
        assert uniformity(x, block=block) == pytest.approx(
            uniformity(x), rel=1e-12
        )

    def test_the_matrix_of_all_pairs_is_not_held(self):
        """Nor half of it, as pdist has: a block and its 1024 ** 2 products."""
        x = embeddings(4000)
        with Largest() as largest:
            uniformity(x)
        assert 0 < largest.elements < 4000**2 / 8

    def test_blocks_of_the_usual_size(self):
        x = embeddings(2500)
        raw = references.uniformity(x).item()
        assert uniformity(x, normalize=False) == pytest.approx(raw, rel=1e-10)

    def test_far_points_do_not_become_minus_infinity(self):
        """exp(-t d ** 2) underflows; its logarithm is -2 * 200 ** 2."""
        x = torch.tensor([[100.0], [-100.0]])
        assert uniformity(x, normalize=False) == pytest.approx(-80000)

    @pytest.mark.parametrize("shape", [(1, 3), (0, 3), (4,)])
    def test_errors(self, shape):
        with pytest.raises(InputError, match="n >= 2"):
            uniformity(torch.ones(shape))


@pytest.mark.parametrize("normalize", [False, True])
def test_the_papers_listings_in_float32(normalize):
    x, y = embeddings(seed=1).float(), embeddings(seed=2).float()
    given = (on_sphere(x), on_sphere(y)) if normalize else (x, y)
    listed = references.alignment(*given).item()
    found = alignment(x, y, normalize=normalize)
    assert found == pytest.approx(listed, rel=1e-6)
    listed = references.uniformity(given[0]).item()
    found = uniformity(x, normalize=normalize)
    assert found == pytest.approx(listed, rel=1e-6)


@pytest.mark.parametrize("normalize", [False, True])
def test_geometry_leaves_its_input_alone(normalize):
    x = embeddings()
    before = x.clone()
    alignment(x, x, normalize=normalize)
    uniformity(x, normalize=normalize)
    assert torch.equal(x, before)


def test_geometry_leaves_no_graph():
    x = embeddings().requires_grad_()
    assert isinstance(alignment(x, x), float)
    assert isinstance(uniformity(x), float)


class TestExtremeNumbers:
    X, Y = embeddings(40, seed=3), embeddings(40, seed=4)

    @pytest.mark.parametrize("scale", [1e200, 1e-13, 1e-200])
    def test_the_sphere_does_not_depend_on_the_length(self, scale):
        found = alignment(self.X * scale, self.Y / scale)
        assert found == pytest.approx(alignment(self.X, self.Y), rel=1e-12)
        found = uniformity(self.X * scale)
        assert found == pytest.approx(uniformity(self.X), rel=1e-12)

    @pytest.mark.parametrize("offset", [1e6, 1e9, -1e12])
    def test_distances_far_from_the_origin(self, offset):
        """Differences of squares of 1e12 have no digit left."""
        far = (self.X + offset) - offset  # as they are rounded there
        found = uniformity(self.X + offset, normalize=False, block=7)
        expected = uniformity(far, normalize=False)
        assert found == pytest.approx(expected, rel=1e-8)

    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
    @pytest.mark.parametrize("normalize", [False, True])
    def test_not_finite(self, value, normalize):
        rows = self.X.clone()
        rows[3, 1] = value
        for metric in (
            lambda: uniformity(rows, normalize=normalize),
            lambda: alignment(self.X, rows, normalize=normalize),
        ):
            with pytest.raises(InputError, match="1 values .* NaN or infinite"):
                metric()

    def test_beyond_float64(self):
        huge = self.X * 1e200
        with pytest.raises(InputError, match="uniformity: .*beyond float64"):
            uniformity(huge, normalize=False)
        with pytest.raises(InputError, match="alignment: .*beyond float64"):
            alignment(huge, -huge, normalize=False)

    @pytest.mark.parametrize(
        "kind", [torch.int32, torch.bool, torch.float16, "numpy", "list"]
    )
    def test_numbers_of_other_kinds(self, kind):
        rows, change = torch.eye(3), {"numpy": torch.Tensor.numpy}
        change["list"] = torch.Tensor.tolist
        given = change.get(kind, lambda x: x.to(kind))(rows)
        assert uniformity(given) == pytest.approx(-4)
        assert alignment(given, given) == 0

    @pytest.mark.parametrize("given", [None, ["a"], [[1.0], [1.0, 2.0]]])
    def test_no_numbers(self, given):
        with pytest.raises(InputError):
            uniformity(given)

    def test_no_real_ones(self):
        with pytest.raises(InputError, match="real numbers"):
            uniformity(torch.ones(3, 2, dtype=torch.complex64))

    @pytest.mark.parametrize("power", [0, -1, math.nan, math.inf])
    def test_powers(self, power):
        with pytest.raises(InputError, match="t: .* is not > 0"):
            uniformity(self.X, t=power)
        with pytest.raises(InputError, match="alpha: .* is not > 0"):
            alignment(self.X, self.Y, alpha=power)

    @pytest.mark.parametrize("options", [{"block": 0}, {"block": -3}])
    def test_blocks_of_nothing(self, options):
        with pytest.raises(InputError, match="blocks of >= 1"):
            uniformity(self.X, **options)

    def test_embeddings_of_nothing(self):
        with pytest.raises(InputError, match="n >= 2"):
            uniformity(torch.ones(3, 0))
        with pytest.raises(InputError, match="both >= 1"):
            alignment(torch.ones(3, 0), torch.ones(3, 0))
