"""W processes have the gradient of one, whatever the sizes of their parts."""

import json

import pytest
import torch

from tests import forks
from tests.training import gather_ranks

OPTIONS = [
    {},
    {"symmetric": True, "reduction": "sum"},
    {"reduction": "log_of_sum"},
]


def tensor(values):
    """In the precision that is compared."""
    return torch.tensor(values, dtype=torch.float64)


def by_one(sizes, options):
    """The whole batch in this process."""
    inputs, columns = gather_ranks.make_batch(sum(sizes))
    model, loss = gather_ranks.make_model(options)
    value = gather_ranks.step(model, loss, inputs, columns, [sum(sizes)])
    return value, gather_ranks.gradients(model, loss)


def by_ranks(sizes, options, path):
    arguments = [json.dumps(sizes), json.dumps(options), str(path)]
    result = forks.run([gather_ranks.__file__, *arguments], ranks=len(sizes))
    assert result.returncode == 0, result.stdout
    return json.loads(path.read_text())


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("sizes", [[6, 6], [8, 4], [4, 4, 4], [5, 3, 3, 1]])
@pytest.mark.slow
def test_gradients_are_those_of_one_process(sizes, options, tmp_path):
    value, expected = by_one(sizes, options)
    found = by_ranks(sizes, options, tmp_path / "found.json")
    assert found[0] == pytest.approx(value, rel=1e-12)
    assert set(found[1]) == set(expected)
    largest = max(tensor(x).abs().max() for x in expected.values())
    farthest = max(
        (tensor(found[1][name]) - tensor(gradient)).abs().max()
        for name, gradient in expected.items()
    )
    print(f"measured: {sizes} {options}: {farthest / largest:.1e}")
    assert farthest <= 1e-12 * largest
