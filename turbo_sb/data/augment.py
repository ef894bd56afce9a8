"""Augment the waveforms of a training.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
from collections.abc import Iterator

import torch

from turbo_sb.utils.errors import InputError
from turbo_sb.utils.seeding import generator_of


class TrainAugment:
    """Crop and add light noise at random, alike for both views.

    The paper has neither, and by default neither is applied. The draw depends
    on the seed, the epoch and the utterance alone.

    Arguments
    ---------
    crop_seconds : float, optional
        A longer utterance is cut to a random stretch of this length.
    noise_snr : float, optional
        Signal-to-noise ratio of added white noise, in dB.
    sample_rate : int
        Of the signals, in Hz.
    seed : int
        Of the draws, as is the attribute ``epoch``.

    Example
    -------
    >>> augment = TrainAugment(crop_seconds=0.5, sample_rate=16000)
    >>> augment(torch.rand(16000), "utterance1").shape
    torch.Size([8000])
    """

    epoch, active = 1, True

    def __init__(
        self,
        crop_seconds: float | None = None,
        noise_snr: float | None = None,
        sample_rate: int = 16000,
        seed: int = 0,
    ):
        for key, value in (
            ("train_crop_seconds", crop_seconds),
            ("train_noise_snr", noise_snr),
        ):
            if value is not None and not isinstance(value, int | float):
                raise InputError(f"{key}: {value!r}: expected a number.")
        if crop_seconds is not None and not crop_seconds > 0:
            raise InputError(
                f"train_crop_seconds: {crop_seconds}: expected more than 0."
            )
        self.crop = crop_seconds and max(1, round(crop_seconds * sample_rate))
        self.noise_snr, self.seed = noise_snr, seed

    def __call__(self, signal: torch.Tensor, name: str) -> torch.Tensor:
        """Crop one utterance and add noise to it.

        Arguments
        ---------
        signal : (samples,) torch.Tensor
            A waveform.
        name : str
            The utterance's ID.

        Returns
        -------
        signal : (samples,) torch.Tensor
        """
        if not self.active:
            return signal
        generator = generator_of(self.seed, "augmentation", self.epoch, name)
        if self.crop and len(signal) > self.crop:
            starts = len(signal) - self.crop + 1
            start = int(torch.randint(starts, (), generator=generator))
            signal = signal[start : start + self.crop]
        if self.noise_snr is not None:
            level = signal.square().mean().sqrt() * 10 ** (-self.noise_snr / 20)
            noise = torch.randn(len(signal), generator=generator)
            signal = signal + level * noise
        return signal

    @contextlib.contextmanager
    def off(self) -> Iterator[None]:
        """Leave signals as they are, until the block ends."""
        self.active = False
        try:
            yield
        finally:
            self.active = True
