"""A synthesised corpus in IEMOCAP's own layout.

What is said, and how, comes from `turbo_sb.demo.process`; this module turns
it into dialogs, with labels and names as IEMOCAP has them: ``exc`` beside
``hap``, labels outside the four classes, and dialogs whose name has a suffix.

Authors
 * The turbo_sb developers 2026
"""

import dataclasses
import itertools
from collections import Counter

import numpy as np

from turbo_sb.data.corpora.build_folder import make_once
from turbo_sb.demo import process as generative
from turbo_sb.demo import sentences
from turbo_sb.demo.ceilings import ceilings
from turbo_sb.demo.layout import Turn, write_dialog, write_speech
from turbo_sb.demo.process import COMPLEMENTARY, EMOTIONS
from turbo_sb.demo.speakers import SPEAKERS
from turbo_sb.demo.speech import SAMPLE_RATE, espeak_version
from turbo_sb.utils.errors import InputError

# Of each session; a session's utterances go round these.
DIALOGS = (
    "F_impro01",
    "M_script01_1b",
    "M_impro05a",
    "F_script02_2",
    "F_impro02",
    "M_script03_1",
    "M_impro04",
    "F_script01_3",
)
OUTSIDE = {"F": "fru", "M": "xxx"}  # one such label a speaker, by sex
P_EXCITED = 0.6  # share of the happy that is labelled exc, as in IEMOCAP


def write_corpus(
    folder, n_utterances=600, process=COMPLEMENTARY, seed=1986, progress=iter
):
    """Draw, speak and write a corpus, or take the one that is there.

    The folder appears under its name only when the corpus is complete. Beside
    the sessions it holds ``process.json``: what the corpus was made with, the
    ceilings of the process, and sizes. The same arguments and the same
    espeak-ng give the same bytes.

    Arguments
    ---------
    folder : str or pathlib.Path
        Root of the corpus: absent, empty, or made by the same call before.
    n_utterances : int
        Of the four classes, in all; a multiple of 40, for the classes are
        balanced within each speaker. Ten more have other labels.
    process : turbo_sb.demo.process.Process
        How often each modality says what.
    seed : int
        Of all draws.
    progress : callable
        Wraps the list of turns while they are spoken, as `tqdm.tqdm` does.

    Returns
    -------
    description : dict
        What ``process.json`` holds: "made_with", "ceilings" and "sizes".

    Raises
    ------
    InputError
        The number is no multiple of 40, espeak-ng is missing, or the folder
        holds something else, which is left alone.

    Example
    -------
    >>> folder = getfixture("tmp_path") / "corpus"
    >>> write_corpus(folder, n_utterances=40)["sizes"]["turns"]
    50
    >>> sorted(path.name for path in folder.iterdir())[:2]
    ['Session1', 'Session2']
    """
    turns = draw_turns(n_utterances, process, seed)

    def make(root):
        seconds = [write_speech(turn, root) for turn in progress(turns)]
        timed = zip(turns, seconds)
        for _, dialog in itertools.groupby(timed, lambda t: t[0].dialog):
            write_dialog(*zip(*dialog), root)
        return {
            "ceilings": ceilings(process),
            "sizes": _sizes(turns, seconds),
        }

    return make_once(folder, _made_with(n_utterances, process, seed), make)


def draw_turns(n_utterances, process, seed):
    """Draw everything that is said, without speaking it.

    Arguments
    ---------
    n_utterances : int
        Of the four classes, a multiple of 40.
    process : turbo_sb.demo.process.Process
        How often each modality says what.
    seed : int
        Of all draws.

    Returns
    -------
    turns : list of Turn
        Dialog by dialog, in order of time; woman and man alternate.

    Raises
    ------
    InputError
        The number is no multiple of 40.

    Example
    -------
    >>> for turn in draw_turns(40, COMPLEMENTARY, seed=1)[:2]:
    ...     print(turn.id, turn.utterance.speaker.voice)
    Ses01F_impro01_F000 f1
    Ses01F_impro01_M000 m1
    """
    balanced = len(SPEAKERS) * len(EMOTIONS)
    if n_utterances < balanced or n_utterances % balanced:
        raise InputError(
            f"n_utterances={n_utterances}: expected a multiple of {balanced} "
            "(ten speakers with four classes each), such as 600."
        )
    rng = np.random.default_rng(seed)
    per_class = n_utterances // balanced
    said = {
        speaker.id: _draw_speaker(speaker, per_class, process, rng)
        for speaker in SPEAKERS
    }
    return [
        turn
        for session in range(1, 6)
        for start, name in enumerate(DIALOGS)
        for turn in _dialog(f"Ses0{session}", name, start, said)
    ]


def _draw_speaker(speaker, per_class, process, rng):
    """Return (label, utterance) for all that one speaker says, shuffled."""
    labels = [emotion for emotion in EMOTIONS for _ in range(per_class)]
    labels.append(OUTSIDE[speaker.sex])
    said = []
    for label in rng.permutation(labels).tolist():
        emotion = label if label in EMOTIONS else str(rng.choice(EMOTIONS))
        if label == "hap" and rng.random() < P_EXCITED:
            label = "exc"
        utterance = generative.draw_utterance(process, speaker, emotion, rng)
        said.append((label, utterance))
    return said


def _dialog(session, name, start, said):
    """Yield one dialog's turns: each eighth of what either speaker says."""
    shares = [said[f"{session}{sex}"][start :: len(DIALOGS)] for sex in "FM"]
    for number, pair in enumerate(itertools.zip_longest(*shares)):
        for sex, drawn in zip("FM", pair):
            if drawn is not None:
                yield Turn(f"{session}{name}_{sex}{number:03d}", *drawn)


def _made_with(n_utterances, process, seed):
    """State the generative process, and all else that decides the bytes."""
    return {
        "process": dataclasses.asdict(process),
        "n_utterances": n_utterances,
        "seed": seed,
        "prosody": {
            "order": ["rate", "pitch", "pitch_range", "volume"],
            "means": generative.PROSODY,
            "standard_deviations": generative.PROSODY_SD,
        },
        "arousal": generative.AROUSAL,
        "valence": generative.VALENCE,
        "speakers": [dataclasses.asdict(speaker) for speaker in SPEAKERS],
        "lexicon": sentences.LEXICON,
        "nouns": sentences.NOUNS,
        "carriers": sentences.CARRIERS,
        "dialogs": DIALOGS,
        "p_excited": P_EXCITED,
        "espeak_ng": espeak_version(),
        "sample_rate": SAMPLE_RATE,
    }


def _sizes(turns, seconds):
    labels = Counter(turn.label for turn in turns)
    return {
        "turns": len(turns),
        "labels": {label: labels[label] for label in sorted(labels)},
        "seconds": round(sum(seconds), 3),
    }
