"""Predict many utterances: by length, in batches, read ahead of the model.

Authors
 * The turbo_sb developers 2026
"""

import collections
import dataclasses
import math
import os
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import soundfile
from tqdm import tqdm

from turbo_sb.data.foreign_audio import at_most_seconds
from turbo_sb.inference.pipes import by_own_name
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.logs import get_logger
from turbo_sb.utils.paths import spelled

logger = get_logger(__name__)

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
        that cannot be used has an error, whatever happens on its way.
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
    # Of a pipe it would be what is read, and is gone then.
    if utterance.wav is None or not os.path.isfile(utterance.wav):
        return 0.0
    try:
        whole = soundfile.info(os.fsencode(utterance.wav)).duration
    except Exception:  # that of reading is told later
        whole = at_most_seconds(utterance.wav)
    stop = whole if utterance.stop is None else min(whole, utterance.stop)
    return max(0.0, stop - (utterance.start or 0.0))


def _read(classifier, utterance):
    """Return the signal, None without one, or what went wrong."""
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
    except Exception as error:  # one file must not end all
        return error


def _predict(classifier, batch, reads):
    """Yield the predictions of one batch."""
    kept = []
    for utterance, read in zip(batch, reads):
        signal = read.result()
        try:
            problem = _problem(classifier, utterance, signal)
            if problem is None:
                text = words(classifier, signal, utterance.text)
                kept.append((utterance, signal, text))
        except Exception as error:  # a recogniser's, of this recording
            problem = f"{utterance.wav}: {_reason(error)}"
        if problem is not None:
            yield _bad(utterance, problem)
    if kept:
        yield from _classify(classifier, kept)


def _classify(classifier, kept):
    """Classify together; if that fails, each alone, to know which does."""
    fault = None
    try:
        found = classifier.classify_signals(
            [signal for _, signal, _ in kept], [text for *_, text in kept]
        )
    except Exception as error:
        fault = _reason(error)
    if fault and len(kept) == 1:
        yield _bad(kept[0][0], f"{kept[0][0].name}: {fault}")
    elif fault:  # outside of the except, which holds the batch's memory
        logger.warning(f"{fault} Now one utterance at a time.")
        for one in kept:
            yield from _classify(classifier, [one])
    if fault:
        return
    _, scores, _, labels = classifier.decode(found)
    for k, (utterance, signal, text) in enumerate(kept):
        given = {"audio": signal, "text": text}
        yield Prediction(
            utterance.name,
            labels[k],
            scores[k].item(),
            dict(zip(classifier.labels, found[k].tolist())),
            [m for m in classifier.modalities if given[m] is not None],
            text,
        )


def _bad(utterance, problem):
    return Prediction(utterance.name, error=spelled(by_own_name(problem)))


def _reason(error):
    """What happened; if nobody foresaw it, also where."""
    if isinstance(error, InputError):
        return str(error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{os.path.basename(place.filename)}, line {place.lineno}"
    return f"{type(error).__name__}: {error} (unexpected, in {where})."


def _problem(classifier, utterance, signal):
    if isinstance(signal, InputError):  # it names the file
        return str(signal)
    if isinstance(signal, Exception):
        return f"{utterance.wav}: {_reason(signal)}"
    text = utterance.text
    if text is None and signal is not None and asked(classifier, text):
        text = ""  # to be recognised
    given = {"audio": signal, "text": text}
    if all(given[name] is None for name in classifier.modalities):
        takes = " and ".join(classifier.modalities)
        return f"{utterance.name}: nothing in it that this model takes: {takes}"
    return None


def words(classifier, signal, text, seconds=math.inf) -> str | None:
    """Return the words of an utterance, recognised in time if none are given."""
    if "text" not in classifier.modalities:
        return None
    if signal is not None and asked(classifier, text):
        return classifier.transcribe(signal, seconds)
    return text


def asked(classifier, text) -> bool:
    """Whether the recogniser is asked for the words."""
    takes = "text" in classifier.modalities
    return takes and text is None and classifier.recogniser is not None
