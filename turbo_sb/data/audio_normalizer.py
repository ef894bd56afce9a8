"""SpeechBrain's AudioNormalizer, for any sampling rate.

Authors
 * The turbo_sb developers 2026
"""

import math

import torch
from speechbrain.dataio import preprocess

from turbo_sb.data.resampling import resample

# Numbers in torchaudio's kernel, which takes some 50 bytes for each to make.
# 44.1 kHz to 16 kHz has 75 thousand, 44101 Hz seven hundred million.
LARGEST = 2**22
KEPT = 8  # kernels: a folder may have any number of rates


class AudioNormalizer(preprocess.AudioNormalizer):
    """Resample and mix down; a rate that torchaudio cannot bear costs little.

    Usual rates give the numbers of SpeechBrain's class.
    """

    def __call__(self, audio: torch.Tensor, sample_rate: int) -> torch.Tensor:
        """Normalize (samples,) or (samples, channels) of a rate in Hz."""
        if kernel_size(sample_rate, self.sample_rate) <= LARGEST:
            kept = self._cached_resamplers
            if sample_rate not in kept and len(kept) >= KEPT:
                # Not by emptying: other threads may be about to use what is
                # kept.
                once = preprocess.AudioNormalizer(self.sample_rate, self.mix)
                return once(audio, sample_rate)
            return super().__call__(audio, sample_rate)
        mixed = self._mix(audio)
        columns = mixed[:, None] if mixed.dim() == 1 else mixed
        found = [
            torch.from_numpy(
                resample(column.cpu().numpy(), sample_rate, self.sample_rate)
            )
            for column in columns.T
        ]
        found = torch.stack(found, dim=1).to(audio.device)
        return found[:, 0] if mixed.dim() == 1 else found


def kernel_size(rate: int, new_rate: int) -> int:
    """Count the numbers in torchaudio's kernel."""
    common = math.gcd(rate, new_rate)
    return (rate // common) * (new_rate // common)
