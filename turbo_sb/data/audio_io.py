"""Read recordings, and check them.

Authors
 * The turbo_sb developers 2026
"""

import hashlib
import math
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from turbo_sb.data.recording import Recording, open_recording
from turbo_sb.data.resampling import resample, resampled_length
from turbo_sb.utils.errors import InputError, some_of
from turbo_sb.utils.logs import get_logger

if TYPE_CHECKING:  # the preparation reads audio without torch
    from torch import Tensor

logger = get_logger(__name__)

BLOCK = 2**20  # samples
STEP = 101  # samples; prime, as a tone of 1 kHz is 0 at each 8th of 16 kHz
RATE = 16000  # Hz: at which the encoders hear, and silence is judged
SHORTEST = 400 / RATE  # s: one frame of wav2vec 2.0
LONGEST = 3600.0  # s: an hour at 16 kHz takes 230 MB
MOST = 1_500_000_000  # samples of all channels: an hour of 8 at 48 kHz, 6 GB
SILENT = 10 ** (-80 / 20)  # of full scale
FULL_SCALE = 1 - 2**-14  # the highest that 16 bits hold, or next to it
CLIPPED = 0.01  # share of samples there that is worth a warning
ROUNDING = 0.01  # s: a stop this far past the end is the end

Stretch = tuple[float | None, float | None]  # start and stop, s
WHOLE: Stretch = (None, None)
ENDLESS = 2**62  # samples


class SilentError(InputError):
    """A recording or a stretch of it is silent."""


class AudioFacts(NamedTuple):
    """Duration in seconds, samples per second, number of channels.

    `digest` is equal for equal samples, in whatever lossless format. It is of
    every `STEP`-th sample: a digest of all takes as long as reading them.
    """

    duration: float
    rate: int
    channels: int
    digest: str = ""


Verdicts = dict[str | Path, dict[Stretch, AudioFacts | InputError]]


def inspect_audio(path: str | Path) -> AudioFacts:
    """Read a recording to its end, to find damage now and not in an epoch."""
    facts, bad = inspect_stretches(path, (WHOLE,))
    if bad:
        raise bad[WHOLE]
    return facts


