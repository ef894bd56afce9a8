"""The generative process of the synthesised corpus.

One utterance is made in five steps:

1. An emotion: anger, happiness, neutral or sadness, equally often.
2. What the prosody says, drawn by itself: the emotion, or only whether
   arousal is high (anger, happiness) or low (neutral, sadness), or nothing.
3. What the words say, drawn by themselves: the emotion, or only whether
   valence is negative (anger, sadness) or not (happiness, neutral), or
   nothing.
4. Rate, pitch, pitch range and volume: independent normal draws around the
   row of `PROSODY` that belongs to what the prosody says; around the mean of
   the two emotions, or of all four, where it says less. The speaker's offsets
   are added, and the result is rounded, and clipped to what espeak-ng takes.
5. A sentence with two words that belong to what the words say; see
   `turbo_sb.demo.sentences`.

Given the emotion the modalities are independent, and arousal with valence is
the emotion: what one leaves open, the other may settle.

Authors
 * The turbo_sb developers 2026
"""

import dataclasses

import numpy as np

from turbo_sb.demo.sentences import draw_text
from turbo_sb.demo.speakers import Speaker
from turbo_sb.demo.speech import LIMITS

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


@dataclasses.dataclass(frozen=True)
class Process:
    """How often each modality says the emotion, or half of it, or nothing.

    Arguments
    ---------
    name : str
        Names the process in a corpus's ``process.json``.
    p_prosody_full : float
        Probability that the prosody says the emotion.
    p_prosody_arousal : float
        That it says arousal only; with the remaining probability, nothing.
    p_words_full : float
        Probability that the words say the emotion.
    p_words_valence : float
        That they say valence only; with the remaining probability, nothing.

    Raises
    ------
    ValueError
        The probabilities of a modality are negative or add up to more than 1.

    Example
    -------
    >>> Process("words half the time", 0, 0, 0.5, 0).words
    {'full': 0.5, 'half': 0, 'nothing': 0.5}
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
    def prosody(self):
        """How often prosody says the emotion, arousal only, and nothing."""
        return _shares(self.p_prosody_full, self.p_prosody_arousal)

    @property
    def words(self):
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
    """One draw from a process.

    Arguments
    ---------
    speaker : Speaker
        Who says it.
    label : str
        Its class: one of `EMOTIONS`, say.
    text : str
        What is said.
    prosody : dict of str to int
        rate, pitch, pitch_range and volume, as `speech.synthesise` takes them.
    """

    speaker: Speaker
    label: str
    text: str
    prosody: dict


def draw_utterance(process, speaker, emotion, rng):
    """Let a speaker say something in an emotion: steps 2 to 5.

    Arguments
    ---------
    process : Process
        How often each modality says what.
    speaker : Speaker
        Who speaks.
    emotion : str
        One of `EMOTIONS`.
    rng : numpy.random.Generator
        Makes the draws.

    Returns
    -------
    utterance : Utterance

    Example
    -------
    >>> from turbo_sb.demo.speakers import SPEAKERS
    >>> rng = np.random.default_rng(1)
    >>> always = Process("always", 1, 0, 1, 0)
    >>> draw_utterance(always, SPEAKERS[0], "sad", rng).prosody["rate"] < 200
    True
    """
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


def possible_cues(emotion, pairs):
    """Name what a modality may say of an emotion.

    Arguments
    ---------
    emotion : str
        One of `EMOTIONS`.
    pairs : dict of str to tuple of str
        `AROUSAL` or `VALENCE`.

    Returns
    -------
    cues : dict of str to str
        For "full", "half" and "nothing".

    Example
    -------
    >>> possible_cues("sad", VALENCE)
    {'full': 'sad', 'half': 'negative', 'nothing': 'any'}
    """
    half = next(pair for pair, members in pairs.items() if emotion in members)
    return {"full": emotion, "half": half, "nothing": "any"}


def prosody_mean(cue):
    """Return the mean prosody of a cue.

    Arguments
    ---------
    cue : str
        An emotion, "high", "low" or "any".

    Returns
    -------
    mean : (4,) numpy.ndarray
        Of rate, pitch, pitch range and volume, before a speaker's offsets.

    Example
    -------
    >>> prosody_mean("low")
    array([145. ,  37.5,  36. ,  85. ])
    """
    members = {**AROUSAL, "any": EMOTIONS}.get(cue, (cue,))
    return np.mean([PROSODY[emotion] for emotion in members], axis=0)


def _draw_cue(shares, emotion, pairs, rng):
    kind = rng.choice(list(shares), p=list(shares.values()))
    return possible_cues(emotion, pairs)[kind]


def draw_prosody(mean, deviation, speaker, rng):
    """Draw how a speaker says something, in what espeak-ng takes.

    Arguments
    ---------
    mean : (4,) array_like
        Of rate, pitch, pitch range and volume; the speaker's offsets are added.
    deviation : (4,) array_like
        Of the same.
    speaker : Speaker
        Who speaks.
    rng : numpy.random.Generator
        Makes the draws.

    Returns
    -------
    prosody : dict of str to int
        Rounded, and clipped to `speech.LIMITS`.

    Example
    -------
    >>> speaker = Speaker("Ses01F", "f1", rate_offset=-6, pitch_offset=2)
    >>> draw_prosody((175, 98, 50, 9), (0, 0, 0, 0), speaker, np.random)
    {'rate': 169, 'pitch': 99, 'pitch_range': 50, 'volume': 9}
    """
    offset = (speaker.rate_offset, speaker.pitch_offset, 0, 0)
    drawn = rng.normal(np.add(mean, offset), deviation).round()
    return {
        name: int(np.clip(value, *LIMITS[name]))
        for name, value in zip(LIMITS, drawn)
    }
