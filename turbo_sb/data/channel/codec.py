"""Encode and decode a signal in memory, aligned to the sample.

Authors
 * The turbo_sb developers 2026
"""

import io

import numpy as np
import soundfile
import torch
import torch.nn.functional as F
from torchaudio.functional import resample

from turbo_sb.data.channel.equalization import root_mean_square
from turbo_sb.utils.errors import InputError

# Name to libsndfile's format and subtype, and the rates in Hz that the codec
# has; None: any. Bit rates are libsndfile's defaults, for speech at 16 kHz
# about: mulaw and alaw 128, gsm 13, mp3 28, vorbis 33, opus 21 kbit/s.
CODECS = {
    "mulaw": ("WAV", "ULAW", None),
    "alaw": ("WAV", "ALAW", None),
    "gsm": ("WAV", "GSM610", (8000,)),
    "mp3": (
        "MP3",
        "MPEG_LAYER_III",
        (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000),
    ),
    "vorbis": ("OGG", "VORBIS", None),
    "opus": ("OGG", "OPUS", (8000, 12000, 16000, 24000, 48000)),
}
CODEC_RMS = 0.05  # -26 dBFS, the usual level of speech at a codec's input
CODEC_PEAK = 0.9  # a codec clips at 1
# libsndfile 1.2.2 overflows its stack when it encodes much Vorbis at once.
BLOCK = 16000


def available_codecs() -> list[str]:
    """List the codecs that the installed libsndfile can write and read."""
    return [name for name in CODECS if _works(name)]


def _works(name: str) -> bool:
    """Whether it codes some noise; a list of formats may promise more."""
    rates = CODECS[name][2] or (16000,)
    try:
        return len(_round_trip(_probe(rates[0]), name, rates[0])) > 0
    except (soundfile.SoundFileError, RuntimeError, ValueError, TypeError):
        return False


def _probe(rate: int) -> np.ndarray:
    """Half a second of low-pass noise, always the same: (samples,) float32."""
    noise = np.random.RandomState(0).standard_normal(rate // 2 + 7)
    # Like speech, strongest where a codec keeps the waveform.
    noise = np.convolve(noise, np.ones(8), mode="valid")
    return (CODEC_RMS * noise / noise.std()).astype(np.float32)


def _resample(signal, old_rate, new_rate):
    """Resample with slopes steep enough to remove images."""
    return resample(signal, old_rate, new_rate, lowpass_filter_width=32)


def _round_trip(samples: np.ndarray, name: str, rate: int) -> np.ndarray:
    """Encode and decode (samples,) float32."""
    form, subtype, _ = CODECS[name]
    buffer = io.BytesIO()
    with soundfile.SoundFile(
        buffer, "w", rate, channels=1, format=form, subtype=subtype
    ) as file:
        for start in range(0, len(samples), BLOCK):
            file.write(samples[start : start + BLOCK])
    buffer.seek(0)
    return soundfile.read(buffer, dtype="float32")[0]


class Codec:
    """Encode and decode a signal; its length, level and timing stay.

    The signal enters the codec at -26 dBFS RMS, or lower where its peak would
    pass 0.9, and gets its gain back afterwards: the loss does not depend on
    how loud the recording was. A codec that lacks the rate runs at the next
    higher one that it has (gsm: at 8 kHz). Its delay is measured at
    construction and removed.

    Arguments
    ---------
    name : str
        mulaw, alaw, gsm, mp3, vorbis or opus.
    sample_rate : int
        Of the signals, in Hz.

    Raises
    ------
    InputError
        If the installed libsndfile cannot do this codec.

    Example
    -------
    >>> codec = Codec("gsm", sample_rate=16000)
    >>> codec(torch.rand(12345)).shape
    torch.Size([12345])
    """

    def __init__(self, name: str, sample_rate: int = 16000):
        if not isinstance(name, str) or name not in CODECS or not _works(name):
            raise InputError(
                f"equalize_codec: {name!r} is not available; libsndfile "
                f"{soundfile.__libsndfile_version__} here has "
                f"{', '.join(available_codecs())}. null switches it off."
            )
        self.name, self.sample_rate = name, sample_rate
        rates = CODECS[name][2] or (sample_rate,)
        self.codec_rate = min(
            (rate for rate in rates if rate >= sample_rate), default=rates[-1]
        )
        self.delay = _delay(name, self.codec_rate)

    def __call__(self, signal: torch.Tensor) -> torch.Tensor:
        """Encode and decode one utterance.

        Arguments
        ---------
        signal : (samples,) torch.Tensor
            A waveform; silence stays silent.

        Returns
        -------
        signal : (samples,) torch.Tensor
        """
        level = root_mean_square(signal)
        if not level:
            return signal
        peak = signal.abs().max().item()
        gain = min(CODEC_RMS / level, CODEC_PEAK / peak)
        coded = self._code((signal.double() * gain).float())
        coded = _resample(coded, self.codec_rate, self.sample_rate)
        coded = F.pad(coded, (0, len(signal) - len(coded)))  # or cut, if < 0
        return (coded.double() / gain).to(signal.dtype)

    def _code(self, signal):
        """Encode and decode at the codec's rate, and remove the delay."""
        signal = _resample(signal, self.sample_rate, self.codec_rate)
        padded = F.pad(signal, (0, max(0, self.delay)))
        coded = _round_trip(padded.numpy(), self.name, self.codec_rate)
        # A negative pad crops.
        return F.pad(torch.from_numpy(coded), (-self.delay, 0))


def _delay(name: str, rate: int) -> int:
    """Measure the codec's delay in samples, by cross-correlation."""
    sent = torch.from_numpy(_probe(rate)).double()
    back = torch.from_numpy(_round_trip(sent.float().numpy(), name, rate))
    size = len(sent) + len(back)
    spectra = [torch.fft.rfft(x.double(), size) for x in (back, sent)]
    lag = int(torch.fft.irfft(spectra[0] * spectra[1].conj(), size).argmax())
    return lag if lag < len(back) else lag - size
