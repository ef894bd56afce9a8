"""Writes utterances as FLAC of 16 bits, 16 kHz and one channel.

Authors
 * The turbo_sb developers 2026
"""

import io
from pathlib import Path

import soundfile
from speechbrain.dataio.preprocess import AudioNormalizer

from turbo_sb.data.corpora.cutting import (
    RATE,
    Skip,
    apply_transform,
    read_stretch,
    to_int16,
)
from turbo_sb.data.corpora.folder import AUDIO, clear_errors
from turbo_sb.data.corpora.utterance import Utterance
from turbo_sb.utils.files import replacing


class Cutter:
    """Writes one utterance after another; what is there already stays.

    Arguments
    ---------
    folder : str | Path
        Of `open_folder`; the audio goes into its audio/.
    min_seconds : float
        The shortest utterance that is used.
    max_seconds : float
        The longest.
    transform : callable, optional
        See `build_corpus`.

    Example
    -------
    >>> import numpy as np
    >>> folder = getfixture("tmp_path")
    >>> (folder / "audio").mkdir()
    >>> path = folder / "long.wav"
    >>> soundfile.write(path, np.full((96000, 2), 0.5), 48000)
    >>> cutter = Cutter(folder, 0.5, 15.0)
    >>> cutter(Utterance("a", path, "hi", "", 0.5, 1.5, "ami"))
    1.0
    >>> soundfile.read(folder / "audio" / "a.flac")[0].shape
    (16000,)
    """

    def __init__(self, folder, min_seconds, max_seconds, transform=None):
        self.folder = Path(folder, AUDIO)
        self.limits = (min_seconds, max_seconds)
        self.transform = transform
        self.normalize = AudioNormalizer(RATE)

    def __call__(self, utterance: Utterance) -> float:
        """Write one utterance.

        Arguments
        ---------
        utterance : Utterance
            Its ID names the file.

        Returns
        -------
        seconds : float
            What was written.

        Raises
        ------
        Skip
            If the utterance cannot be used.
        """
        path = self.folder / f"{utterance.id}.flac"
        # It may be of a build that was interrupted, even by a power cut.
        if (seconds := _seconds(path)) is None:
            content = self._encode(utterance)
            with clear_errors(path), replacing(path) as draft:
                draft.write_bytes(content)
            seconds = _seconds(path)
        return seconds

    def _encode(self, utterance):
        signal, rate = read_stretch(utterance, *self.limits)
        signal = self.normalize(signal, rate)
        signal = apply_transform(self.transform, signal, utterance.id)
        if not len(signal):
            raise Skip("nothing left by the transform")
        # In memory first: soundfile does not say that a disk is full.
        file = io.BytesIO()
        samples = to_int16(signal).numpy()
        soundfile.write(file, samples, RATE, "PCM_16", format="FLAC")
        return file.getvalue()


def _seconds(path):
    """Return an audio file's length, None if it is not there or damaged."""
    try:
        return soundfile.info(path).duration
    except soundfile.SoundFileError:
        return None
