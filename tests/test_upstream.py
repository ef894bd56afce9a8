"""The losses proposed to SpeechBrain compute what ours compute."""

import doctest
import importlib.util
from pathlib import Path

import pytest
import torch

from turbo_sb import losses

FILE = (
    Path(__file__).parents[1]
    / "upstream/speechbrain/nnet/loss/contrastive_loss.py"
)


@pytest.fixture(scope="module")
def proposed():
    spec = importlib.util.spec_from_file_location("contrastive_loss", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def make_views(n_views, dtype=torch.float64):
    """Leaves of both modalities, the same for each call."""
    torch.manual_seed(1)
    return {
        name: torch.randn(n_views, 5, 3, dtype=dtype, requires_grad=True)
        for name in ("audio", "text")
    }


def value_and_gradients(loss, views):
    value = loss(views)
    return value, torch.autograd.grad(value, list(views.values()))


def assert_equal(one, other):
    torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("ids", [None, torch.tensor([0, 1, 0, 2, 1])])
@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("temperature", [0.07, 0.5])
def test_turbo(proposed, temperature, symmetric, ids):
    settings = {"temperature": temperature, "symmetric": symmetric}
    theirs, ours = proposed.TurboLoss(**settings), losses.TurboLoss(**settings)
    assert_equal(
        value_and_gradients(lambda v: theirs(v, ids), make_views(2)),
        value_and_gradients(lambda v: ours(v, ids), make_views(2)),
    )


def test_one_view_is_the_cross_modal_baseline(proposed):
    assert_equal(
        value_and_gradients(proposed.TurboLoss(symmetric=True), make_views(1)),
        value_and_gradients(losses.CrossModalLoss(), make_views(1)),
    )


def test_half_precision_is_computed_in_float32(proposed):
    views = make_views(1, torch.bfloat16)
    pair = views["audio"][0], views["text"][0]
    found = proposed.info_nce(*pair)
    assert found.dtype == torch.float32
    assert_equal(found, losses.info_nce(*pair))


def test_a_modality_alone_of_one_view_is_an_error(proposed):
    with pytest.raises(ValueError, match="two views"):
        proposed.TurboLoss()({"audio": torch.ones(1, 4, 2)})


def test_its_examples_run(proposed):
    found = doctest.testmod(proposed, extraglobs={"torch": torch})
    assert found.failed == 0 and found.attempted >= 9


def test_it_imports_torch_and_the_standard_library_only(proposed):
    lines = FILE.read_text().splitlines()
    imports = [x for x in lines if x.startswith(("import ", "from "))]
    assert {x.split()[1].split(".")[0] for x in imports} == {
        "itertools",
        "torch",
    }
