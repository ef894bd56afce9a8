"""InfoNCE in blocks: what the whole logits give, and never the whole logits."""

import math
from itertools import product

import pytest
import torch
import torch.nn.functional as F
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode

from tests import references
from turbo_sb.losses import info_nce, turbo_loss, turbo_terms
from turbo_sb.losses.blocks import BLOCK, blocked_cross_entropy
from turbo_sb.losses.infonce import REDUCTIONS, SIMILARITIES
from turbo_sb.utils.errors import InputError

EXACT = dict(rtol=0, atol=1e-12)
OPTIONS = [
    dict(similarity=similarity, reduction=reduction, symmetric=symmetric)
    for similarity, reduction, symmetric in product(
        SIMILARITIES, REDUCTIONS, [False, True]
    )
]
# The first four share an id, so that blocks of 2 and 3 off the diagonal have
# rows and columns in which nothing is left: minus infinity, all of it.
IDS = torch.tensor([0, 0, 0, 0, 1, 2, 1])


def leaves(rows=7, dim=3, seed=1):
    """Anchors, positives and a temperature, float64 leaves."""
    generator = torch.Generator().manual_seed(seed)
    shape = (2, rows, dim)
    values = torch.randn(shape, generator=generator, dtype=torch.float64)
    temperature = torch.tensor(0.2, dtype=torch.float64)
    return [x.clone().requires_grad_() for x in (*values, temperature)]


def value_and_gradients(loss, inputs):
    return [loss.detach(), *torch.autograd.grad(loss, inputs)]


class Largest(TorchDispatchMode):
    """Notes how many elements the largest tensor made in it has."""

    elements = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        found = function(*args, **(kwargs or {}))
        for x in found if isinstance(found, tuple | list) else [found]:
            if isinstance(x, torch.Tensor):
                self.elements = max(self.elements, x.numel())
        return found


class TestEqualsTheWhole:
    @pytest.mark.parametrize("ids", [None, IDS], ids=["all", "masked"])
    @pytest.mark.parametrize("block", [1, 2, 3, 6])
    @pytest.mark.parametrize("options", OPTIONS, ids=str)
    def test_value_and_gradients(self, options, block, ids):
        inputs = leaves()
        parts = info_nce(*inputs, ids=ids, block=block, **options)
        whole = info_nce(*inputs, ids=ids, **options)
        assert parts.dtype == torch.float64
        torch.testing.assert_close(
            value_and_gradients(parts, inputs),
            value_and_gradients(whole, inputs),
            **EXACT,
        )

    @pytest.mark.parametrize("options", OPTIONS, ids=str)
    def test_equals_the_loops(self, options):
        inputs = leaves()
        parts = info_nce(*inputs, ids=IDS, block=2, **options)
        kind = options["similarity"]
        rest = {k: v for k, v in options.items() if k != "similarity"}
        naive = references.info_nce(*inputs, kind=kind, ids=IDS, **rest)
        torch.testing.assert_close(
            value_and_gradients(parts, inputs),
            value_and_gradients(naive, inputs),
            **EXACT,
        )

    @pytest.mark.parametrize("symmetric", [False, True])
    def test_a_batch_beyond_the_usual_block(self, symmetric):
        """A last block of one row, and the ids of a corpus said often."""
        inputs = leaves(BLOCK + 1, 8)
        ids = torch.arange(BLOCK + 1) % 300
        options = dict(symmetric=symmetric, ids=ids)
        torch.testing.assert_close(
            value_and_gradients(info_nce(*inputs, **options), inputs),
            value_and_gradients(
                info_nce(*inputs, **options, block=BLOCK + 1), inputs
            ),
            **EXACT,
        )

    def test_turbos_six_terms(self):
        generator = torch.Generator().manual_seed(1)
        views = {
            name: torch.randn(2, 7, 3, generator=generator).double()
            for name in ("audio", "text")
        }
        inputs = [x.requires_grad_() for x in views.values()]
        options = dict(symmetric=True, ids=IDS)
        torch.testing.assert_close(
            turbo_terms(views, block=3, **options),
            turbo_terms(views, **options),
            **EXACT,
        )
        torch.testing.assert_close(
            value_and_gradients(turbo_loss(views, block=3, **options), inputs),
            value_and_gradients(turbo_loss(views, **options), inputs),
            **EXACT,
        )

    def test_a_batch_of_one_block_takes_the_whole_way(self):
        """Bit for bit, and so with a second derivative."""
        anchors, positives, _ = leaves()
        loss = info_nce(anchors, positives, block=7)
        assert loss == info_nce(anchors, positives)
        slope = torch.autograd.grad(loss, anchors, create_graph=True)[0]
        assert torch.autograd.grad(slope.norm(), anchors)[0].isfinite().all()

    @pytest.mark.parametrize("frozen", [0, 1])
    def test_one_side_may_be_frozen(self, frozen):
        inputs = leaves()[:2]
        inputs[frozen].requires_grad_(False)
        rest = [inputs[1 - frozen]]
        torch.testing.assert_close(
            value_and_gradients(info_nce(*inputs, block=2), rest),
            value_and_gradients(info_nce(*inputs), rest),
            **EXACT,
        )


