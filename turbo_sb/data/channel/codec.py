"""A codec's round trip in memory, aligned to the sample.

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


def available_codecs():
    """The codecs that the installed libsndfile can write and read.

    Returns
    -------
    names : list of str

    Example
    -------
    >>> available_codecs()[:2]
    ['mulaw', 'alaw']
    """
    return [name for name in CODECS if _works(name)]


def _works(name):
    """Whether a little noise survives; a list of formats may promise more."""
    rates = CODECS[name][2] or (16000,)
    try:
        return len(_round_trip(_probe(rates[0]), name, rates[0])) > 0
    except (soundfile.SoundFileError, RuntimeError, ValueError, TypeError):
        return False


def _probe(rate):
    """Half a second of dull noise, always the same: (samples,) float32."""
    noise = np.random.RandomState(0).standard_normal(rate // 2 + 7)
    # Like speech, strongest where a codec keeps the waveform.
    noise = np.convolve(noise, np.ones(8), mode="valid")
    return (CODEC_RMS * noise / noise.std()).astype(np.float32)


def _resample(signal, old_rate, new_rate):
    """With slopes steep enough to leave nothing of an image."""
    return resample(signal, old_rate, new_rate, lowpass_filter_width=32)


def _round_trip(samples, name, rate):
    """Encode and decode (samples,) float32, as libsndfile gives it back."""
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
    """Encodes and decodes a signal, whose length, level and timing stay.

    The signal enters the codec at -26 dBFS RMS, or lower where its peak would
    pass 0.9, and gets its gain back after: what the codec loses does not
    depend on how loud the recording was. A codec that lacks the rate runs at
    the next higher one it has (gsm: at 8 kHz). Its delay is measured at
    construction and taken out: with libsndfile 1.2.2 it is 0, but for opus at
    24 kHz, which is a sample early.

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

    def __init__(self, name, sample_rate=16000):
        if not isinstance(name, str) or name not in CODECS or not _works(name):
            raise InputError(
                f"equalize_codec: {name!r} is no codec that libsndfile "
                f"{soundfile.__libsndfile_version__} can do here; it can do "
                f"{', '.join(available_codecs())}. null is none."
            )
        self.name, self.sample_rate = name, sample_rate
        rates = CODECS[name][2] or (sample_rate,)
        self.codec_rate = min(
            (rate for rate in rates if rate >= sample_rate), default=rates[-1]
        )
        self.delay = _delay(name, self.codec_rate)

    def __call__(self, signal):
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
        """The round trip at the codec's rate, without its delay."""
        signal = _resample(signal, self.sample_rate, self.codec_rate)
        padded = F.pad(signal, (0, max(0, self.delay)))
        coded = _round_trip(padded.numpy(), self.name, self.codec_rate)
        # A negative pad crops.
        return F.pad(torch.from_numpy(coded), (-self.delay, 0))


def _delay(name, rate):
    """Samples by which the codec is late, from its cross-correlation."""
    sent = torch.from_numpy(_probe(rate)).double()
    back = torch.from_numpy(_round_trip(sent.float().numpy(), name, rate))
    size = len(sent) + len(back)
    spectra = [torch.fft.rfft(x.double(), size) for x in (back, sent)]
    lag = int(torch.fft.irfft(spectra[0] * spectra[1].conj(), size).argmax())
    return lag if lag < len(back) else lag - size
