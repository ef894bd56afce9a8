"""Whisper's spectrograms and windows, each from its utterance alone.

Authors
 * The turbo_sb developers 2026
"""

import torch
import torch.nn.functional as F
from torch.nn.utils.rnn import pad_sequence
from transformers import WhisperConfig, WhisperFeatureExtractor

from turbo_sb.encoders.padding import padding_mask
from turbo_sb.utils.errors import InputError

SHRINKS = 2  # stride of Whisper's second convolution, in steps of the mel
RANGE = 8.0  # decades below the maximum at which the floor is


def check_sizes(
    extractor: WhisperFeatureExtractor,
    config: WhisperConfig,
    source: str,
    key: str,
) -> None:
    """Reject an extractor whose sizes differ from the model's."""
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
def log_mel(
    wavs: torch.Tensor,
    samples: list[int],
    extractor: WhisperFeatureExtractor,
    multiple: int,
    full: bool,
) -> tuple[torch.Tensor, list[int]]:
    """Log-mel spectrograms, (windows, mels, frames), and own frames of each.

    They equal those of Whisper's feature extractor. `full` fills each window up
    to 30 s with silence; otherwise the frames behind its own are 0.
    """
    hop, reach = extractor.hop_length, extractor.n_fft // 2
    own = [-(-length // multiple) * multiple // hop for length in samples]
    target = extractor.n_samples if full else max(own) * hop
    wavs = wavs.to(torch.promote_types(wavs.dtype, torch.float32))
    wavs = F.pad(wavs, (0, target - wavs.shape[1]))
    # Mirrored at the edges; a shorter window ends with silence.
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
    """Base-10 logarithms of the mel spectrum; one frame a hop."""
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


def split(lengths: list[int], longest: int) -> tuple[list[int], list[int]]:
    """Lengths of all windows, and the number of the utterance of each."""
    windows, owners = [], []
    for number, length in enumerate(lengths):
        for start in range(0, length, longest):
            windows.append(min(longest, length - start))
            owners.append(number)
    return windows, owners


def cut(
    wavs: torch.Tensor, lengths: list[int], longest: int
) -> tuple[torch.Tensor, list[int]]:
    """Cut waveforms into windows, padded with zeros, and their own samples."""
    samples, owners = split(lengths, longest)
    if max(lengths) > longest:
        parts = [
            row[start : start + longest]
            for row, length in zip(wavs, lengths)
            for start in range(0, length, longest)
        ]
        wavs = torch.stack(
            [F.pad(part, (0, longest - len(part))) for part in parts]
        )
    wavs = wavs[:, : max(samples)]
    mask = padding_mask(samples, wavs.shape[1], wavs.device)
    return wavs if mask is None else wavs.masked_fill(~mask, 0), samples


def join(
    rows: list[torch.Tensor],
    windows: torch.Tensor,
    steps: list[int],
    owners: list[int],
) -> tuple[torch.Tensor, list[int]]:
    """Put the windows of each utterance behind one another, and rows before.

    The rows, (batch, dim), are of utterances, and one channel narrower.
    """
    parts = [[] for _ in range(owners[-1] + 1)]
    for number, own in enumerate(parts):
        own += [F.pad(row[number : number + 1], (0, 1)) for row in rows]
    for window, length, owner in zip(windows, steps, owners):
        parts[owner].append(window[:length])
    joined = [torch.cat(own) for own in parts]
    lengths = [len(own) for own in joined]
    return pad_sequence(joined, batch_first=True), lengths


def windows_of(
    sequences: torch.Tensor, lengths: list[int], longest: int
) -> torch.Tensor:
    """Undo `join`: (windows, steps, dim) of (batch, time, dim)."""
    parts = [
        row[start : min(start + longest, length)]
        for row, length in zip(sequences, lengths)
        for start in range(0, length, longest)
    ]
    return pad_sequence(parts, batch_first=True)


def mean_by_utterance(
    sequences: torch.Tensor, mask: torch.Tensor | None, owners: list[int]
) -> torch.Tensor:
    """Mean over the own steps of all windows of each utterance: (batch, dim)."""
    dtype = torch.promote_types(sequences.dtype, torch.float32)
    if mask is None:
        mask = sequences.new_ones(sequences.shape[:2], dtype=torch.bool)
    # Not multiplied: NaN in the padding would spread.
    sums = sequences.masked_fill(~mask[:, :, None], 0).sum(dim=1, dtype=dtype)
    counts = mask.sum(dim=1).to(dtype)[:, None]
    index = torch.tensor(owners).to(sums.device, non_blocking=True)
    shape = owners[-1] + 1, sums.shape[1]
    total = sums.new_zeros(shape).index_add(0, index, sums)
    count = sums.new_zeros(shape[0], 1).index_add(0, index, counts)
    return total / count
