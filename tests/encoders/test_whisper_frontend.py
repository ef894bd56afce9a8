"""Windows of utterances, by hand."""

import pytest
import torch

from turbo_sb.encoders.pooling import masked_mean
from turbo_sb.encoders.whisper_frontend import cut, mean_by_utterance, split


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ([3], ([3], [0])),
        ([4], ([4], [0])),
        ([5, 2], ([4, 1, 2], [0, 0, 1])),
        ([8, 9], ([4, 4, 4, 4, 1], [0, 0, 1, 1, 1])),
    ],
)
def test_split(lengths, expected):
    assert split(lengths, 4) == expected


def test_short_utterances_stay_as_they_are_but_for_padding():
    wavs = torch.tensor([[1.0, 2.0, 7.0, 7.0], [3.0, 4.0, 5.0, 7.0]])
    found, samples = cut(wavs, [2, 3], 10)
    assert found.tolist() == [[1, 2, 0], [3, 4, 5]]
    assert samples == [2, 3]


def test_nothing_is_cut_off():
    wav = torch.arange(1.0, 12.0)
    found, samples = cut(wav[None], [11], 4)
    assert samples == [4, 4, 3]
    assert found.flatten()[:11].tolist() == wav.tolist()


def test_the_mean_of_single_windows_is_the_masked_mean():
    sequences = torch.randn(3, 5, 2)
    mask = torch.arange(5) < torch.tensor([5, 2, 1])[:, None]
    found = mean_by_utterance(sequences, mask, [0, 1, 2])
    torch.testing.assert_close(found, masked_mean(sequences, mask))
    found = mean_by_utterance(sequences, None, [0, 1, 2])
    torch.testing.assert_close(found, sequences.mean(dim=1))


def test_what_is_no_number_in_the_padding_stays_there():
    sequences = torch.tensor([[[1.0], [torch.nan]]])
    mask = torch.tensor([[True, False]])
    assert mean_by_utterance(sequences, mask, [0]).tolist() == [[1.0]]
