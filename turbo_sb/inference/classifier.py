"""A trained model that predicts: from a file and its words, or one of the two.

Authors
 * The turbo_sb developers 2026
"""

import math
import time
from pathlib import Path

import torch
from speechbrain.inference.interfaces import Pretrained
from speechbrain.utils.fetching import FetchConfig
from speechbrain.utils.logger import get_logger

from turbo_sb.data.audio_io import read_unprepared, windows
from turbo_sb.data.audio_normalizer import AudioNormalizer
from turbo_sb.inference.embedding import (
    classify_rows,
    embed_rows,
    unpad,
)
from turbo_sb.inference.export_settings import SETTINGS
from turbo_sb.inference.loading import load_folder, local_folder
from turbo_sb.inference.prediction import asked, predict, words
from turbo_sb.inference.utterances import read_utterances
from turbo_sb.utils.devices import check_device
from turbo_sb.utils.errors import InputError

logger = get_logger(__name__)

RECOGNISED_SECONDS = 30  # that a recogniser gets at a time: Whisper's most


class TurboClassifier(Pretrained):
    """Classifies speech from its audio and its words, or from one of them.

    A prediction does not depend on what else is in its batch. Audio longer
    than ``window_seconds`` (30 s, or the longest utterance of the training,
    if that is longer) is cut into equal windows of at most that, and the mean
    of their embeddings, weighted by length, is classified with all the words.

    Where words or audio are missing, zeros take their place. A model that was
    not trained for that (``modality_dropout`` in its YAML) warns once.

    Made by `from_hparams`.

    See Also
    --------
    speechbrain.inference.interfaces.Pretrained : the arguments.

    Example
    -------
    >>> import soundfile
    >>> from turbo_sb.demo.encoders import build_encoders
    >>> from turbo_sb.encoders import AudioEncoder, TextEncoder
    >>> from turbo_sb.inference.export import write_export
    >>> from turbo_sb.models.turbo_model import TurboModel
    >>> folder = getfixture("tmp_path")
    >>> audio, text = build_encoders(folder)
    >>> model = TurboModel(AudioEncoder(audio), TextEncoder(text), n_classes=2)
    >>> write_export(folder / "mine", model, labels=["no", "yes"])
    >>> classifier = TurboClassifier.from_hparams(folder / "mine")
    >>> soundfile.write(folder / "a.wav", torch.rand(8000), samplerate=8000)
    >>> probabilities, score, index, label = classifier.classify_file(
    ...     folder / "a.wav", text="yes, do"
    ... )
    >>> probabilities.shape, round(probabilities.sum().item(), 6)
    (torch.Size([1, 2]), 1.0)
    """

    HPARAMS_NEEDED = ["labels", "sample_rate", "window_seconds", "empty_text"]
    MODULES_NEEDED = ["model"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.labels = list(self.hparams.labels)
        self.modalities = list(self.mods.model.encoders)
        self.audio_normalizer = AudioNormalizer(self.hparams.sample_rate)
        self.equalizer = getattr(self.hparams, "equalizer", None)
        self.recogniser = getattr(self.hparams, "recogniser", None)
        self._warned = False

    @classmethod
    def from_hparams(
        cls,
        source,
        hparams_file=SETTINGS,
        savedir=None,
        asr=None,
        trust_asr=False,
        fetch_config=FetchConfig(),
        run_opts=None,
        **kwargs,
    ) -> "TurboClassifier":
        """Load an exported folder; nothing in it is run.

        Arguments
        ---------
        source : str or pathlib.Path
            A local folder, which is read where it is and needs no network, or
            a name on the Hugging Face Hub.
        hparams_file : str
            "inference.yaml", plain data. With "hyperparams.yaml", SpeechBrain's
            way: its tags are run as code, so the folder has to be trusted. It
            may then be a training's output folder, whose best checkpoint is
            taken, or one with ``modules`` and a ``pretrainer``.
        savedir : str or pathlib.Path, optional
            Where the hub's files are put; if not given, its cache.
        asr : str or dict, optional
            A recogniser in place of the folder's: see `Recogniser`; "none"
            for none.
        trust_asr : bool
            Whether the recogniser that the folder names may be fetched from
            the hub, or be one of SpeechBrain's, whose YAML is run as code.
        fetch_config : speechbrain.utils.fetching.FetchConfig
            Of the hub: allow_network, token, revision.
        run_opts : dict, optional
            Such as {"device": "cuda", "precision": "bf16"}.
        **kwargs
            With "hyperparams.yaml", of SpeechBrain's from_hparams.

        Returns
        -------
        classifier : TurboClassifier

        Raises
        ------
        InputError
            If the folder is not what it should be, or the hub cannot give it.
        """
        if device := (run_opts or {}).get("device"):
            check_device(str(device), "run_opts: device")
        folder = local_folder(source, savedir, fetch_config, hparams_file)
        loaded = load_folder(folder, hparams_file, asr, trust_asr)
        if loaded is None:  # SpeechBrain's own kind of folder
            return super().from_hparams(
                str(folder), hparams_file, run_opts=run_opts, **kwargs
            )
        if kwargs:
            raise InputError(
                f"from_hparams: {sorted(kwargs)}: not known. Of the device "
                'and precision: run_opts={"device": ...}.'
            )
        model, hparams = loaded
        return cls({"model": model}, hparams, run_opts=run_opts)

    def load_audio(
        self, path, name=None, start=None, stop=None
    ) -> torch.Tensor:
        """Read a recording as the model wants it.

        Arguments
        ---------
        path : str or pathlib.Path
            Of any rate, channels and format that soundfile reads.
        name : str, optional
            The utterance's ID, which the equaliser's noise goes by; if not
            given, the file's name without its suffix.
        start : float, optional
            Where a stretch of it begins, in seconds.
        stop : float, optional
            Where it ends, in seconds.

        Returns
        -------
        signal : (samples,) torch.Tensor
            On the host.

        Raises
        ------
        InputError
            If it cannot be read, is silent, too short or too long.
        """
        signal = read_unprepared(path, self.audio_normalizer, start, stop)
        if self.equalizer:
            signal = self.equalizer(signal, name or Path(path).stem)
        return signal

    def classify_file(self, path, text=None, return_text=False) -> tuple:
        """Classify one recording.

        Arguments
        ---------
        path : str or pathlib.Path
            The recording.
        text : str, optional
            Its words. If they are not given, a recogniser's, if there is one
            (``asr`` in inference.yaml); else the audio alone is classified.
        return_text : bool
            Whether to return the words as well.

        Returns
        -------
        probabilities : (1, classes) torch.Tensor
            Each row sums to 1; their order is `labels`.
        score : (1,) torch.Tensor
            The highest probability.
        index : (1,) torch.LongTensor
            Its class.
        label : list of str
            Its name.
        text : str
            Only with `return_text`: what was classified with; or None.
        """
        hears = "audio" in self.modalities or asked(self, text)
        signal = self.load_audio(path) if hears else None
        text = words(self, signal, text)
        found = self.decode(self.classify_signals([signal], [text]))
        return (*found, text) if return_text else found

    def classify_batch(self, wavs, wav_lens=None, texts=None) -> tuple:
        """Classify utterances together, each as if it were alone.

        Arguments
        ---------
        wavs : (batch, samples) torch.Tensor, optional
            Padded waveforms at the model's rate. None: from the words alone.
        wav_lens : (batch,) torch.Tensor, optional
            Relative lengths in [0, 1]; all 1 if not given.
        texts : list of str, optional
            The words of each; None for one that has none.

        Returns
        -------
        probabilities : (batch, classes) torch.Tensor
        score : (batch,) torch.Tensor
        index : (batch,) torch.LongTensor
        label : list of str
        """
        signals, texts = unpad(wavs, wav_lens, texts)
        return self.decode(self.classify_signals(signals, texts))

    def classify_manifest(self, path, data_folder=None, **options) -> list:
        """Classify what a table lists, in batches of about one length.

        Arguments
        ---------
        path : str or pathlib.Path
            A CSV with the columns ``ID``, ``wav`` and perhaps ``text``,
            ``start`` and ``stop`` (s), or a manifest of train.py (JSON).
        data_folder : str or pathlib.Path, optional
            What relative paths are relative to; if not given, the table's
            own folder.
        **options
            Of `turbo_sb.inference.prediction.predict`: batch_size, progress.

        Returns
        -------
        predictions : list of turbo_sb.inference.prediction.Prediction
            In the table's order. One whose row or audio cannot be used has
            an ``error``, and no label.
        """
        utterances = read_utterances(path, data_folder)
        found = {p.name: p for p in predict(self, utterances, **options)}
        return [found[utterance.name] for utterance in utterances]

    def encode_batch(self, wavs, wav_lens=None, texts=None) -> dict:
        """Embed utterances in the joint space, without dropout.

        Arguments
        ---------
        wavs : (batch, samples) torch.Tensor, optional
            As in `classify_batch`.
        wav_lens : (batch,) torch.Tensor, optional
            As in `classify_batch`.
        texts : list of str, optional
            The words of each; here, of all or of none.

        Returns
        -------
        embeddings : dict
            "audio", "text" or both to (batch, dim) torch.Tensor.
        """
        signals, texts = unpad(wavs, wav_lens, texts)
        embedded = self._embed(signals, texts)
        if any(len(rows) < len(texts) for rows, _ in embedded.values()):
            raise InputError(
                "texts: None for some of the utterances: embed those with "
                "words and those without in two batches."
            )
        return {name: values for name, (_, values) in embedded.items()}

    def transcribe(self, signal, seconds=math.inf) -> str:
        """Transcribe a signal with the recogniser.

        Arguments
        ---------
        signal : (samples,) torch.Tensor
            Of `load_audio`.
        seconds : float
            How long that may take.

        Returns
        -------
        text : str

        Raises
        ------
        InputError
            If it takes longer, or the recogniser finds more words than can be
            said in that time, as it may on noise.
        """
        rate, until = self.hparams.sample_rate, time.monotonic() + seconds
        most = RECOGNISED_SECONDS * rate
        pieces = [signal[a:b] for a, b in windows(len(signal), most)]
        return " ".join(
            self.recogniser(piece, rate, self.device, until) for piece in pieces
        ).strip()

    def classify_signals(self, signals, texts) -> torch.Tensor:
        """Return (batch, classes) probabilities, in float64 on the host.

        A signal or a text is None where an utterance has none.
        """
        embedded = self._embed(signals, texts)
        self._warn_of_missing(embedded, len(texts))
        with torch.no_grad(), self.inference_ctx:
            return classify_rows(self.mods.model, embedded, len(texts))

    def decode(self, probabilities) -> tuple:
        """Return the probabilities, their maxima, class numbers and labels."""
        score, index = probabilities.max(dim=-1)
        return probabilities, score, index, [self.labels[i] for i in index]

    def forward(self, wavs, wav_lens=None, texts=None) -> tuple:
        """Call `classify_batch`."""
        return self.classify_batch(wavs, wav_lens, texts)

    def _embed(self, signals, texts):
        with torch.no_grad(), self.inference_ctx:
            return embed_rows(
                self.mods.model, signals, texts, vars(self.hparams)
            )

    def _warn_of_missing(self, embedded, n):
        """Warn once of zeros in place of a modality."""
        missing = [
            name
            for name in self.modalities
            if len(embedded.get(name, [()])[0]) < n
        ]
        trained = self.mods.model.fusion.rate > 0
        if missing and not trained and not self._warned:
            self._warned = True
            logger.warning(
                f"classified without {' or '.join(missing)}, which this model "
                "was not trained for (modality_dropout: 0 in its training): "
                "zeros take its place, and the result is less reliable."
            )
