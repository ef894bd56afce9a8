"""The generative process of the device-directed corpus.

One utterance is made in four steps:

1. A label: directed to a device or not, equally often.
2. What the prosody says, drawn by itself: the label, or nothing.
3. What the words say, drawn by themselves: the label, or nothing.
4. Rate, pitch, pitch range and volume: independent normal draws around the
   row of `PROSODY` that belongs to what the prosody says; and a sentence of
   the row of `commands.CARRIERS` that belongs to what the words say.

Commands are spoken flat and high, talk is lively and low. A wide range raises
espeak-ng's mean fundamental frequency and a low pitch lowers it, by as much:
the two rows have the same mean, and what differs is the contour. Rate and
volume have one mean for all, and the rows of sentences are equally long, so
that duration, level and spectrum do not give the label away.

Authors
 * The turbo_sb developers 2026
"""

import dataclasses

import numpy as np

from turbo_sb.demo.ceilings import bayes_accuracies
from turbo_sb.demo.commands import draw_command
from turbo_sb.demo.process import Utterance, draw_prosody

LABELS = ("directed", "non_directed")

# Means of rate (words per minute), pitch, pitch range (both on espeak-ng's
# scale of 0 to 99) and volume (percent); their standard deviations. So low a
# volume keeps clear of espeak-ng's limiter, which would tell high peaks.
PROSODY = {
    "directed": (175, 60, 20, 60),
    "non_directed": (175, 38, 75, 60),
    "any": (175, 49, 48, 60),
}
PROSODY_SD = (12, 4, 8, 12)


@dataclasses.dataclass(frozen=True)
class DirectedProcess:
    """How often each modality says the label, and otherwise nothing.

    Arguments
    ---------
    name : str
        Names the process in a corpus's ``process.json``.
    p_words : float
        Probability that the words say the label.
    p_prosody : float
        Probability that the prosody says it.

    Raises
    ------
    ValueError
        One of them is no probability.

    Example
    -------
    >>> DirectedProcess("loud", 0.5, 1.5)
    Traceback (most recent call last):
    ...
    ValueError: p_prosody=1.5: expected a probability, from 0 to 1.
    """

    name: str
    p_words: float
    p_prosody: float

    def __post_init__(self):
        for key in ("p_words", "p_prosody"):
            if not 0 <= getattr(self, key) <= 1:
                raise ValueError(
                    f"{key}={getattr(self, key)}: expected a probability, "
                    "from 0 to 1."
                )


# Each says the label three times in five; in one of six neither does.
DIRECTED = DirectedProcess("directed", p_words=0.6, p_prosody=0.6)


def draw_directed(process, speaker, label, rng):
    """Let a speaker say something to a device, or not: steps 2 to 4.

    Arguments
    ---------
    process : DirectedProcess
        How often each modality says the label.
    speaker : turbo_sb.demo.speakers.Speaker
        Who speaks.
    label : str
        One of `LABELS`.
    rng : numpy.random.Generator
        Makes the draws.

    Returns
    -------
    utterance : turbo_sb.demo.process.Utterance
        Its ``label`` is the label.

    Example
    -------
    >>> from turbo_sb.demo.speakers import SPEAKERS
    >>> rng = np.random.default_rng(1)
    >>> always = DirectedProcess("always", 1, 1)
    >>> drawn = draw_directed(always, SPEAKERS[0], "directed", rng)
    >>> drawn.prosody["pitch"] > drawn.prosody["pitch_range"]
    True
    """
    spoken, worded = (
        label if rng.random() < probability else "any"
        for probability in (process.p_prosody, process.p_words)
    )
    return Utterance(
        speaker,
        label,
        text=draw_command(worded, rng),
        prosody=draw_prosody(PROSODY[spoken], PROSODY_SD, speaker, rng),
    )


def directed_ceilings(process, n_draws=200_000, seed=0):
    """Return the Bayes accuracies of a process, for each modality and both.

    As `turbo_sb.demo.ceilings.ceilings` does for the emotions, with the same
    limits: of an observer who knows the process and the speaker's offsets.

    Arguments
    ---------
    process : DirectedProcess
        How often each modality says the label.
    n_draws : int
        Utterances drawn for the Monte-Carlo means.
    seed : int
        Of these draws.

    Returns
    -------
    accuracies : dict of str to float
        "chance", "audio", "text" and "both", each from 0 to 1.

    Example
    -------
    >>> for name, accuracy in directed_ceilings(DIRECTED).items():
    ...     print(f"{name} {accuracy:.2f}")
    chance 0.50
    audio 0.80
    text 0.80
    both 0.92
    """
    means = np.array([PROSODY[cue] for cue in (*LABELS, "any")])
    return bayes_accuracies(
        _channel(process.p_prosody),
        _channel(process.p_words),
        means / PROSODY_SD,
        n_draws,
        seed,
    )


def _channel(p):
    """Return P(cue | label), (2 labels, 3 cues): either label, or "any"."""
    return np.array([[p, 0, 1 - p], [0, p, 1 - p]])
