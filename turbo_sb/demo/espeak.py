"""Speech from PyPI alone: espeak-ng by ctypes, from the wheel espeakng-loader.

espeak-ng keeps state between utterances (pitch flutter, noise), which neither
``espeak_Terminate`` nor seeding resets. So the library is loaded again for
every utterance (some 10 ms), and the samples depend on the arguments alone.

Authors
 * The turbo_sb developers 2026
"""

import _ctypes
import contextlib
import ctypes
import threading
import wave
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly

from turbo_sb.utils.errors import InputError

SAMPLE_RATE = 16000  # Hz, of what `synthesise` returns
VOICES = tuple(f"f{i}" for i in range(1, 6)) + tuple(
    f"m{i}" for i in range(1, 8)
)
# Lowest and highest value that espeak-ng takes.
LIMITS = {
    "rate": (80, 450),  # words per minute
    "pitch": (0, 99),  # of its own scale; 50 is the voice's normal pitch
    "pitch_range": (0, 99),  # of its own scale; 0 is monotone
    "volume": (0, 200),  # percent; from about 120 on, its limiter acts
}

# From espeak-ng's speak_lib.h.
_SYNCHRONOUS = 2  # the callback runs inside espeak_Synth
_DONT_EXIT = 0x8000  # report a failure instead of ending the process
_CHARS_UTF8 = 1
_PARAMETERS = {"rate": 1, "volume": 2, "pitch": 3, "pitch_range": 4}
_NATIVE_RATE = 22050  # Hz
_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)
_ONE_AT_A_TIME = threading.Lock()


def synthesise(
    text: str,
    voice: str = "f1",
    rate: int = 175,
    pitch: int = 50,
    pitch_range: int = 50,
    volume: int = 100,
) -> np.ndarray:
    """Speak a text in American English: the same arguments, the same samples."""
    settings = {
        "rate": rate,
        "pitch": pitch,
        "pitch_range": pitch_range,
        "volume": volume,
    }
    _check(voice, settings)
    with _ONE_AT_A_TIME, _fresh_library() as library:
        native = _speak(library, text, voice, settings)
    samples = resample_poly(native / 32768, 320, 441)  # 22.05 kHz to 16 kHz
    return np.clip(samples, -1, 1).astype(np.float32)


def write_wav(path: Path, samples: np.ndarray) -> float:
    """Write samples as 16-bit mono; return the seconds."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)  # bytes
        file.setframerate(SAMPLE_RATE)
        file.writeframes((samples * 32767).round().astype("<i2").tobytes())
    return len(samples) / SAMPLE_RATE


def espeak_version() -> str:
    """The library's version; another one may give other samples."""
    with _ONE_AT_A_TIME, _fresh_library() as library:
        library.espeak_Info.restype = ctypes.c_char_p
        return library.espeak_Info(None).decode()


def _check(voice, settings):
    """Reject values that espeak-ng would silently replace."""
    if voice not in VOICES:
        raise ValueError(f"voice={voice!r}: expected one of {VOICES}.")
    for name, value in settings.items():
        lowest, highest = LIMITS[name]
        if not lowest <= value <= highest:
            raise ValueError(f"{name}={value}: expected {lowest} to {highest}.")


@contextlib.contextmanager
def _fresh_library():
    """Load espeak-ng in its initial state, and unload it at the end.

    It stays loaded, with its state, if other code in this process also uses
    it, such as phonemizer.
    """
    try:
        import espeakng_loader
    except ImportError as error:
        raise InputError(
            "The demo needs espeak-ng, and its wheel espeakng-loader is not "
            "installed. Run:\n  pip install espeakng-loader"
        ) from error
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    try:
        _initialise(library, espeakng_loader.get_data_path())
        yield library
    finally:
        library.espeak_Terminate()
        unload = getattr(_ctypes, "dlclose", None) or _ctypes.FreeLibrary
        unload(library._handle)


def _initialise(library, data_path):
    """Open the voices' data and set a fixed random seed."""
    rate = library.espeak_Initialize(
        _SYNCHRONOUS, 0, str(data_path).encode(), _DONT_EXIT
    )
    if rate != _NATIVE_RATE:
        raise InputError(
            f"espeak-ng could not open its data in {data_path} (it returned "
            f"{rate}). Reinstall espeakng-loader, in a path of at most 159 "
            "characters."
        )
    library.espeak_ng_SetRandSeed(ctypes.c_long(1))


def _speak(library, text, voice, settings):
    """One utterance as 16-bit samples at espeak-ng's own rate."""
    chunks = [np.zeros(0, np.int16)]

    @_CALLBACK
    def keep(samples, count, _events):
        """Collect the samples that the synthesiser hands over."""
        if samples and count > 0:
            chunks.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0  # continue

    library.espeak_SetSynthCallback(keep)
    status = library.espeak_SetVoiceByName(f"en-us+{voice}".encode())
    for name, value in settings.items():
        status |= library.espeak_SetParameter(_PARAMETERS[name], int(value), 0)
    data = text.encode()
    status |= library.espeak_Synth(
        ctypes.c_char_p(data),
        ctypes.c_size_t(len(data) + 1),
        *(ctypes.c_uint(n) for n in (0, 1, 0, _CHARS_UTF8)),
        None,
        None,
    )
    if status != 0:
        raise InputError(f"espeak-ng could not say {text!r} as {voice}.")
    return np.concatenate(chunks)
