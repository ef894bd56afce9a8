"""Intelligible speech from nothing but PyPI: espeak-ng by ctypes.

The wheel ``espeakng-loader`` carries the library and its data. espeak-ng is
one state for the whole process, and that state outlives an utterance: the
pitch flutter and the noise go on where the last utterance left them, and
neither ``espeak_Terminate`` nor seeding takes them back. So the library is
loaded afresh for every utterance (some ten milliseconds), and the samples
depend on the arguments alone.

Authors
 * The turbo_sb developers 2026
"""

import _ctypes
import contextlib
import ctypes
import threading
import wave

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
    text, voice="f1", rate=175, pitch=50, pitch_range=50, volume=100
):
    """Speak one utterance, in American English.

    Arguments
    ---------
    text : str
        What to say.
    voice : str
        One of `VOICES`: f1 to f5 are women's, m1 to m7 men's.
    rate : int
        Words per minute, 80 to 450.
    pitch : int
        0 to 99, on espeak-ng's scale; 50 is the voice's normal pitch.
    pitch_range : int
        0 (monotone) to 99, on espeak-ng's scale; 50 is normal.
    volume : int
        0 to 200 percent.

    Returns
    -------
    samples : (time,) numpy.ndarray of float32
        In [-1, 1] at `SAMPLE_RATE`; the same arguments give the same samples.

    Raises
    ------
    ValueError
        The voice is unknown or a number out of its range.
    InputError
        espeak-ng is not installed or cannot be used.

    Example
    -------
    >>> slow = synthesise("The letter was fine.", voice="m2", rate=120)
    >>> fast = synthesise("The letter was fine.", voice="m2", rate=240)
    >>> slow.dtype, len(fast) < len(slow) < 3 * SAMPLE_RATE
    (dtype('float32'), True)
    """
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


def write_wav(path, samples):
    """Write what `synthesise` returned, as 16-bit mono.

    Arguments
    ---------
    path : pathlib.Path
        The file; its folder is there.
    samples : (time,) numpy.ndarray
        In [-1, 1] at `SAMPLE_RATE`.

    Returns
    -------
    seconds : float
        How long it takes to say.

    Example
    -------
    >>> path = getfixture("tmp_path") / "a.wav"
    >>> write_wav(path, np.zeros(8000))
    0.5
    """
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)  # bytes
        file.setframerate(SAMPLE_RATE)
        file.writeframes((samples * 32767).round().astype("<i2").tobytes())
    return len(samples) / SAMPLE_RATE


def espeak_version():
    """Return the version of the espeak-ng library.

    Returns
    -------
    version : str
        Another version may give other samples.

    Raises
    ------
    InputError
        espeak-ng is not installed or cannot be used.

    Example
    -------
    >>> espeak_version()
    '1...'
    """
    with _ONE_AT_A_TIME, _fresh_library() as library:
        library.espeak_Info.restype = ctypes.c_char_p
        return library.espeak_Info(None).decode()


def _check(voice, settings):
    """Refuse what espeak-ng would silently replace by something else."""
    if voice not in VOICES:
        raise ValueError(f"voice={voice!r}: expected one of {VOICES}.")
    for name, value in settings.items():
        lowest, highest = LIMITS[name]
        if not lowest <= value <= highest:
            raise ValueError(f"{name}={value}: expected {lowest} to {highest}.")


@contextlib.contextmanager
def _fresh_library():
    """Load espeak-ng in its initial state, and unload it at the end.

    It stays loaded, with its state, where other code in this process holds
    it too (phonemizer, say).
    """
    try:
        import espeakng_loader
    except ImportError as error:
        raise InputError(
            "The demo's speech comes from espeak-ng, and its wheel "
            "espeakng-loader is not installed. Run:\n"
            "  pip install espeakng-loader"
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
    """Open the voices' data, and replace the clock's random seed by ours."""
    rate = library.espeak_Initialize(
        _SYNCHRONOUS, 0, str(data_path).encode(), _DONT_EXIT
    )
    if rate != _NATIVE_RATE:
        raise InputError(
            f"espeak-ng could not open its data in {data_path} (answer: "
            f"{rate}). Reinstall espeakng-loader; it takes paths of at most "
            "159 characters."
        )
    library.espeak_ng_SetRandSeed(ctypes.c_long(1))


def _speak(library, text, voice, settings):
    """Return the 16-bit samples of one utterance at espeak-ng's own rate."""
    chunks = [np.zeros(0, np.int16)]

    @_CALLBACK
    def keep(samples, count, _events):
        if samples and count > 0:
            chunks.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0  # go on

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
