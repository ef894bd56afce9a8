"""wav2vec 2.0's convolutions and normalisations without padding.

Authors
 * The turbo_sb developers 2026
"""

import math

import torch
import torch.nn.functional as F

from turbo_sb.encoders.padding import padding_mask

FROZEN_ROWS = 8  # utterances that a frozen CNN takes at a time


class Convolutions:
    """Base class of an encoder with ``model.feature_extractor``.

    The encoder also has `normalize_wav` and `freeze_cnn`.
    """

    def convolve(
        self, wavs: torch.Tensor, samples: list[int]
    ) -> tuple[torch.Tensor, list[int]]:
        """Features (batch, frames, channels) and own frames of each row."""
        if self.normalize_wav:
            wavs = normalize_wavs(wavs, samples)
        # An utterance too short for one frame is padded with silence.
        needed = self.min_samples
        wavs = F.pad(wavs, (0, max(0, needed - wavs.shape[1])))
        samples = [max(needed, own) for own in samples]
        # Few rows at a time: the first activation of 64 utterances of 15 s
        # would be 6 GB.
        rows = FROZEN_ROWS if self.freeze_cnn else len(wavs)
        features, frames = [], []
        for start, part in zip(range(0, len(wavs), rows), wavs.split(rows)):
            x, own = self._cnn(part, samples[start : start + rows])
            features.append(x)
            frames += own
        return torch.cat(features).transpose(1, 2), frames

    def _cnn(self, wavs, samples):
        """Hugging Face's feature encoder, with an unpadded group norm."""
        x = wavs.unsqueeze(1)
        for layer in self.model.feature_extractor.conv_layers:
            conv = layer.conv
            kernel, stride = conv.kernel_size[0], conv.stride[0]
            samples = [(own - kernel) // stride + 1 for own in samples]
            norm = getattr(layer, "layer_norm", None)
            if isinstance(norm, torch.nn.GroupNorm):
                x = layer.activation(group_norm(conv(x), samples, norm))
            else:
                x = layer(x)
        return x, samples

    @property
    def hop(self) -> int:
        """Samples from one frame to the next; 320 for wav2vec 2.0."""
        layers = self.model.feature_extractor.conv_layers
        return math.prod(layer.conv.stride[0] for layer in layers)

    @property
    def min_samples(self) -> int:
        """How many samples make one frame; 400 for wav2vec 2.0."""
        needed = 1
        for layer in reversed(self.model.feature_extractor.conv_layers):
            kernel, stride = layer.conv.kernel_size[0], layer.conv.stride[0]
            needed = (needed - 1) * stride + kernel
        return needed


def normalize_wavs(wavs: torch.Tensor, samples: list[int]) -> torch.Tensor:
    """Zero mean and unit variance over each waveform's own samples."""
    mask = padding_mask(samples, wavs.shape[1], wavs.device)
    count = torch.tensor(samples).to(wavs.device, non_blocking=True)[:, None]
    centred = _own(wavs, mask)
    centred = centred - centred.sum(dim=1, keepdim=True) / count
    centred = _own(centred, mask)
    variance = centred.square().sum(dim=1, keepdim=True) / count
    # The constant of Hugging Face's feature extractor.
    return centred / torch.sqrt(variance + 1e-7)


def _own(wavs, mask):
    return wavs if mask is None else wavs.masked_fill(~mask, 0)


def group_norm(
    x: torch.Tensor, frames: list[int], norm: torch.nn.GroupNorm
) -> torch.Tensor:
    """wav2vec 2.0's group norm with statistics over own frames only."""
    # Row by row: four times faster than with a mask over all rows.
    rows = []
    for row, length in zip(x.split(1), frames):
        own = norm(row[..., :length].to(norm.weight.dtype))
        rows.append(F.pad(own, (0, x.shape[-1] - length)))
    return torch.cat(rows)
