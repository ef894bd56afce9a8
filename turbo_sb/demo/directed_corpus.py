"""A synthesised corpus of speech to a device and of other speech.

A folder with ``manifest.csv`` (ID, wav, text, label, spk_id, split), as the DSD
recipe takes it, and ``audio/<ID>.wav``. The ten speakers are those of the
emotional corpora. What is said, and how, comes from `turbo_sb.demo.directed`. An
ID tells the speaker and not the label.

Authors
 * The turbo_sb developers 2026
"""

import csv
import dataclasses
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from turbo_sb.data.corpora.build_folder import make_once
from turbo_sb.demo import directed
from turbo_sb.demo.directed import (
    DIRECTED,
    LABELS,
    PROSODY,
    PROSODY_SD,
    DirectedProcess,
    directed_ceilings,
    draw_directed,
)
from turbo_sb.demo.espeak import (
    SAMPLE_RATE,
    espeak_version,
    synthesise,
    write_wav,
)
from turbo_sb.demo.process import Utterance
from turbo_sb.demo.speakers import SPEAKERS
from turbo_sb.utils.errors import InputError

HEADER = ("ID", "wav", "text", "label", "spk_id", "split")
# By session, as fold 1 of session5 does; the tenth that the recipe would test
# on is one speaker, 60 utterances.
SPLITS = {"Ses01": "test", "Ses02": "valid"}  # the others: train

# The microphone's noise: mean and standard deviation of its level in dBFS, one
# draw an utterance. It covers the digital silence in espeak-ng's pauses.
NOISE = (-46, 3)


def write_directed_corpus(
    folder: str | Path,
    n_utterances: int = 600,
    process: DirectedProcess = DIRECTED,
    seed: int = 1986,
    progress: Callable = iter,
) -> dict:
    """Draw, speak and write a directed corpus, or use the one that is there.

    The folder appears under its name only when the corpus is complete, with
    ``process.json``: what it was made with, the ceilings of the process, and
    sizes. The same arguments and espeak-ng give the same bytes.

    Arguments
    ---------
    folder : str or pathlib.Path
        Root of the corpus: absent, empty, or made by the same call before.
    n_utterances : int
        In all; a multiple of 20, as the labels are balanced within each
        speaker.
    process : turbo_sb.demo.directed.DirectedProcess
        How often each modality says the label.
    seed : int
        Of all draws.
    progress : callable
        Wraps the list of utterances while they are spoken, as `tqdm.tqdm`
        does.

    Returns
    -------
    description : dict
        What ``process.json`` holds: "made_with", "ceilings" and "sizes".

    Raises
    ------
    InputError
        The number is not a multiple of 20, espeak-ng is missing, or the
        folder holds something else, which is not touched.

    Example
    -------
    >>> folder = getfixture("tmp_path") / "corpus"
    >>> write_directed_corpus(folder, n_utterances=20)["sizes"]["labels"]
    {'directed': 10, 'non_directed': 10}
    >>> sorted(path.name for path in folder.iterdir())
    ['audio', 'manifest.csv', 'process.json']
    """
    drawn = draw_directed_corpus(n_utterances, process, seed)

    def make(root):
        """Write the corpus into a new folder."""
        (root / "audio").mkdir()
        items = list(drawn.items())
        seconds = [_speak(*item, seed, root) for item in progress(items)]
        _write_manifest(drawn, root / "manifest.csv")
        return {
            "ceilings": directed_ceilings(process),
            "sizes": _sizes(drawn, seconds),
        }

    return make_once(folder, _made_with(n_utterances, process, seed), make)


def draw_directed_corpus(
    n_utterances: int, process: DirectedProcess, seed: int
) -> dict[str, Utterance]:
    """Draw all that is said, by ID: by speaker, with shuffled labels."""
    balanced = len(SPEAKERS) * len(LABELS)
    if n_utterances < balanced or n_utterances % balanced:
        raise InputError(
            f"n_utterances={n_utterances}: expected a multiple of {balanced} "
            "(ten speakers with two labels each), such as 600."
        )
    rng = np.random.default_rng(seed)
    labels = np.repeat(LABELS, n_utterances // balanced)
    return {
        f"{speaker.id}_{number:03d}": draw_directed(
            process, speaker, label, rng
        )
        for speaker in SPEAKERS
        for number, label in enumerate(rng.permutation(labels).tolist())
    }


def _speak(name, utterance, seed, root):
    """Speak an utterance into its file; return the seconds."""
    voice = utterance.speaker.voice
    samples = synthesise(utterance.text, voice, **utterance.prosody)
    rng = np.random.default_rng([seed, *name.encode()])
    return write_wav(root / "audio" / f"{name}.wav", _record(samples, rng))


def _record(samples, rng):
    """Remove the mean and add white noise, for all utterances alike."""
    # espeak-ng's consonants differ in their mean; no microphone passes that.
    gain = 10 ** (rng.normal(*NOISE) / 20)
    noise = gain * rng.standard_normal(len(samples))
    return np.clip(samples - samples.mean() + noise, -1, 1)


def _write_manifest(drawn, path):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for name, said in drawn.items():
            wav, speaker = f"audio/{name}.wav", said.speaker
            split = SPLITS.get(speaker.session, "train")
            row = (name, wav, said.text, said.label, speaker.id, split)
            writer.writerow(row)


def _made_with(n_utterances, process, seed):
    """All that decides the bytes, for process.json."""
    return {
        "process": dataclasses.asdict(process),
        "n_utterances": n_utterances,
        "seed": seed,
        "prosody": {
            "order": ["rate", "pitch", "pitch_range", "volume"],
            "means": PROSODY,
            "standard_deviations": PROSODY_SD,
        },
        "speakers": [dataclasses.asdict(speaker) for speaker in SPEAKERS],
        "carriers": directed.CARRIERS,
        "things": directed.THINGS,
        "times": directed.TIMES,
        "noise_dbfs": NOISE,
        "split": SPLITS,
        "espeak_ng": espeak_version(),
        "sample_rate": SAMPLE_RATE,
    }


def _sizes(drawn, seconds):
    labels = Counter(utterance.label for utterance in drawn.values())
    return {
        "utterances": len(drawn),
        "labels": {label: labels[label] for label in LABELS},
        "seconds": round(sum(seconds), 3),
    }
