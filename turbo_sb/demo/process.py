"""The generative process of the emotional corpora, and their sentences.

One utterance is made in five steps:

1. An emotion: anger, happiness, neutral or sadness, equally often.
2. What the prosody says, drawn independently: the emotion, or only whether
   arousal is high (anger, happiness) or low (neutral, sadness), or nothing.
3. What the words say, drawn independently: the emotion, or only whether
   valence is negative (anger, sadness) or not (happiness, neutral), or nothing.
4. Rate, pitch, pitch range and volume: independent normal draws around the row
   of `PROSODY` of what the prosody says (around the mean of the two emotions,
   or of all four, where it says less). The speaker's offsets are added; the
   result is rounded and clipped to what espeak-ng accepts.
5. A sentence with two words of the row of `LEXICON` of what the words say.

Given the emotion, the modalities are independent. Arousal and valence together
are the emotion: what one modality leaves open, the other may settle.

Authors
 * The turbo_sb developers 2026
"""

import dataclasses

import numpy as np

from turbo_sb.demo.espeak import LIMITS
from turbo_sb.demo.speakers import Speaker

EMOTIONS = ("ang", "hap", "neu", "sad")
AROUSAL = {"high": ("ang", "hap"), "low": ("neu", "sad")}
VALENCE = {"negative": ("ang", "sad"), "non-negative": ("hap", "neu")}

# Means of rate (words per minute), pitch, pitch range (both on espeak-ng's
# scale of 0 to 99) and volume (percent); their standard deviations. Each of
# the four overlaps between emotions; all four together hardly do.
PROSODY = {
    "ang": (235, 45, 35, 150),
    "hap": (235, 68, 90, 120),
    "neu": (155, 45, 60, 100),
    "sad": (135, 30, 12, 70),
}
PROSODY_SD = (12, 4, 8, 8)

# A carrier and a noun say nothing about the emotion. No word is in two rows.
LEXICON = {
    "ang": ("furious", "hateful", "insulting", "outrageous", "rude"),
    "hap": ("delightful", "exciting", "fantastic", "joyful", "wonderful"),
    "neu": ("normal", "ordinary", "regular", "typical", "usual"),
    "sad": ("heartbreaking", "hopeless", "lonely", "miserable", "tearful"),
    "negative": ("awful", "bad", "horrible", "terrible", "wrong"),
    "non-negative": ("fine", "good", "nice", "pleasant", "right"),
    "any": ("big", "late", "long", "new", "old"),
}
NOUNS = (
    "answer",
    "dinner",
    "house",
    "letter",
    "meeting",
    "office",
    "party",
    "story",
    "trip",
)
CARRIERS = (
    "I think the {noun} was {one} and {two}.",
    "They told me the {noun} is {one}, very {two}.",
    "Look, the {noun} we have is {one} and {two}.",
    "Well, this {noun} seems {one} and {two} to me.",
    "So that {noun} today was {one}, really {two}.",
    "You said the {noun} is {one}, and it is {two}.",
)


def split_words(text: str) -> list[str]:
    """Split a sentence into lower-case words without punctuation."""
    return [word.strip(".,") for word in text.lower().split()]


# Every word that a sentence can hold, sorted: a tokenizer's vocabulary.
WORDS = sorted(
    set(split_words(" ".join(CARRIERS).format(noun="it", one="it", two="it")))
    .union(NOUNS)
    .union(*LEXICON.values())
)


@dataclasses.dataclass(frozen=True)
class Process:
    """How often each modality says the emotion, half of it, or nothing.

    What remains of the two probabilities of a modality is for nothing.
    """

    name: str
    p_prosody_full: float
    p_prosody_arousal: float
    p_words_full: float
    p_words_valence: float

    def __post_init__(self):
        for shares in (self.prosody, self.words):
            if min(shares.values()) < 0:
                raise ValueError(f"{self}: {shares} are not probabilities.")

    @property
    def prosody(self) -> tuple:
        """How often prosody says the emotion, arousal only, and nothing."""
        return _shares(self.p_prosody_full, self.p_prosody_arousal)

    @property
    def words(self) -> tuple:
        """How often words say the emotion, valence only, and nothing."""
        return _shares(self.p_words_full, self.p_words_valence)


def _shares(full, half):
    # Rounded, for 1 - 0.6 - 0.4 is not 0 in floating point.
    return {"full": full, "half": half, "nothing": round(1 - full - half, 12)}


# Each leaves open what the other settles: together they say the emotion.
COMPLEMENTARY = Process("complementary", 0.6, 0.4, 0.5, 0.5)
# Each says the whole emotion three times in four, and else nothing at all.
REDUNDANT = Process("redundant", 0.75, 0.0, 0.75, 0.0)
PROCESSES = {process.name: process for process in (COMPLEMENTARY, REDUNDANT)}


@dataclasses.dataclass(frozen=True)
class Utterance:
    """One draw from a process: who says what, and how."""

    speaker: Speaker
    label: str
    text: str
    prosody: dict  # arguments of `espeak.synthesise`


def draw_utterance(
    process: Process, speaker: Speaker, emotion: str, rng: np.random.Generator
) -> Utterance:
    """Let a speaker say something in an emotion: steps 2 to 5."""
    prosody_cue = _draw_cue(process.prosody, emotion, AROUSAL, rng)
    words_cue = _draw_cue(process.words, emotion, VALENCE, rng)
    return Utterance(
        speaker,
        emotion,
        text=draw_text(words_cue, rng),
        prosody=draw_prosody(
            prosody_mean(prosody_cue), PROSODY_SD, speaker, rng
        ),
    )


def possible_cues(emotion: str, pairs: dict) -> dict[str, str]:
    """Name what a modality may say of an emotion: full, half and nothing.

    >>> possible_cues("sad", VALENCE)
    {'full': 'sad', 'half': 'negative', 'nothing': 'any'}
    """
    half = next(pair for pair, members in pairs.items() if emotion in members)
    return {"full": emotion, "half": half, "nothing": "any"}


def prosody_mean(cue: str) -> np.ndarray:
    """The mean prosody of an emotion, "high", "low" or "any", shape (4,).

    >>> prosody_mean("low")
    array([145. ,  37.5,  36. ,  85. ])
    """
    members = {**AROUSAL, "any": EMOTIONS}.get(cue, (cue,))
    return np.mean([PROSODY[emotion] for emotion in members], axis=0)


def _draw_cue(shares, emotion, pairs, rng):
    kind = rng.choice(list(shares), p=list(shares.values()))
    return possible_cues(emotion, pairs)[kind]


def draw_prosody(
    mean: tuple, deviation: tuple, speaker: Speaker, rng: np.random.Generator
) -> dict[str, int]:
    """Draw how a speaker says something, rounded and clipped for espeak-ng."""
    offset = (speaker.rate_offset, speaker.pitch_offset, 0, 0)
    drawn = rng.normal(np.add(mean, offset), deviation).round()
    return {
        name: int(np.clip(value, *LIMITS[name]))
        for name, value in zip(LIMITS, drawn)
    }


def draw_text(row: str, rng: np.random.Generator) -> str:
    """Make a sentence with two different words of one row of `LEXICON`."""
    carrier = CARRIERS[rng.integers(len(CARRIERS))]
    noun = NOUNS[rng.integers(len(NOUNS))]
    one, two = rng.permutation(len(LEXICON[row]))[:2]
    return carrier.format(
        noun=noun, one=LEXICON[row][one], two=LEXICON[row][two]
    )
