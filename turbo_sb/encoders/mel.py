"""Whisper's spectrograms, each from its utterance alone.

Authors
 * The turbo_sb developers 2026
"""

import torch
import torch.nn.functional as F

from turbo_sb.encoders.lengths import padding_mask
from turbo_sb.utils.errors import InputError

SHRINKS = 2  # stride of Whisper's second convolution, in steps of the mel
RANGE = 8.0  # decades below the maximum at which the floor is


def check_sizes(extractor, config, source, key):
    """Refuse a spectrogram of other sizes than the model has.

    Arguments
    ---------
    extractor : transformers.WhisperFeatureExtractor
        Makes it.
    config : transformers.WhisperConfig
        Of the model.
    source : str
        Where both come from, for the message.
    key : str
        The YAML key that gave it, for the message.

    Raises
    ------
    InputError
        If the mels or the samples of a window are others.

    Example
    -------
    >>> from transformers import WhisperConfig, WhisperFeatureExtractor
    >>> extractor = WhisperFeatureExtractor(feature_size=128)
    >>> check_sizes(extractor, WhisperConfig(), "whisper", "my_key")
    Traceback (most recent call last):
    ...
    turbo_sb.utils.errors.InputError: my_key: whisper: ... makes 128 mels ...
    """
    window = config.max_source_positions * SHRINKS * extractor.hop_length
    expected = config.num_mel_bins, window
    found = extractor.feature_size, extractor.n_samples
    if found != expected:
        raise InputError(
            f"{key}: {source}: preprocessor_config.json makes {found[0]} mels "
            f"of {found[1]} samples, and config.json has {expected[0]} of "
            f"{expected[1]}. Take both from one model."
        )


@torch.no_grad()
def log_mel(wavs, samples, extractor, multiple, full):
    """The spectrogram that Whisper's feature extractor makes of each window.

    Arguments
    ---------
    wavs : (windows, samples) torch.Tensor
        Silent in the padding.
    samples : list of int
        Number of each window's own samples.
    extractor : transformers.WhisperFeatureExtractor
        Has the sizes and the mel filters.
    multiple : int
        Samples of which a window is filled up to a multiple.
    full : bool
        Whether to fill up to 30 s with silence and keep its frames, as the
        extractor does. Otherwise, what follows a window's own frames is 0
        and of no influence.

    Returns
    -------
    mel : (windows, mels, frames) torch.Tensor
        In float32 or better.
    own : list of int
        Number of each window's own frames.
    """
    hop, reach = extractor.hop_length, extractor.n_fft // 2
    own = [-(-length // multiple) * multiple // hop for length in samples]
    target = extractor.n_samples if full else max(own) * hop
    wavs = wavs.to(torch.promote_types(wavs.dtype, torch.float32))
    wavs = F.pad(wavs, (0, target - wavs.shape[1]))
    # Mirrored at the edges; alone, a shorter window has silence at its end.
    after = {"mode": "reflect"} if full else {}
    wavs = F.pad(wavs, (0, reach), **after)
    wavs = F.pad(wavs, (reach, 0), mode="reflect")
    with torch.autocast(wavs.device.type, enabled=False):
        mel = _mel(wavs, extractor)
    mask = None
    if not full:
        mask = padding_mask(own, mel.shape[2], mel.device)
    if mask is not None:
        mel = mel.masked_fill(~mask[:, None], -torch.inf)
    mel = torch.maximum(mel, mel.amax(dim=(1, 2), keepdim=True) - RANGE)
    mel = (mel + 4) / 4
    return (mel if mask is None else mel.masked_fill(~mask[:, None], 0)), own


def _mel(wavs, extractor):
    """Logarithms to base 10; as many frames as there are hops."""
    window = torch.hann_window(extractor.n_fft).to(wavs)
    spectrum = torch.stft(
        wavs,
        extractor.n_fft,
        extractor.hop_length,
        window=window,
        center=False,
        return_complex=True,
    )
    power = spectrum[..., :-1].abs() ** 2
    filters = torch.from_numpy(extractor.mel_filters).to(wavs)
    return (filters.T @ power).clamp(min=1e-10).log10()
