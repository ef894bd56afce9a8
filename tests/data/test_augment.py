"""A crop and noise: drawn by seed, epoch and utterance alone."""

import math

import pytest
import torch

from turbo_sb.data import TrainAugment
from turbo_sb.utils.errors import InputError


def test_by_default_nothing_is_done():
    signal = torch.randn(100)
    assert torch.equal(TrainAugment()(signal, "a"), signal)


def test_it_can_be_off_for_a_while():
    augment, signal = TrainAugment(noise_snr=0), torch.ones(100)
    with augment.off():
        assert torch.equal(augment(signal, "a"), signal)
    assert not torch.equal(augment(signal, "a"), signal)


def test_a_crop_is_a_stretch_of_the_signal_and_random():
    augment = TrainAugment(crop_seconds=0.001, sample_rate=4000)
    starts = set()
    for name in range(100):
        crop = augment(torch.arange(7), str(name))
        assert crop.tolist() == list(range(crop[0], crop[0] + 4))
        starts.add(crop[0].item())
    assert starts == {0, 1, 2, 3}


def test_a_shorter_signal_is_not_cropped():
    augment = TrainAugment(crop_seconds=1, sample_rate=100)
    assert len(augment(torch.ones(100), "a")) == 100
    assert len(augment(torch.ones(10), "a")) == 10


def test_draws_depend_on_seed_epoch_and_utterance_alone():
    """Whatever was drawn before, and in whatever process."""

    def draw(name="a", epoch=1, seed=1):
        augment = TrainAugment(noise_snr=0, seed=seed)
        augment.epoch = epoch
        return augment(torch.ones(3), name)

    before, others = draw(), [draw("b"), draw(epoch=2), draw(seed=2)]
    assert torch.equal(draw(), before)
    assert not any(torch.equal(other, before) for other in others)


@pytest.mark.parametrize("snr", [-6, 0, 10, 30])
def test_noise_has_the_ratio_asked_for(snr):
    signal = 0.5 * torch.sin(torch.arange(32000) * 2 * math.pi * 440 / 16000)
    noise = TrainAugment(noise_snr=snr)(signal, "a") - signal
    ratio = (signal.square().mean() / noise.square().mean()).item()
    assert 10 * math.log10(ratio) == pytest.approx(snr, abs=0.2)


def test_noise_on_silence_is_silence():
    assert not TrainAugment(noise_snr=10)(torch.zeros(100), "a").any()


@pytest.mark.parametrize("seconds", [0, -1])
def test_crop_error(seconds):
    with pytest.raises(InputError, match=f"train_crop_seconds: {seconds}"):
        TrainAugment(crop_seconds=seconds)
