"""A synthesised corpus in IEMOCAP's own layout.

What is said, and how, comes from `turbo_sb.demo.process`. This module makes
dialogs of it, with what a reader of the real corpus has to handle: ``exc``
beside ``hap``, labels outside the four classes, dialogs whose name has a suffix,
annotators' lines and sub-folders, lines without an ID, IDs without a label or
sound, and the ``._`` files of macOS.

Authors
 * The turbo_sb developers 2026
"""

import dataclasses
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from turbo_sb.data.corpora.build_folder import make_once
from turbo_sb.demo import process as generative
from turbo_sb.demo.ceilings import ceilings
from turbo_sb.demo.espeak import (
    SAMPLE_RATE,
    espeak_version,
    synthesise,
    write_wav,
)
from turbo_sb.demo.process import COMPLEMENTARY, EMOTIONS, Process, Utterance
from turbo_sb.demo.speakers import SPEAKERS
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
PAUSE = 0.5  # seconds between two turns
DIMENSIONS = {  # valence, activation and dominance, each from 1 to 5
    "ang": (1.5, 4.0, 4.0),
    "hap": (4.0, 3.5, 3.0),
    "neu": (2.5, 2.5, 2.5),
    "sad": (2.0, 2.0, 2.5),
}
HEADER = "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n"
APPLE_DOUBLE = b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X\xff"  # not UTF-8


@dataclasses.dataclass(frozen=True)
class Turn:
    """An utterance with its place in the corpus."""

    id: str  # as in IEMOCAP: "Ses01F_impro01_M003"
    label: str  # as in IEMOCAP: ang, hap, exc, neu, sad; or fru, xxx
    utterance: Utterance

    @property
    def session(self) -> str:
        """The session's folder, such as "Session1"."""
        return f"Session{self.id[4]}"

    @property
    def dialog(self) -> str:
        """The turn's dialog, such as "Ses01F_impro01"."""
        return self.id.rsplit("_", 1)[0]


def write_corpus(
    folder: str | Path,
    n_utterances: int = 600,
    process: Process = COMPLEMENTARY,
    seed: int = 1986,
    progress: Callable = iter,
) -> dict:
    """Draw, speak and write an emotional corpus, or use the one that is there.

    The folder appears under its name only when the corpus is complete, with
    ``process.json``: what it was made with, the ceilings of the process, and
    sizes. The same arguments and espeak-ng give the same bytes.

    Arguments
    ---------
    folder : str or pathlib.Path
        Root of the corpus: absent, empty, or made by the same call before.
    n_utterances : int
        Of the four classes, in all; a multiple of 40, as the classes are
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
        The number is not a multiple of 40, espeak-ng is missing, or the
        folder holds something else, which is not touched.

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
        """Write the corpus into a new folder."""
        seconds = [write_speech(turn, root) for turn in progress(turns)]
        timed = zip(turns, seconds)
        for _, dialog in itertools.groupby(timed, lambda t: t[0].dialog):
            write_dialog(*zip(*dialog), root)
        return {
            "ceilings": ceilings(process),
            "sizes": _sizes(turns, seconds),
        }

    return make_once(folder, _made_with(n_utterances, process, seed), make)


def draw_turns(n_utterances: int, process: Process, seed: int) -> list[Turn]:
    """Draw all that is said, dialog by dialog; woman and man alternate."""
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
    """All that one speaker says, shuffled: (label, utterance)."""
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
    """Yield a dialog's turns: an eighth of what either speaker says."""
    shares = [said[f"{session}{sex}"][start :: len(DIALOGS)] for sex in "FM"]
    for number, pair in enumerate(itertools.zip_longest(*shares)):
        for sex, drawn in zip("FM", pair):
            if drawn is not None:
                yield Turn(f"{session}{name}_{sex}{number:03d}", *drawn)


def _made_with(n_utterances, process, seed):
    """All that decides the bytes, for process.json."""
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
        "lexicon": generative.LEXICON,
        "nouns": generative.NOUNS,
        "carriers": generative.CARRIERS,
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


def write_speech(turn: Turn, root: Path) -> float:
    """Speak a turn into its file; return the seconds."""
    utterance = turn.utterance
    samples = synthesise(
        utterance.text, utterance.speaker.voice, **utterance.prosody
    )
    folder = root / turn.session / "sentences" / "wav" / turn.dialog
    folder.mkdir(parents=True, exist_ok=True)
    return write_wav(folder / f"{turn.id}.wav", samples)


def write_dialog(
    turns: Sequence[Turn], seconds: Sequence[float], root: Path
) -> None:
    """Write a dialog's labels and transcription."""
    name = turns[0].dialog
    times = list(_times(seconds))
    folder = root / turns[0].session / "dialog"
    texts = {
        folder / "EmoEvaluation": evaluation(turns, times),
        folder / "EmoEvaluation" / "Categorical": f"{turns[0].id} :Other; ()\n",
        folder / "transcriptions": transcription(turns, times),
    }
    for place, text in texts.items():
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{name}.txt").write_text(text)
        (place / f"._{name}.txt").write_bytes(APPLE_DOUBLE)


def evaluation(turns: Sequence[Turn], times: Sequence[tuple]) -> str:
    """A dialog's labels: a header; each turn's line, and two annotators'."""
    return HEADER + "\n".join(
        _evaluation(turn, *time) for turn, time in zip(turns, times)
    )


def transcription(turns: Sequence[Turn], times: Sequence[tuple]) -> str:
    """A dialog's transcription, with two lines that are not turns."""
    lines = [
        f"{turn.id} [{start:08.4f}-{end:08.4f}]: {turn.utterance.text}\n"
        for turn, (start, end) in zip(turns, times)
    ]
    end = times[0][1]
    unlabelled = (
        f"{turns[0].dialog}_MXX0 [{end:08.4f}-{end + PAUSE:08.4f}]: Mm: yes.\n"
    )
    return "".join([lines[0], "M: Mm.\n", unlabelled, *lines[1:]])


def _evaluation(turn, start, end):
    """A turn's label, and what the annotators said."""
    emotion = {"exc": "hap"}.get(turn.label, turn.label)
    scores = DIMENSIONS.get(emotion, DIMENSIONS["neu"])
    listed = ", ".join(f"{score:.4f}" for score in scores)
    valence, activation, dominance = (int(score) for score in scores)
    return (
        f"[{start:.4f} - {end:.4f}]\t{turn.id}\t{turn.label}\t[{listed}]\n"
        f"C-E2:\t{turn.label};\t()\n"
        f"A-E3:\tval {valence}; act {activation}; dom {dominance};\t()\n"
    )


def _times(seconds: Sequence[float]) -> Iterator[tuple]:
    """Yield start and end of each turn, with pauses between them."""
    end = 0.0
    for length in seconds:
        start = end + PAUSE
        end = start + length
        yield start, end
