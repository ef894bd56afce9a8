"""Floating point operations of wav2vec 2.0 and BERT, in closed form.

torch's own counter is wrong for grouped convolutions (seventeen times too
much backward). A multiplication and an addition are two. Norms, activations
and softmax are left out, here as in most counts.

Authors
 * The turbo_sb developers 2026
"""

import dataclasses

KERNELS = (10, 3, 3, 3, 3, 2, 2)
STRIDES = (5, 2, 2, 2, 2, 2, 2)


@dataclasses.dataclass(frozen=True)
class Sizes:
    """Of wav2vec 2.0 and of a BERT of the same width; the base models'."""

    dim: int = 768
    layers: int = 12
    channels: int = 512
    positional: tuple = (128, 16)  # kernel, groups


def cnn(samples, sizes):
    """One pass of the CNN over one waveform, forward."""
    total, wide = 0, 1
    for kernel, stride in zip(KERNELS, STRIDES):
        samples = (samples - kernel) // stride + 1
        total += 2 * samples * kernel * wide * sizes.channels
        wide = sizes.channels
    return float(total)


def frames(samples):
    """How many frames the CNN makes of a waveform."""
    for kernel, stride in zip(KERNELS, STRIDES):
        samples = (samples - kernel) // stride + 1
    return samples


def transformer(steps, sizes):
    """One pass of the layers over one sequence, forward."""
    one = 24 * sizes.dim**2 + 4 * steps * sizes.dim
    return float(sizes.layers * steps * one)


def audio(steps, sizes):
    """One pass behind the CNN: projection, positions, layers; forward."""
    kernel, groups = sizes.positional
    projection = 2 * sizes.channels * sizes.dim
    positions = 2 * kernel * sizes.dim * (sizes.dim // groups)
    return steps * (projection + positions) + transformer(steps, sizes)
