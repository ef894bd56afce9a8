"""A speech recogniser for audio without words, loaded when it is needed.

Authors
 * The turbo_sb developers 2026
"""

from pathlib import Path

import torch

from turbo_sb.data.audio_normalizer import AudioNormalizer
from turbo_sb.utils.errors import InputError

KINDS = ("transformers", "speechbrain")
RATE = 16000  # Hz, of the recognisers


class Recogniser:
    """A recogniser: a hub name or folder, and perhaps its kind and language.

    Kind "speechbrain" runs a YAML as code, so it has to be trusted; the other
    is "transformers" (Whisper, or wav2vec 2.0 with CTC). Without a kind, it is
    what the folder holds. Whisper guesses the language if it is not given.
    """

    def __init__(
        self, source, kind=None, folder=None, trusted=False, language=None
    ):
        own = folder and Path(folder) / source
        self.source = str(own) if own and own.is_dir() else source
        self.language, self._run = language, None
        if kind is None:
            is_speechbrain = (Path(self.source) / "hyperparams.yaml").is_file()
            kind = "speechbrain" if is_speechbrain else "transformers"
        if kind not in KINDS:
            raise InputError(f"asr: kind: {kind!r} is not one of {KINDS}.")
        if kind == "speechbrain" and not trusted:
            raise InputError(
                f"asr: {source} is a recogniser of SpeechBrain, whose YAML is "
                "run as code. If you trust it: trust_asr=True, or --trust-asr."
            )
        self.kind = kind

    @classmethod
    def of(cls, asr, folder=None, trusted=False) -> "Recogniser | None":
        """Build a recogniser from `asr:` in inference.yaml; None without one."""
        if not asr or asr == "none":
            return None
        settings = {"source": asr} if isinstance(asr, str) else asr
        known = {"source", "kind", "language"}
        good = isinstance(settings, dict) and set(settings) <= known
        if not good or not isinstance(settings.get("source"), str):
            raise InputError(
                f"asr: {asr}: expected a name or a folder, or a mapping with "
                "source, kind, language."
            )
        return cls(**settings, folder=folder, trusted=trusted)

    def __call__(self, signal, rate, device="cpu") -> str:
        """Transcribe a signal of at most 30 s, (samples,)."""
        self.load(device)
        if rate != RATE:
            signal = AudioNormalizer(RATE)(signal[:, None], rate)
        try:
            with torch.no_grad():
                return self._run(signal).strip()
        except Exception as error:  # a library's of somebody else's model
            raise InputError(
                f"asr: {self.source} fails on this recording: {error}"
            ) from error

    def load(self, device="cpu") -> None:
        """Load the recogniser, unless it is loaded."""
        if self._run is None:
            self._run = self._load(device)

    def _load(self, device):
        load = {"transformers": _transformers, "speechbrain": _speechbrain}
        try:
            return load[self.kind](self.source, device, self.language)
        except Exception as error:  # the hub's clients share no error class
            reason = (str(error).strip() or type(error).__name__).splitlines()
            raise InputError(
                f"asr: {self.source} cannot be loaded as a recogniser "
                f"({reason[0]}). Check the name and the network, or give the "
                "words."
            ) from error


def _transformers(source, device, language):
    from transformers import pipeline

    run = pipeline(
        "automatic-speech-recognition",
        model=source,
        device=torch.device(device),
        trust_remote_code=False,
        model_kwargs={"use_safetensors": True},
    )
    own = {"language": language} if language else {}

    def transcribe(signal):
        """The words of one waveform."""
        inputs = {"raw": signal.numpy(), "sampling_rate": RATE}
        return run(inputs, generate_kwargs=own)["text"]

    return transcribe


def _speechbrain(source, device, language):
    from speechbrain.inference.ASR import EncoderDecoderASR

    model = EncoderDecoderASR.from_hparams(
        source, run_opts={"device": str(device)}
    )

    def transcribe(signal):
        """The words of one waveform."""
        words, _ = model.transcribe_batch(signal[None], torch.ones(1))
        return words[0]

    return transcribe