def inspect_stretches(
    path: str | Path, stretches: Iterable[Stretch]
) -> tuple[AudioFacts, dict[Stretch, InputError]]:
    """Read a recording to its end once, and find its unusable stretches."""
    stretches = tuple(stretches)
    with open_recording(path) as recording:
        recording.check_end()
        rate, n_samples = recording.rate, 0
        digest = hashlib.sha256()
        unheard = {stretch: _edges(stretch, rate) for stretch in stretches}
        # A block at a time: a meeting lasts for hours.
        for block in recording.blocks(max(1, BLOCK // recording.channels)):
            _check_finite(path, block, rate, n_samples)
            digest.update(_some(block, n_samples))
            for stretch in _heard_in(block, n_samples, unheard, rate):
                del unheard[stretch]
            n_samples += len(block)
        _check_not_empty(path, n_samples)
        _say(path, recording)
        facts = AudioFacts(
            n_samples / rate,
            rate,
            recording.channels,
            f"{n_samples} {digest.hexdigest()}",
        )
        bad = {stretch: _silent(path, *stretch) for stretch in unheard}
        bad |= _beyond(path, stretches, rate, n_samples)
        return facts, bad


def _beyond(path, stretches, rate, n_samples):
    """Map the stretches that a recording does not hold to what to say."""
    found = {}
    for stretch in stretches:
        try:
            _bounds(path, *stretch, rate, n_samples)
        except InputError as error:
            found[stretch] = error
    return found


def _some(block, before):
    """Return samples for a digest, of a block that has `before` samples before.

    Two equal channels are as one of them, and -0 is as 0.
    """
    return block[-before % STEP :: STEP].sum(axis=1) / block.shape[1] + 0


def try_all(paths: list[str | Path]) -> list[AudioFacts | InputError]:
    """Inspect many recordings; the error of a bad one is its result."""
    found = try_stretches(dict.fromkeys(paths, (WHOLE,)))
    return [found[path][WHOLE] for path in paths]


def try_stretches(wanted: dict[str | Path, Iterable[Stretch]]) -> Verdicts:
    """Inspect stretches of many recordings, each recording once."""
    # Threads hide the latency of a network disk; libsndfile drops the GIL.
    with ThreadPoolExecutor(max_workers=4) as pool:
        found = pool.map(_try_recording, wanted, wanted.values())
        return dict(zip(wanted, found))


def _try_recording(path, stretches):
    """Judge the stretches of a recording as prediction does."""
    try:
        facts, bad = inspect_stretches(path, stretches)
    except InputError as error:  # a stretch before the damage may be good
        return {
            stretch: error if stretch == WHOLE else _try_stretch(path, stretch)
            for stretch in stretches
        }
    return {stretch: bad.get(stretch, facts) for stretch in stretches}


def _try_stretch(path, stretch):
    """Judge a stretch of a damaged recording."""
    try:
        samples, rate = read_samples(path, *stretch)
    except InputError as error:
        return error
    if not is_heard(samples.mean(axis=1), rate):
        return _silent(path, *stretch)
    end = (stretch[0] or 0.0) + len(samples) / rate
    return AudioFacts(end, rate, samples.shape[1])


def inspect_all(
    paths: list[str | Path], strict: bool = True
) -> list[AudioFacts | SilentError]:
    """Inspect many recordings, and name the bad ones in one error.

    If not strict, silence is a result, unless all are silent.
    """
    results = try_all(paths)
    errors = [found for found in results if isinstance(found, InputError)]
    worse = [found for found in errors if not isinstance(found, SilentError)]
    if not strict and len(errors) < len(paths):
        errors = worse
    if errors:
        raise InputError(
            f"{len(errors)} of {len(paths)} audio files cannot be used:\n"
            f"{some_of([str(error) for error in errors])}\n"
            "Restore them from the corpus and run again."
        )
    return results


def read_samples(
    path: str | Path,
    start: float | None = None,
    stop: float | None = None,
    shortest: float = 0.0,
    longest: float = math.inf,
    finite: bool = True,
    rounding: float = ROUNDING,
) -> tuple[np.ndarray, int]:
    """Read (samples, channels) and the rate, of a file or a stretch in s.

    With `finite`, NaN and infinity are refused. A stop past the end by at
    most `rounding` is the end.
    """
    with open_recording(path) as recording:
        rate = recording.rate
        asked = path, start, stop, rate
        # Before the end, nothing is missing.
        if stop is None or not stop * rate < recording.frames:
            recording.check_end()
        first, last = _bounds(*asked, recording.frames, rounding)
        most = _most(recording, longest)
        if last - first > most:  # promised: what is held may be less
            held = recording.held(first + most)
            first, last = _bounds(*asked, held, rounding)
        _check_seconds(path, (last - first) / rate, shortest, longest)
        _check_size(path, (last - first) * recording.channels, longest)
        samples = recording.read(first, last)
        held = first + len(samples)
        if held < last:  # an MP3's header may promise more
            held = held if len(samples) else recording.held(first)
            _bounds(*asked, held, rounding)
        if math.isfinite(longest):  # an epoch would say it again and again
            _say(path, recording)
    _check_seconds(path, len(samples) / rate, shortest, longest)
    if finite:
        _check_finite(path, samples, rate, first)
    return samples, rate


def read_signal(
    path: str | Path,
    normalizer: Callable,
    start: float | None = None,
    stop: float | None = None,
) -> "Tensor":
    """Read (samples,), resampled and mixed down by the normalizer."""
    import torch

    # A training has nonfinite_loss to say what becomes of NaN and infinity.
    samples, rate = read_samples(path, start, stop, finite=False)
    mono = samples[:, 0] if samples.shape[1] == 1 else samples
    return normalizer(torch.from_numpy(mono), rate)


def read_unprepared(
    path: str | Path,
    normalizer: Callable,
    start: float | None = None,
    stop: float | None = None,
    longest: float = LONGEST,
    read: Callable = read_samples,
) -> "Tensor":
    """Read as `read_signal`, and check what no preparation has checked.

    `read` may be another that does as `read_samples` does.
    """
    import torch

    samples, rate = read(path, start, stop, SHORTEST, longest)
    clipped = (np.abs(samples) >= FULL_SCALE).mean()
    if clipped > CLIPPED:
        logger.warning(
            f"{path}: clipped, {clipped:.0%} of its samples are at full "
            "scale. Its classification is less reliable."
        )
    signal = normalizer(torch.from_numpy(samples), rate)
    if signal.abs().max() < SILENT:  # also where two channels cancel
        raise _silent(path, start, stop)
    return signal


def windows(samples: int, most: int) -> list[tuple[int, int]]:
    """Cut a length into equal, adjacent pieces of at most `most` samples."""
    n = max(1, math.ceil(samples / most))
    edges = [round(k * samples / n) for k in range(n + 1)]
    return list(zip(edges[:-1], edges[1:]))


def _silent(path, start=None, stop=None):
    """Make the error for silence."""
    begin = "" if start is None else f" from {start:g} s"
    end = "" if stop is None else f" to {stop:g} s"
    return SilentError(
        f"{path}: silent, no sample of the mixed channels reaches -80 dB of "
        f"full scale{begin}{end}. Was the right one recorded?"
    )


def _say(path, recording):
    """Warn of what a recording's header does not say."""
    for note in recording.notes:
        logger.warning(f"{path}: {note}.")


def _edges(stretch, rate):
    """Return the first sample of a stretch, and the one after the last."""
    start, stop = stretch
    stop = math.inf if stop is None else stop
    edges = ((start or 0.0) * rate, stop * rate)
    return [round(min(edge, ENDLESS)) for edge in edges]


def _heard_in(block, before, stretches, rate):
    """List the stretches of which this block holds more than silence."""
    if not stretches:
        return []
    mono, found = block.mean(axis=1), []
    for stretch, (first, last) in stretches.items():
        low = max(first - before, 0)
        piece = mono[low : max(low, min(last - before, len(mono)))]
        if len(piece) and is_heard(piece, rate):
            found.append(stretch)
    return found


def is_heard(mono: np.ndarray, rate: int) -> bool:
    """Whether a sample reaches `SILENT` once it is resampled to `RATE`."""
    loud = np.abs(mono)
    if rate == RATE or loud.max() < SILENT / 4:  # the filter adds less
        return bool(loud.max() >= SILENT)
    # Most are heard where they are loudest.
    loudest = int(loud.argmax()) * RATE // rate
    near = max(0, loudest - 64), loudest + 64
    everywhere = 0, resampled_length(len(mono), rate, RATE)
    return any(
        len(heard := resample(mono, rate, RATE, *edges))
        and np.abs(heard).max() >= SILENT
        for edges in (near, everywhere)
    )


def _check_not_empty(path, n_samples):
    """Reject a header without samples."""
    if not n_samples:
        raise InputError(f"{path}: empty, a header without samples.")


def _check_finite(path, samples, rate, first):
    """Reject NaN and infinity in samples that begin at `first`."""
    finite = np.isfinite(samples).all(axis=1)
    if not finite.all():
        bad = first + int(np.argmin(finite))
        raise InputError(
            f"{path}: sample {bad} (at {bad / rate:.3f} s) is NaN or "
            "infinite; expected finite numbers."
        )


def _bounds(path, start, stop, rate, n_samples, rounding=ROUNDING):
    """Return the first sample of a stretch, and the one after the last."""
    _check_not_empty(path, n_samples)
    seconds = n_samples / rate
    start = start or 0.0
    stop = seconds if stop is None else stop
    inside = 0 <= start < min(stop, seconds)  # False for NaN
    inside = inside and stop <= seconds + rounding
    last = round(min(stop, seconds) * rate) if inside else 0
    first = round(start * rate) if inside else 0
    if not first < last:
        raise InputError(
            f"{path}: start {start:g} and stop {stop:g}: expected a stretch "
            f"within its {seconds:.2f} s."
        )
    return first, last


def _check_seconds(path, seconds, shortest, longest):
    """Reject what is too short or too long."""
    if seconds < shortest:
        raise InputError(
            f"{path}: {seconds:.4f} s; expected at least {shortest} s."
        )
    if seconds > longest:
        raise InputError(
            f"{path}: {seconds / 60:.2f} min; expected at most "
            f"{longest / 60:g}. Cut it, or name stretches of it in a "
            "manifest (columns start and stop)."
        )


def _most(recording: Recording, longest):
    """Return how many samples may be read of what nobody has checked."""
    if math.isinf(longest):
        return ENDLESS
    return min(int(longest * recording.rate), MOST // recording.channels)


def _check_size(path, samples, longest):
    """Reject what no memory holds, of what no preparation has checked."""
    if samples > MOST and math.isfinite(longest):
        raise InputError(
            f"{path}: {samples / 1e9:.1f} billion samples in all channels; "
            f"expected at most {MOST / 1e9}. Convert it to {RATE} Hz and one "
            "channel, or cut it."
        )
