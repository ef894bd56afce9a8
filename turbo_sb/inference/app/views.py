"""The probabilities of one utterance from both modalities and from each.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
import dataclasses
import logging
import threading
from pathlib import Path

import torch

from turbo_sb.inference.embedding import classify_rows
from turbo_sb.inference.prediction import words
from turbo_sb.utils.errors import InputError

# What the page calls it: the modalities that are seen.
VIEWS = {
    "both": ("audio", "text"),
    "audio only": ("audio",),
    "text only": ("text",),
}
UNTRAINED = """\
Audio only and text only: this model was not trained for a missing modality \
(modality_dropout: 0). Zeros take its place, and the result is less reliable."""
RECOGNISING = 120  # s that a recogniser has: the others wait for it
NO_WORDS = "The recogniser heard no words."


@dataclasses.dataclass
class Look:
    """What the page shows of one utterance."""

    probabilities: dict
    text: str | None = None
    seconds: float | None = None
    notes: list = dataclasses.field(default_factory=list)
    neighbours: list = dataclasses.field(default_factory=list)


def views_of(modalities) -> list[str]:
    """The views that a model has."""
    return [view for view, own in VIEWS.items() if {*own} <= {*modalities}]


def look(
    classifier, path=None, text=None, neighbours=None, n=5, recordings=None
) -> Look:
    """Classify an utterance from each view, and find what is near it.

    Recordings, if given, read the path in place of the classifier.
    """
    with _warnings() as warned, _short(path):
        signal = None
        if path and hears(classifier):
            signal = (recordings or classifier).load_audio(path)
        given = text if text and text.strip() else None
        said = words(classifier, signal, given, RECOGNISING)
        embeddings = _embed(classifier, signal, said)
    found = Look(_from_each_view(classifier, embeddings), text=said)
    if signal is not None:
        found.seconds = len(signal) / classifier.hparams.sample_rate
    if neighbours is not None:
        found.neighbours = neighbours.nearest(embeddings, n)
    found.notes = [_shorten(line, path) for line in warned]
    if given is None and said == "":
        found.notes.append(NO_WORDS)
    if len(classifier.modalities) > 1 and not classifier.mods.model.fusion.rate:
        found.notes.append(UNTRAINED)
    return found


def hears(classifier) -> bool:
    """Whether a recording is of any use to a model, if for its words only."""
    return "audio" in classifier.modalities or bool(classifier.recogniser)


def _embed(classifier, signal, text):
    """Map each modality to its embedding, (dim,)."""
    if signal is None and text is None:
        takes = {"audio": "record or upload speech", "text": "write its words"}
        asked = [takes[name] for name in classifier.modalities]
        raise InputError(f"Nothing to classify: {', or '.join(asked)}.")
    found = classifier.encode_batch(
        None if signal is None else signal[None],
        texts=None if text is None else [text],
    )
    return {name: values[0] for name, values in found.items()}


def _from_each_view(classifier, embeddings):
    """Map views to probabilities by class; embeds once."""
    views, embedded = views_of(embeddings), {}
    for name, own in embeddings.items():
        rows = [k for k, view in enumerate(views) if name in VIEWS[view]]
        embedded[name] = torch.tensor(rows), own.expand(len(rows), -1)
    with torch.no_grad(), classifier.inference_ctx:
        found = classify_rows(classifier.mods.model, embedded, len(views))
    return {
        view: dict(zip(classifier.labels, row))
        for view, row in zip(views, found.tolist())
    }


@contextlib.contextmanager
def _warnings():
    """Collect this thread's warnings of the package, each once."""
    thread, lines = threading.get_ident(), {}
    handler = logging.Handler(logging.WARNING)
    handler.addFilter(lambda record: record.thread == thread)
    handler.emit = lambda record: lines.setdefault(record.getMessage())
    logger = logging.getLogger("turbo_sb")
    logger.addHandler(handler)
    try:
        yield lines
    finally:
        logger.removeHandler(handler)


@contextlib.contextmanager
def _short(path):
    """Name the file in errors, without its temporary folder."""
    try:
        yield
    except InputError as error:
        raise InputError(_shorten(str(error), path)) from error


def _shorten(message, path):
    return message.replace(str(path), Path(path).name) if path else message
