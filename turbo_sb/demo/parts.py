"""The demo's parts: a recipe each, with corpora, settings and what they show.

Authors
 * The turbo_sb developers 2026
"""

import dataclasses
import functools

from turbo_sb.demo import commands, sentences
from turbo_sb.demo.corpus import write_corpus
from turbo_sb.demo.directed_corpus import write_directed_corpus
from turbo_sb.demo.process import PROCESSES

METHODS = ("vanilla", "cross_modal", "turbo")

# Small encoders learn from scratch, hence the learning rate, the trained CNN
# and the augmentation; the same for all, and none tuned on a contrastive one.
SMALL = {
    "fold": 1,
    "freeze_cnn": False,
    "lr": 0.001,
    "batch_size": 32,
    "max_grad_norm": 1.0,
    "train_crop_seconds": 1.5,
    "train_noise_snr": 30,
    "num_workers": 0,
}


@dataclasses.dataclass(frozen=True)
class Part:
    """What is synthesised for a recipe, and how it is trained on.

    Arguments
    ---------
    recipe : str
        Names the folder in ``recipes``.
    corpora : dict of str to callable
        By name, what writes a corpus: it takes a folder, the number of
        utterances and a progress bar, and returns ``process.json``.
    words : list of str
        All that the texts hold: the text encoder's vocabulary.
    overrides : dict
        YAML keys to values.
    epochs : int
        Of each training, at most.
    note : str
        Stands below the tables; holds ``{n}``, the utterances of a corpus.

    Example
    -------
    >>> list(PARTS["emotion"].corpora), list(PARTS["directed"].corpora)
    (['complementary', 'redundant'], ['directed'])
    """

    recipe: str
    corpora: dict
    words: list
    overrides: dict
    epochs: int
    note: str


PARTS = {
    "emotion": Part(
        recipe="IEMOCAP",
        corpora={
            name: functools.partial(write_corpus, process=process)
            for name, process in PROCESSES.items()
        },
        words=sentences.WORDS,
        overrides={
            "strict_corpus": False,
            "protocol": "session5",
            **SMALL,
        },
        epochs=30,
        note="""\
complementary and redundant: {n} utterances each, of four emotions, protocol
session5, fold 1, Wilson's intervals. They say nothing about IEMOCAP.""",
    ),
    "directed": Part(
        recipe="DSD",
        corpora={"directed": write_directed_corpus},
        words=commands.WORDS,
        overrides={"protocol": "manifest", **SMALL},
        epochs=16,  # for the demo's time; vanilla's last epoch may be its best
        note="""\
directed: {n} utterances, two of ten speakers tested: Wilson's intervals for
ACC, the bootstrap's by utterance for EER, and neither covers how speakers
differ. They say nothing about real speech to a device. The shortcut is
cross-validated by speaker on the whole corpus.""",
    ),
}
