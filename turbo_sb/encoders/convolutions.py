"""wav2vec 2.0's convolutions, over each utterance's own samples alone.

Authors
 * The turbo_sb developers 2026
"""

import math

import torch
import torch.nn.functional as F

from turbo_sb.encoders.unpadded import group_norm, normalize_wavs

FROZEN_ROWS = 8  # utterances that a frozen CNN takes at a time


class Convolutions:
    """A base of an encoder that has them as ``model.feature_extractor``.

    The encoder has `normalize_wav` and `freeze_cnn` as well.
    """

    def convolve(self, wavs, samples):
        """The CNN over each utterance's own samples.

        Arguments
        ---------
        wavs : (batch, samples) torch.Tensor
            Padded waveforms.
        samples : list of int
            Number of each waveform's own samples.

        Returns
        -------
        features : (batch, frames, channels) torch.Tensor
            The first ``frames[i]`` of row i do not depend on other rows.
        frames : list of int
            Number of each utterance's own frames.
        """
        if self.normalize_wav:
            wavs = normalize_wavs(wavs, samples)
        # An utterance too short for one frame is padded with silence.
        needed = self.min_samples
        wavs = F.pad(wavs, (0, max(0, needed - wavs.shape[1])))
        samples = [max(needed, own) for own in samples]
        # Without a graph, a few rows at a time take little memory: the first
        # activation of 64 utterances of 15 s would be 6 GB.
        rows = FROZEN_ROWS if self.freeze_cnn else len(wavs)
        features, frames = [], []
        for start, part in zip(range(0, len(wavs), rows), wavs.split(rows)):
            x, own = self._cnn(part, samples[start : start + rows])
            features.append(x)
            frames += own
        return torch.cat(features).transpose(1, 2), frames

    def _cnn(self, wavs, samples):
        """Hugging Face's feature encoder, but for padding."""
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
    def hop(self):
        """Samples from one frame to the next; 320 for wav2vec 2.0."""
        layers = self.model.feature_extractor.conv_layers
        return math.prod(layer.conv.stride[0] for layer in layers)

    @property
    def min_samples(self):
        """How many samples make one frame; 400 for wav2vec 2.0."""
        needed = 1
        for layer in reversed(self.model.feature_extractor.conv_layers):
            kernel, stride = layer.conv.kernel_size[0], layer.conv.stride[0]
            needed = (needed - 1) * stride + kernel
        return needed
