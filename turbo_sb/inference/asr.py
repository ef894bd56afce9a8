"""A speech recogniser for audio without words, loaded when it is needed.

Authors
 * The turbo_sb developers 2026
"""

import math
import os
import time
from collections.abc import Callable
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
# Tokens, with the prompt. On noise and music Whisper repeats itself, up to its
# limit of 448: 5 beams of that took a small model a minute for 1 s of noise.
# Nobody says 25 letters a second, and a token is rarely less than a letter.
TOKENS, TOKENS_A_SECOND, MOST_TOKENS = 16, 25, 440
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

    def __call__(self, signal, rate, device="cpu", until=math.inf) -> str:
        """Transcribe a signal of at most 30 s, (samples,).

        It ends by the time `until`, of `time.monotonic`, which Whisper looks at
        after each token, and the others before they begin.
        """
        self.load(device)
        if rate != RATE:
            signal = AudioNormalizer(RATE)(signal[:, None], rate)
        check = _ended(self.source, len(signal) / RATE, until)
        try:
            check(0)
            with torch.no_grad():
                return self._run(signal, check).strip()
        except InputError:
            raise
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


def _ended(source, seconds, until) -> Callable[[int], None]:
    """Return what raises an InputError at too many tokens, or too late."""
    most = min(MOST_TOKENS, TOKENS + int(TOKENS_A_SECOND * seconds))

    def check(tokens):
        """Compare the number of tokens, and the clock."""
        if tokens > most:
            raise InputError(
                f"asr: {source} finds more words than {seconds:.2f} s of speech "
                f"can have (over {most} tokens): it repeats itself, as on noise "
                "or music. Give the words, or switch it off (--asr=none)."
            )
        if time.monotonic() > until:
            raise InputError(
                f"asr: {source} has not ended in the time that it has. Give "
                "the words, or a shorter recording."
            )

    return check


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
        "the name and the network, give the words, or switch it off (--asr=none)."
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

    def transcribe(signal, check):
        """The words of one waveform; `check` gets the number of tokens."""

        def goes_on(tokens, *_, **__):
            """Let each beam go on; transformers calls it after each token."""
            check(tokens.shape[-1])
            return torch.zeros(len(tokens), dtype=bool, device=tokens.device)

        inputs = {"raw": signal.numpy(), "sampling_rate": RATE}
        bounded = {**own, "stopping_criteria": [goes_on]}
        return run(inputs, generate_kwargs=bounded)["text"]

    return transcribe


def _speechbrain(source, device, language):
    from speechbrain.inference.ASR import EncoderDecoderASR

    model = EncoderDecoderASR.from_hparams(
        source, run_opts={"device": str(device)}
    )

    def transcribe(signal, _check):
        """The words of one waveform: at most as many as its YAML allows."""
        words, _ = model.transcribe_batch(signal[None], torch.ones(1))
        return words[0]

    return transcribe
