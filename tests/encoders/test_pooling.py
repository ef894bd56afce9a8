"""The masked mean, on tensors one can hold in the head."""

import torch

from tests import references
from turbo_sb.encoders.pooling import last_step, masked_mean

MASK = torch.tensor([[True, True, False], [True, False, False]])


def test_by_hand():
    sequences = torch.tensor([[[1.0, 0], [3, 4], [99, 99]], [[5, 6]] * 3])
    expected = torch.tensor([[2.0, 2], [5, 6]])
    assert torch.equal(masked_mean(sequences, MASK), expected)


def test_equals_the_loops():
    sequences = torch.randn(2, 3, 4, dtype=torch.float64)
    torch.testing.assert_close(
        masked_mean(sequences, MASK), references.masked_mean(sequences, MASK)
    )


def test_padding_has_no_part_whatever_it_holds():
    sequences = torch.ones(2, 3, 1, requires_grad=True)
    with torch.no_grad():
        sequences[~MASK] = torch.nan
    means = masked_mean(sequences, MASK)
    assert torch.equal(means, torch.ones(2, 1))
    means.sum().backward()
    expected = torch.tensor([[0.5, 0.5, 0], [1, 0, 0]])
    assert torch.equal(sequences.grad[:, :, 0], expected)


def test_two_calls_agree():
    """SpeechBrain's StatisticsPooling adds noise and fails this."""
    sequences = torch.randn(2, 3, 4)
    first, second = (masked_mean(sequences, MASK) for _ in range(2))
    assert torch.equal(first, second)


def test_the_last_step_by_hand():
    sequences = torch.arange(6.0).reshape(2, 3, 1)
    assert last_step(sequences, MASK).tolist() == [[1.0], [3.0]]
    assert last_step(sequences, None).tolist() == [[2.0], [5.0]]
