"""Lay out a tiny made-up corpus as IEMOCAP is laid out, irregularities too.

Authors
 * The turbo_sb developers 2026
"""

from pathlib import Path

import numpy as np
import soundfile

# A turn's last field and its label, in every dialog; happy is hap and exc.
TURNS = (
    *(("F000", "ang"), ("F001", "hap"), ("F002", "neu"), ("F003", "sad")),
    *(("M000", "exc"), ("M001", "ang"), ("M002", "neu"), ("M003", "sad")),
    *(("F004", "fru"), ("M004", "xxx")),
)
KEPT_TURNS = 8
# Two of the real dialogs that have a suffix are among them.
DIALOGS = {
    1: ("Ses01F_impro01", "Ses01M_script01_1"),
    2: ("Ses02F_impro01", "Ses02M_script01_1"),
    3: ("Ses03M_impro05a", "Ses03F_script01_1"),
    4: ("Ses04F_impro01", "Ses04M_script01_1"),
    5: ("Ses05F_impro01", "Ses05M_script01_1b"),
}
TEXTS = {
    "Ses01F_impro01_F000": 'Er sagte: "nein, [LAUGHTER] nie", Käthe.',
    "Ses01F_impro01_F001": "[BREATHING] [laughter]",
}


def lay_out(root: Path, sessions: tuple = (1, 2, 3, 4, 5)) -> Path:
    """Write the corpus: 16 utterances of the four classes a session.

    Arguments
    ---------
    root : Path
        Where Session1 and so on go; made if it is missing.
    sessions : tuple of int
        Which of the five.

    Returns
    -------
    root : Path
    """
    for session in sessions:
        for dialog in DIALOGS[session]:
            folder = root / f"Session{session}"
            write_labels(folder / "dialog/EmoEvaluation", dialog)
            write_texts(folder / "dialog/transcriptions", dialog)
            write_wavs(folder / "sentences/wav" / dialog, dialog)
    return root


def write_labels(folder, dialog):
    """Write a dialog's labels, beside what must not be taken for them."""
    lines = ["% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]", ""]
    for turn, label in TURNS:
        vad = "[2.5000, 2.5000, 2.5000]"
        lines += [f"[6.2901 - 8.2357]\t{dialog}_{turn}\t{label}\t{vad}"]
        lines += ["C-E2:\tAnger;\t()", "C-F1:\tNeutral;\t()"]
        lines += ["A-E3:\tval 3; act 2; dom  2;\t()", ""]
    write(folder / f"{dialog}.txt", lines)
    write(folder / "Categorical" / f"{dialog}_e1_cat.txt", [lines[2]])
    (folder / f"._{dialog}.txt").write_bytes(b"\x00\x05\x16\x07\xb2\xac[Ses0")


def write_texts(folder, dialog):
    """Write a dialog's transcripts, with lines that have no numbered turn."""
    lines = ["M: Ja.", f"{dialog}_MXX0 [000.1000-000.9000]: [LAUGHTER] Ja."]
    for turn, _ in TURNS:
        utterance = f"{dialog}_{turn}"
        text = TEXTS.get(utterance, f"Das ist {utterance}.")
        lines.append(f"{utterance} [006.2902-008.2357]: {text}")
    write(folder / f"{dialog}.txt", [*lines, "F: Nein: nie.", ""])
    (folder / f"._{dialog}.txt").write_bytes(b"\x00\x05\x16\x07\xb2\xacSes0")


def write_wavs(folder, dialog):
    """Write a dialog's audio: a tone a turn, from 0.1 s, 0.01 s apart.

    No two turns of the corpus have the same one.
    """
    folder.mkdir(parents=True)
    own = int(dialog[4]) + 5 * ("script" in dialog)  # Hz
    for number, (turn, _) in enumerate(TURNS):
        time = np.arange(1600 + 160 * number) / 16000
        tone = 0.1 * np.sin(2 * np.pi * (200 + 20 * number + own) * time)
        soundfile.write(folder / f"{dialog}_{turn}.wav", tone, 16000)


def write(path, lines):
    """Write lines as UTF-8, in a folder that may be new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
