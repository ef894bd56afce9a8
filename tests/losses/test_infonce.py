"""InfoNCE against the paper's formula as loops, and against two packages."""

import math
from itertools import product

import info_nce as info_nce_package
import pytest
import torch
from pytorch_metric_learning.losses import NTXentLoss

from tests import references
from turbo_sb.losses import info_nce
from turbo_sb.losses.infonce import REDUCTIONS, SIMILARITIES
from turbo_sb.utils.errors import InputError

EXACT = dict(rtol=0, atol=1e-10)


def pair(rows=5, dim=3, seed=1):
    """Two float64 leaves."""
    generator = torch.Generator().manual_seed(seed)
    shape = (2, rows, dim)
    values = torch.randn(shape, generator=generator, dtype=torch.float64)
    return [value.clone().requires_grad_() for value in values]


def value_and_gradients(loss, leaves):
    """A loss and its gradients, to compare two computations of it."""
    return [loss.detach(), *torch.autograd.grad(loss, leaves)]


class TestEqualsTheLoops:
    @pytest.mark.parametrize(
        ("similarity", "reduction", "symmetric", "ids"),
        product(
            SIMILARITIES, REDUCTIONS, [False, True], [None, [0, 1, 0, 2, 1]]
        ),
    )
    def test_value_and_gradient(self, similarity, reduction, symmetric, ids):
        leaves = pair()
        ours = info_nce(
            *leaves,
            temperature=0.2,
            symmetric=symmetric,
            similarity=similarity,
            reduction=reduction,
            ids=None if ids is None else torch.tensor(ids),
        )
        naive = references.info_nce(
            *leaves, 0.2, symmetric, similarity, reduction, ids
        )
        torch.testing.assert_close(
            value_and_gradients(ours, leaves),
            value_and_gradients(naive, leaves),
            **EXACT,
        )

    def test_default_is_cosine_mean_one_direction_at_007(self):
        leaves = pair()
        naive = references.info_nce(*leaves, 0.07, False, "cosine", "mean")
        torch.testing.assert_close(info_nce(*leaves), naive, **EXACT)

    def test_a_tensor_temperature_gets_its_gradient(self):
        anchors, positives = pair()
        temperature = torch.tensor(0.3, dtype=torch.float64, requires_grad=True)
        found = [
            torch.autograd.grad(
                loss(anchors, positives, temperature), temperature
            )
            for loss in (info_nce, references.info_nce)
        ]
        torch.testing.assert_close(*found, **EXACT)


class TestEqualsThePackages:
    @pytest.mark.parametrize("temperature", [0.07, 0.5])
    @pytest.mark.parametrize("reduction", ["mean", "sum"])
    def test_info_nce_pytorch(self, temperature, reduction):
        leaves = pair()
        theirs = info_nce_package.info_nce(
            *leaves, temperature=temperature, reduction=reduction
        )
        ours = info_nce(*leaves, temperature, reduction=reduction)
        torch.testing.assert_close(
            value_and_gradients(ours, leaves),
            value_and_gradients(theirs, leaves),
            **EXACT,
        )

    def test_pytorch_metric_learning(self):
        leaves = pair()
        rows = torch.arange(5)
        # One object for both labels would drop the positives.
        theirs = NTXentLoss(temperature=0.2)(
            leaves[0], rows, ref_emb=leaves[1], ref_labels=rows.clone()
        )
        torch.testing.assert_close(
            value_and_gradients(info_nce(*leaves, 0.2), leaves),
            value_and_gradients(theirs, leaves),
            **EXACT,
        )