class TestCrossEntropy:
    def test_is_torchs(self):
        queries, keys, _ = leaves()
        found = blocked_cross_entropy(queries, keys, symmetric=True, block=3)
        logits, targets = queries @ keys.t(), torch.arange(7)
        expected = [
            F.cross_entropy(x, targets, reduction="none")
            for x in (logits, logits.t())
        ]
        torch.testing.assert_close(found, torch.stack(expected), **EXACT)

    @pytest.mark.parametrize("symmetric", [False, True])
    def test_gradient_is_that_of_finite_differences(self, symmetric):
        def function(queries, keys):
            return blocked_cross_entropy(queries, keys, IDS, symmetric, 3)

        assert torch.autograd.gradcheck(function, leaves()[:2])

    def test_one_pair_has_nothing_to_tell_apart(self):
        queries, keys = torch.ones(1, 3, requires_grad=True), -torch.ones(1, 3)
        losses = blocked_cross_entropy(queries, keys, symmetric=True)
        losses.sum().backward()
        assert losses.tolist() == [[0], [0]]
        assert not queries.grad.any()

    def test_a_second_derivative_is_refused(self):
        """Of the way to the unit sphere alone, it would be silently wrong."""
        anchors, positives, _ = leaves()
        loss = info_nce(anchors, positives, block=2)
        with pytest.raises(InputError, match="create_graph=True.*block=7"):
            torch.autograd.grad(loss, anchors, create_graph=True)


class TestPrecision:
    def test_very_unlike_rows_do_not_overflow(self):
        far = 1000 * torch.eye(3)
        options = dict(similarity="dot", symmetric=True, block=2)
        wrong = info_nce(far, far[[1, 2, 0]], 0.01, **options)
        assert wrong.item() == pytest.approx(1e8)
        assert info_nce(far, far, 0.01, **options) == 0

    @pytest.mark.parametrize("symmetric", [False, True])
    def test_a_small_loss_keeps_its_digits_in_float32(self, symmetric):
        """Each row: 20 against 0 and 0, so log(1 + 2 / e ** 20)."""
        eye = torch.eye(3, requires_grad=True)
        loss = info_nce(eye, torch.eye(3), 0.05, symmetric, block=2)
        whole = info_nce(eye, torch.eye(3), 0.05, symmetric)
        assert loss.item() == pytest.approx(whole.item())
        assert info_nce(eye, torch.eye(3), 0.1, symmetric, block=2).item() == (
            pytest.approx(math.log1p(2 * math.exp(-10)), rel=2e-3)
        )

    def test_autocast_reaches_neither_the_logits_nor_the_gradient(self):
        values = [x.detach().float() for x in leaves(64, 16)[:2]]
        found = []
        for enabled in (False, True):
            inputs = [x.clone().requires_grad_() for x in values]
            with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
                loss = info_nce(*inputs, 0.01, symmetric=True, block=24)
                loss.backward()
            found.append([loss, *(x.grad for x in inputs)])
        torch.testing.assert_close(*found, rtol=0, atol=0)

    def test_half_precision_inputs_are_computed_in_float32(self):
        inputs = [x.detach().bfloat16().requires_grad_() for x in leaves()[:2]]
        loss = info_nce(*inputs, block=2)
        loss.backward()
        assert loss == info_nce(*(x.detach().float() for x in inputs), block=2)
        assert inputs[0].grad.dtype == torch.bfloat16


class TestMemory:
    @pytest.mark.parametrize("options", OPTIONS, ids=str)
    def test_neither_logits_nor_mask_are_ever_whole(self, options):
        """The embeddings' 64 * 4 are the most that is held, not 64 * 64."""
        inputs = leaves(64, 4)
        ids = torch.arange(64) % 9
        with Largest() as largest:
            info_nce(*inputs, ids=ids, block=16, **options).backward()
        assert largest.elements == 16 * 16

    def test_the_whole_way_would_be_seen(self):
        inputs = leaves(64, 4)
        with Largest() as largest:
            info_nce(*inputs).backward()
        assert largest.elements == 64 * 64

    def test_only_what_grows_with_the_batch_is_kept_for_backward(self):
        sizes = []

        def note(x):
            sizes.append(x.numel())
            return x

        with torch.autograd.graph.saved_tensors_hooks(note, lambda x: x):
            info_nce(*leaves(64, 4), symmetric=True, block=16)
        assert max(sizes) == 64 * 4

    @pytest.mark.parametrize("options", OPTIONS, ids=str)
    def test_no_value_is_waited_for(self, options):
        """Tensors without values: to read one, as .item() does, would fail."""
        with FakeTensorMode():
            anchors, positives = torch.ones(2, 7, 3, requires_grad=True)
            temperature = torch.ones((), requires_grad=True)
            ids = torch.ones(7, dtype=torch.long)
            inputs = (anchors, positives, temperature)
            info_nce(*inputs, ids=ids, block=2, **options).backward()
        assert temperature.grad.shape == ()


class TestErrors:
    @pytest.mark.parametrize("block", [0, -1])
    def test_block(self, block):
        with pytest.raises(InputError, match=f"block: {block} is not >= 1"):
            info_nce(*leaves(), block=block)

    @pytest.mark.parametrize("block", [2, 100])
    @pytest.mark.parametrize("shape", [(1,), (6,), (7, 1)])
    def test_ids(self, shape, block):
        ids = torch.zeros(shape, dtype=torch.long)
        with pytest.raises(InputError, match=r"ids: expected one a row, \(7,"):
            info_nce(*leaves(), ids=ids, block=block)
