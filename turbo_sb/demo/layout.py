"""The files of one dialog, as IEMOCAP lays them out and writes them.

With what a reader of the real corpus stumbles over: annotators' lines and
sub-folders, lines without an id, ids without a label or sound, and the ``._``
files that macOS adds.

Authors
 * The turbo_sb developers 2026
"""

import dataclasses

from turbo_sb.demo.process import Utterance
from turbo_sb.demo.speech import synthesise, write_wav

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
    """An utterance with its place in the corpus.

    Arguments
    ---------
    id : str
        As in IEMOCAP, for example "Ses01F_impro01_M003".
    label : str
        As in IEMOCAP: ang, hap, exc, neu, sad; or fru, xxx.
    utterance : turbo_sb.demo.process.Utterance
        What is said, and how.
    """

    id: str
    label: str
    utterance: Utterance

    @property
    def session(self):
        """The name of the session's folder, for example "Session1"."""
        return f"Session{self.id[4]}"

    @property
    def dialog(self):
        """The name of the turn's dialog, for example "Ses01F_impro01"."""
        return self.id.rsplit("_", 1)[0]


def write_speech(turn, root):
    """Speak a turn into its file, 16-bit mono.

    Arguments
    ---------
    turn : Turn
        What to say.
    root : pathlib.Path
        Of the corpus.

    Returns
    -------
    seconds : float
        How long it takes to say.
    """
    utterance = turn.utterance
    samples = synthesise(
        utterance.text, utterance.speaker.voice, **utterance.prosody
    )
    folder = root / turn.session / "sentences" / "wav" / turn.dialog
    folder.mkdir(parents=True, exist_ok=True)
    return write_wav(folder / f"{turn.id}.wav", samples)


def write_dialog(turns, seconds, root):
    """Write a dialog's labels and transcription.

    Arguments
    ---------
    turns : sequence of Turn
        Of one dialog, in order of time.
    seconds : sequence of float
        How long each takes.
    root : pathlib.Path
        Of the corpus.
    """
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


def evaluation(turns, times):
    """Format a dialog's file of labels.

    Arguments
    ---------
    turns : sequence of Turn
        Of one dialog, in order of time.
    times : sequence of (float, float)
        Start and end of each, in seconds.

    Returns
    -------
    text : str
        A header, and for each turn a line and two annotators' lines.

    Example
    -------
    >>> turn = Turn("Ses01F_impro01_F000", "neu", None)
    >>> print(evaluation([turn], [(0.5, 2.25)]))
    % [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]
    <BLANKLINE>
    [0.5000 - 2.2500]	Ses01F_impro01_F000	neu	[2.5000, 2.5000, 2.5000]
    C-E2:	neu;	()
    A-E3:	val 2; act 2; dom 2;	()
    <BLANKLINE>
    """
    return HEADER + "\n".join(
        _evaluation(turn, *time) for turn, time in zip(turns, times)
    )


def transcription(turns, times):
    """Format a dialog's transcription, with two lines that are no turns.

    Arguments
    ---------
    turns : sequence of Turn
        Of one dialog, in order of time.
    times : sequence of (float, float)
        Start and end of each, in seconds.

    Returns
    -------
    text : str
        A line a turn; after the first, a line without an id, and one whose id
        has neither label nor sound.
    """
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
    emotion = {"exc": "hap"}.get(turn.label, turn.label)
    scores = DIMENSIONS.get(emotion, DIMENSIONS["neu"])
    listed = ", ".join(f"{score:.4f}" for score in scores)
    valence, activation, dominance = (int(score) for score in scores)
    return (
        f"[{start:.4f} - {end:.4f}]\t{turn.id}\t{turn.label}\t[{listed}]\n"
        f"C-E2:\t{turn.label};\t()\n"
        f"A-E3:\tval {valence}; act {activation}; dom {dominance};\t()\n"
    )


def _times(seconds):
    """Yield start and end of each turn, with pauses between."""
    end = 0.0
    for length in seconds:
        start = end + PAUSE
        end = start + length
        yield start, end