class TestByHand:
    def test_two_right_angles(self):
        # Each row: 1 against 0, so -log(e / (e + 1)) at temperature 1.
        loss = info_nce(torch.eye(2), 5 * torch.eye(2), temperature=1)
        assert loss.item() == pytest.approx(math.log(1 + math.exp(-1)))

    def test_one_pair_has_nothing_to_tell_apart(self):
        assert info_nce(torch.ones(1, 3), -torch.ones(1, 3)) == 0

    def test_equal_rows_give_log_of_the_batch(self):
        same = torch.ones(8, 3)
        assert info_nce(same, same).item() == pytest.approx(math.log(8))
        total = info_nce(same, same, reduction="sum").item()
        assert total == pytest.approx(8 * math.log(8), rel=1e-6)

    def test_the_printed_form_is_minus_log_n_when_all_is_told_apart(self):
        far = 100 * torch.eye(4)
        loss = info_nce(far, far, similarity="dot", reduction="log_of_sum")
        assert loss.item() == pytest.approx(-math.log(4))

    def test_the_printed_form_starves_the_rows_that_are_not_solved(self):
        """Row 0 is solved, rows 1 to 3 are not: only the mean moves them."""
        keys = torch.eye(4, dtype=torch.float64)
        norms = {}
        for reduction in ("mean", "log_of_sum"):
            queries = keys[[0, 2, 3, 1]].clone().requires_grad_()
            info_nce(queries, keys, 0.05, reduction=reduction).backward()
            norms[reduction] = queries.grad[1:].norm()
        assert norms["log_of_sum"] < 1e-6 * norms["mean"]

    def test_cosine_ignores_lengths_and_dot_does_not(self):
        anchors, positives = pair()
        cosine = info_nce(anchors, positives)
        assert info_nce(7 * anchors, positives).allclose(cosine)
        dot = info_nce(anchors, positives, similarity="dot")
        assert not info_nce(7 * anchors, positives, similarity="dot").allclose(
            dot
        )

    def test_anchors_are_the_queries(self):
        """One key that all queries like: hard for queries, easy for keys."""
        queries, keys = torch.eye(2), torch.tensor([[1.0, 0.9], [0.0, 1.0]])
        forth, back = info_nce(queries, keys, 1), info_nce(keys, queries, 1)
        assert forth != back
        both = info_nce(queries, keys, 1, symmetric=True)
        assert both.item() == pytest.approx((forth + back).item() / 2)


class TestIds:
    def test_a_repeated_utterance_is_no_negative(self):
        """Rows 0 and 2 are one utterance, at a right angle to row 1."""
        rows, ids = torch.eye(2)[[0, 1, 0]], torch.tensor([0, 1, 0])
        loss = info_nce(rows, rows, 1, reduction="sum", ids=ids)
        one, two = math.log(1 + math.exp(-1)), math.log(1 + 2 * math.exp(-1))
        assert loss.item() == pytest.approx(one + two + one)

    def test_one_id_for_all_leaves_no_negative(self):
        loss = info_nce(*pair(), ids=torch.zeros(5, dtype=torch.long))
        assert loss == 0

    def test_distinct_ids_change_nothing(self):
        assert info_nce(*pair(), ids=torch.arange(5)) == info_nce(*pair())


class TestPrecision:
    def test_float64_stays_float64(self):
        assert info_nce(*pair()).dtype == torch.float64

    def test_autocast_does_not_reach_the_logits(self):
        anchors, positives = (x.detach().float() for x in pair(64, 16))
        outside = info_nce(anchors, positives, 0.01, symmetric=True)
        with torch.autocast("cpu", torch.bfloat16):
            inside = info_nce(anchors, positives, 0.01, symmetric=True)
        assert inside.dtype == torch.float32
        assert inside == outside

    @pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
    def test_half_precision_inputs_are_computed_in_float32(self, dtype):
        anchors, positives = (x.detach().to(dtype) for x in pair())
        loss = info_nce(anchors, positives)
        assert loss.dtype == torch.float32
        assert loss == info_nce(anchors.float(), positives.float())

    def test_very_unlike_rows_do_not_overflow(self):
        far = 1000 * torch.eye(3)
        wrong = info_nce(far, far[[1, 2, 0]], 0.01, similarity="dot")
        assert wrong.item() == pytest.approx(1e8)

    def test_a_zero_row_has_a_finite_gradient(self):
        anchors = torch.zeros(2, 3, requires_grad=True)
        info_nce(anchors, torch.eye(3)[:2]).backward()
        assert anchors.grad.isfinite().all()


class TestErrors:
    @pytest.mark.parametrize("temperature", [0, -0.1, math.nan])
    def test_temperature(self, temperature):
        with pytest.raises(InputError, match=f"{temperature} is not > 0"):
            info_nce(*pair(), temperature=temperature)

    @pytest.mark.parametrize("option", ["similarity", "reduction"])
    def test_unknown_option_names_the_known_ones(self, option):
        with pytest.raises(
            InputError, match=f"{option}: 'max' .*(cosine|mean)"
        ):
            info_nce(*pair(), **{option: "max"})

    @pytest.mark.parametrize(
        ("anchors", "positives"),
        [((3, 2), (4, 2)), ((3, 2), (3, 4)), ((3,), (3,)), ((1, 3, 2),) * 2],
    )
    def test_shapes(self, anchors, positives):
        with pytest.raises(InputError) as raised:
            info_nce(torch.ones(anchors), torch.ones(positives))
        assert f"{anchors} and {positives}" in str(raised.value)


