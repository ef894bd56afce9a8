"""Predict many utterances: by length, in batches, read ahead of the model.

Authors
 * The turbo_sb developers 2026
"""

import collections
import dataclasses
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import soundfile
from tqdm import tqdm

from turbo_sb.utils.errors import InputError

READERS = 4  # threads: soundfile and resampling leave the interpreter free
SECONDS_AHEAD = 600  # of audio in a batch, at most, and two are read ahead
AHEAD = 2


@dataclasses.dataclass
class Prediction:
    """What was found for one utterance.

    Arguments
    ---------
    name : str
        Its ID.
    label : str, optional
        The most probable class; None if there is an error.
    score : float, optional
        Its probability.
    probabilities : dict
        Class to probability; empty if there is an error.
    used : list of str
        "audio", "text" or both.
    text : str, optional
        The words that it was classified with.
    error : str, optional
        Why it could not be.
    """

    name: str
    label: str | None = None
    score: float | None = None
    probabilities: dict = dataclasses.field(default_factory=dict)
    used: list = dataclasses.field(default_factory=list)
    text: str | None = None
    error: str | None = None


def predict(classifier, utterances, batch_size=64, progress=False) -> Iterator:
    """Predict utterances, those of about one length together.

    Arguments
    ---------
    classifier : TurboClassifier
        Predicts; transcribes where words are missing and it can.
    utterances : list of turbo_sb.inference.utterances.Utterance
        What to predict.
    batch_size : int
        Utterances at once, at most.
    progress : bool
        Whether to show a bar.

    Yields
    ------
    prediction : Prediction
        One for each utterance, as they are ready: the longest first. One
        that cannot be used has an error.
    """
    if batch_size < 1:
        raise InputError(f"batch_size: {batch_size}; expected 1 or more.")
    if any(asked(classifier, u.text) and u.wav for u in utterances):
        classifier.recogniser.load(classifier.device)  # fails once, not often
    bar = tqdm(total=len(utterances), unit="utt", disable=not progress)
    with bar, ThreadPoolExecutor(READERS) as readers:
        batches = iter(_batches(readers, utterances, batch_size))
        waiting = collections.deque()

        def read_on():
            """Read the next utterances while the model runs."""
            for batch in batches:
                reads = [readers.submit(_read, classifier, u) for u in batch]
                waiting.append((batch, reads))
                return

        for _ in range(AHEAD):
            read_on()
        while waiting:
            batch, reads = waiting.popleft()
            read_on()
            for prediction in _predict(classifier, batch, reads):
                yield prediction
                bar.update()


def _batches(readers, utterances, batch_size):
    """Yield the longest first: what needs the most memory fails at once."""
    seconds = dict(zip(utterances, readers.map(_seconds, utterances)))
    batch = []
    for utterance in sorted(utterances, key=lambda u: -seconds[u]):
        # Padded to the first, which is the longest.
        held = (len(batch) + 1) * seconds[batch[0] if batch else utterance]
        if batch and (len(batch) == batch_size or held > SECONDS_AHEAD):
            yield batch
            batch = []
        batch.append(utterance)
    if batch:
        yield batch


def _seconds(utterance):
    """Read the duration from the header; 0 if it is unreadable."""
    if utterance.wav is None:
        return 0.0
    try:
        whole = soundfile.info(utterance.wav).duration
    except (OSError, RuntimeError):
        return 0.0
    stop = whole if utterance.stop is None else min(whole, utterance.stop)
    return max(0.0, stop - (utterance.start or 0.0))


def _read(classifier, utterance):
    """Return the signal, None without one, or an InputError."""
    if utterance.problem is not None:
        return InputError(utterance.problem)
    heard = "audio" in classifier.modalities or asked(
        classifier, utterance.text
    )
    if utterance.wav is None or not heard:
        return None
    try:
        return classifier.load_audio(
            utterance.wav, utterance.key, utterance.start, utterance.stop
        )
    except InputError as error:
        return error


def _predict(classifier, batch, reads):
    """Yield the predictions of one batch."""
    signals, texts, kept = [], [], []
    for utterance, read in zip(batch, reads):
        signal = read.result()
        problem = _problem(classifier, utterance, signal)
        if problem:
            yield Prediction(utterance.name, error=problem)
            continue
        try:
            text = words(classifier, signal, utterance.text)
        except InputError as error:  # a recogniser's, of this recording
            yield Prediction(utterance.name, error=f"{utterance.wav}: {error}")
            continue
        kept.append(utterance)
        signals.append(signal)
        texts.append(text)
    if not kept:
        return
    found = classifier.classify_signals(signals, texts)
    _, scores, _, labels = classifier.decode(found)
    for k, utterance in enumerate(kept):
        given = {"audio": signals[k], "text": texts[k]}
        yield Prediction(
            utterance.name,
            labels[k],
            scores[k].item(),
            dict(zip(classifier.labels, found[k].tolist())),
            [m for m in classifier.modalities if given[m] is not None],
            texts[k],
        )


def _problem(classifier, utterance, signal):
    if isinstance(signal, InputError):
        return str(signal)
    text = utterance.text
    if text is None and signal is not None and asked(classifier, text):
        text = ""  # to be recognised
    given = {"audio": signal, "text": text}
    if all(given[name] is None for name in classifier.modalities):
        takes = " and ".join(classifier.modalities)
        return f"{utterance.name}: nothing in it that this model takes: {takes}"
    return None


def words(classifier, signal, text) -> str | None:
    """Return the words of an utterance, recognised if none are given."""
    if "text" not in classifier.modalities:
        return None
    if signal is not None and asked(classifier, text):
        return classifier.transcribe(signal)
    return text


def asked(classifier, text) -> bool:
    """Whether the recogniser is asked for the words."""
    takes = "text" in classifier.modalities
    return takes and text is None and classifier.recogniser is not None
