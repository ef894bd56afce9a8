"""A speech recogniser for audio without words, loaded when it is needed.

Authors
 * The turbo_sb developers 2026
"""

import os
from pathlib import Path

import torch
from huggingface_hub import snapshot_download

from turbo_sb.data.audio_normalizer import AudioNormalizer
from turbo_sb.inference.export_sizes import Allowance, check_sizes, read_shapes
from turbo_sb.inference.security import refuse_code
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.escaping import has_controls

KINDS = ("transformers", "speechbrain")
RATE = 16000  # Hz, of the recognisers
# No pickles, which most repositories have beside the safetensors.
FETCHED = ["*.json", "*.safetensors", "*.txt", "*.model"]


class Recogniser:
    """A recogniser: a hub name or folder, and perhaps its kind and language.

    Kind "speechbrain" runs a YAML as code, so it has to be trusted; the other
    is "transformers" (Whisper, or wav2vec 2.0 with CTC). Without a kind, it is
    what the folder holds. Whisper guesses the language if it is not given.

    With `folder`, it is an export's: a stranger may have chosen it. One within
    that folder is used; one elsewhere only if it is trusted.
    """

    def __init__(
        self, source, kind=None, folder=None, trusted=False, language=None
    ):
        own = folder and _within(Path(folder), source)
        self.source = str(own or source)
        self.of_stranger = folder is not None
        self.allowed = bool(trusted or own or folder is None)
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
        if (
            not good
            or not settings.get("source")
            or not all(map(_is_word, settings.values()))
        ):
            raise InputError(
                f"asr: {asr!r:.200}: expected a name or a folder, or a mapping "
                "with source, kind, language, which are words."
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
        if self._run is not None:
            return
        if not self.allowed:
            raise InputError(
                f"asr: there are no words, and the exported folder names the "
                f"recogniser {self.source}, which is not in it. If you trust "
                "it: --trust-asr, or trust_asr=True. Or name one yourself "
                f"(--asr={self.source}), none (--asr=none), or give the words."
            )
        if self.of_stranger and self.kind == "transformers":
            self.source = _checked(self.source)
            with Allowance(_shapes(Path(self.source))):
                self._run = self._load(device)
        else:
            self._run = self._load(device)

    def _load(self, device):
        load = {"transformers": _transformers, "speechbrain": _speechbrain}
        try:
            return load[self.kind](self.source, device, self.language)
        except Exception as error:  # the hub's clients share no error class
            raise _not_loaded(self.source, error) from error


def _within(folder, source):
    """A folder in an export; None where the name is of something else."""
    folder = Path(os.path.abspath(folder))
    place = Path(os.path.normpath(folder / source))
    inside = folder in place.parents and place.is_dir()
    hidden = any(part.startswith(".") for part in Path(source).parts)
    return None if hidden or not inside else place


def _is_word(value):
    return value is None or isinstance(value, str) and not has_controls(value)


def _checked(source):
    """A local folder of a recogniser that a stranger chose, without code."""
    folder = Path(source)
    if not folder.is_dir():
        try:
            found = snapshot_download(source, allow_patterns=FETCHED)
        except Exception as error:  # the hub's clients share no error class
            raise _not_loaded(source, error) from error
        folder = Path(found)
    refuse_code(folder)
    check_sizes(folder, ())
    return str(folder)


def _shapes(folder):
    """Names and shapes of all weights, also of those in pieces."""
    found = [read_shapes(path) for path in folder.glob("*.safetensors")]
    return {name: shape for part in found for name, shape in part.items()}


def _not_loaded(source, error):
    reason = (str(error).strip() or type(error).__name__).splitlines()
    return InputError(
        f"asr: {source} cannot be loaded as a recogniser ({reason[0]:.200}). Check "
        "the name and the network, or give the words."
    )


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