class TestExtremeNumbers:
    """Embeddings of one direction have one loss, however long they are."""

    ANCHORS = torch.randn(6, 8, generator=torch.Generator().manual_seed(0))
    POSITIVES = ANCHORS + 0.1

    def found(self, dtype, scale, **options):
        """The loss, and the gradient of the anchors."""
        pair = [
            (x.double() * scale).to(dtype).requires_grad_()
            for x in (self.ANCHORS, self.POSITIVES)
        ]
        loss = info_nce(*pair, **options)
        loss.backward()
        return loss.item(), pair[0].grad

    @pytest.mark.parametrize("block", [2, 64])
    @pytest.mark.parametrize(
        ("dtype", "scale", "tolerance"),
        [
            (torch.float32, 1e20, 1e-5),
            (torch.float32, 1e37, 1e-5),
            (torch.float32, 1e-14, 1e-5),
            (torch.float32, 1e-30, 1e-5),
            (torch.float64, 1e200, 1e-12),
            (torch.float64, 1e-200, 1e-12),
            (torch.bfloat16, 1e30, 0.02),
            (torch.bfloat16, 1e-30, 0.02),
            (torch.float16, 2e4, 0.02),
            (torch.float16, 2e-6, 0.05),
        ],
    )
    def test_of_any_length(self, dtype, scale, tolerance, block):
        expected, _ = self.found(torch.float64, 1.0, temperature=0.3)
        options = {"temperature": 0.3, "block": block, "symmetric": False}
        loss, gradient = self.found(dtype, scale, **options)
        assert loss == pytest.approx(expected, abs=tolerance)
        assert gradient.isfinite().all()

    def test_among_others_in_one_batch(self):
        scales = torch.tensor([1, 1e30, 1e-30, 1, 1e20, 1e-20])[:, None]
        expected = info_nce(self.ANCHORS, self.POSITIVES)
        found = info_nce(self.ANCHORS * scales, self.POSITIVES / scales)
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)

    @pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
    @pytest.mark.parametrize("value", [0.0, 6e-8])
    def test_gradients_of_nothing_are_finite(self, dtype, value):
        """Also where six terms add up."""
        rows = torch.full((4, 8), value, dtype=dtype, requires_grad=True)
        others = self.POSITIVES[:4].to(dtype)
        sum(info_nce(rows, others) for _ in range(6)).backward()
        assert rows.grad.isfinite().all()

    @pytest.mark.parametrize("value", [torch.nan, torch.inf])
    def test_what_is_not_finite_is_not_hidden(self, value):
        anchors = self.ANCHORS.clone()
        anchors[1, 2] = value
        assert info_nce(anchors, self.POSITIVES).isnan()
        assert info_nce(anchors, self.POSITIVES, block=2).isnan()

    @pytest.mark.parametrize("dtype", [torch.int64, torch.uint8, torch.bool])
    def test_whole_numbers_are_numbers(self, dtype):
        given = torch.eye(4).to(dtype), torch.eye(4).flip(0).to(dtype)
        expected = info_nce(*(x.float() for x in given))
        assert torch.equal(info_nce(*given), expected)

    @pytest.mark.parametrize("shape", [(0, 3), (3, 0), (3,), (2, 2, 2)])
    def test_shapes_without_a_loss(self, shape):
        with pytest.raises(InputError, match="of one shape"):
            info_nce(torch.ones(shape), torch.ones(shape))

    def test_complex_numbers_have_none(self):
        rows = torch.ones(2, 2, dtype=torch.complex64)
        with pytest.raises(InputError, match="real numbers"):
            info_nce(rows, rows)

    @pytest.mark.parametrize("temperature", ["0.07", None, float("inf")])
    def test_a_temperature_that_is_no_number(self, temperature):
        with pytest.raises(InputError, match="is not > 0"):
            info_nce(self.ANCHORS, self.POSITIVES, temperature)
