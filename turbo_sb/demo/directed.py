"""The generative process of the device-directed corpus.

One utterance is made in four steps:

1. A label: directed to a device or not, equally often.
2. What the prosody says, drawn independently: the label, or nothing.
3. What the words say, drawn independently: the label, or nothing.
4. Rate, pitch, pitch range and volume: independent normal draws around the
   row of `PROSODY` that belongs to what the prosody says; and a sentence of
   the row of `CARRIERS` that belongs to what the words say.

Commands are flat and high, talk is lively and low. A wide range raises
espeak-ng's mean fundamental frequency and a low pitch lowers it by as much: the
two rows have the same mean and differ in contour. Rate and volume have one mean
for all, and sentences are equally long, so that duration, level and spectrum do
not give the label away.

Authors
 * The turbo_sb developers 2026
"""

import dataclasses

import numpy as np

from turbo_sb.demo.ceilings import bayes_accuracies
from turbo_sb.demo.process import Utterance, draw_prosody
from turbo_sb.demo.speakers import Speaker

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

# A sentence of the row "directed" can only be a command to a device, one of
# "non_directed" only talk about things, one of "any" may be either. The rows
# fill the same slots and are about equally long, so only the carrier tells them
# apart. Lower case without punctuation: espeak-ng would sing a question mark.
CARRIERS = {
    "directed": (
        "turn up the {thing} before {when}",
        "set the {thing} again for {when}",
        "switch off the {thing} by {when}",
        "start the {thing} up for {when}",
        "wake me with the {thing} at {when}",
        "cancel the {thing} after {when}",
    ),
    "non_directed": (
        "he lost the {thing} after {when}",
        "we heard the {thing} before {when}",
        "she bought the {thing} after {when}",
        "she missed the {thing} after {when}",
        "they like the {thing} after {when}",
        "i saw her {thing} before {when}",
    ),
    "any": (
        "turn it off again after {when}",
        "could you play that again at {when}",
        "what time does the {thing} stop",
        "no just leave it on until {when}",
        "is the {thing} still on at {when}",
        "stop it again until {when}",
    ),
}
THINGS = ("alarm", "heating", "kettle", "music", "oven", "radio", "timer")
TIMES = ("breakfast", "dinner", "midnight", "seven", "sunset")

# Every word that a sentence can hold, sorted: a tokenizer's vocabulary.
WORDS = sorted(
    {
        word
        for row in CARRIERS.values()
        for carrier in row
        for word in carrier.split()
        if not word.startswith("{")
    }.union(THINGS, TIMES)
)


@dataclasses.dataclass(frozen=True)
class DirectedProcess:
    """How often each modality says the label, and otherwise nothing."""

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


def draw_directed(
    process: DirectedProcess,
    speaker: Speaker,
    label: str,
    rng: np.random.Generator,
) -> Utterance:
    """Let a speaker say something to a device, or not: steps 2 to 4."""
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


def directed_ceilings(
    process: DirectedProcess, n_draws: int = 200_000, seed: int = 0
) -> dict[str, float]:
    """The Bayes accuracies of a process, as `ceilings.ceilings` of emotions."""
    means = np.array([PROSODY[cue] for cue in (*LABELS, "any")])
    return bayes_accuracies(
        _channel(process.p_prosody),
        _channel(process.p_words),
        means / PROSODY_SD,
        n_draws,
        seed,
    )


def _channel(p):
    """P(cue | label), shape (2 labels, 3 cues): either label, or "any"."""
    return np.array([[p, 0, 1 - p], [0, p, 1 - p]])


def draw_command(row: str, rng: np.random.Generator) -> str:
    """Make a sentence of one row of `CARRIERS`."""
    carrier = CARRIERS[row][rng.integers(len(CARRIERS[row]))]
    thing = THINGS[rng.integers(len(THINGS))]
    when = TIMES[rng.integers(len(TIMES))]
    return carrier.format(thing=thing, when=when)
