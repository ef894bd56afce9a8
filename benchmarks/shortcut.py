"""What the equaliser leaves of the shortcut, as a Markdown table.

    python benchmarks/shortcut.py --data_folder=/data/dsd

reads `manifest.csv` there as the DSD recipe does, and measures the shortcut in
raw recordings, in those cut to start..stop, if the manifest has that, and with
each option of the equaliser.

Authors
 * The turbo_sb developers 2026
"""

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import torch

from turbo_sb.data.audio_normalizer import AudioNormalizer
from turbo_sb.data.channel.codec import CODECS
from turbo_sb.data.channel.equalizer import Equalizer
from turbo_sb.data.dataset import read_entry
from turbo_sb.data.manifest import load_manifest
from turbo_sb.evaluation.baselines.shortcut import (
    shortcut_report,
    signal_features,
)
from turbo_sb.metrics.bootstrap import speaker_groups
from turbo_sb.utils.errors import plain_errors

sys.path.insert(0, str(Path(__file__).parents[1] / "recipes/DSD/turbo"))
from dsd_prepare import prepare_dsd  # noqa: E402

RATE = 16000
PRESET = dict(trim=True, rms_db=-26, band=[300, 3400], snr_db=20)
CONDITIONS = [  # title, whether cut to start..stop, options of the equaliser
    ("raw recordings", False, {}),
    ("raw, trimmed", False, dict(trim=True)),
    ("cut to start..stop", True, {}),
    *(
        (f"cut, {key}={value}", True, {key: value})
        for key, value in [
            ("trim", True),
            ("band", [300, 3400]),
            *(("codec", name) for name in CODECS),
            *(("snr_db", snr) for snr in (30, 20, 10)),
            ("rms_db", -26),
        ]
    ),
    ("raw, preset", False, PRESET),
    ("cut, preset", True, PRESET),
    ("raw, preset at 10 dB", False, PRESET | dict(snr_db=10)),
    ("cut, preset at 10 dB", True, PRESET | dict(snr_db=10)),
    ("cut, preset and gsm", True, PRESET | dict(codec="gsm")),
]


def read(data_folder):
    """Utterance ID to its fields, in all the recipe's sets."""
    entries = {}
    with tempfile.TemporaryDirectory() as folder:
        prepare_dsd(data_folder, folder)
        for name in ("train", "valid", "test"):
            entries |= load_manifest(Path(folder, f"{name}.json"))
    return entries


def features_of(entries, folder, cut, options):
    """(n, features) of the equalised recordings."""
    equalizer, normalizer = Equalizer(**options), AudioNormalizer(RATE)
    features = []
    for name, entry in entries.items():
        entry = entry if cut else {"wav": entry["wav"]}
        signal = read_entry(name, entry, normalizer, folder, equalizer)
        features.append(signal_features(signal, RATE))
    return np.stack(features)


def line_of(title, *table, n_seeds):
    """One row: percentages, means and standard deviations over seeds."""
    reports = [shortcut_report(*table, seed=seed) for seed in range(n_seeds)]
    cells = [title]
    for key in ("ACC", "EER", "ACC_quadratic", "EER_quadratic"):
        values = [100 * report[f"shortcut_{key}"] for report in reports]
        cells.append(f"{np.mean(values):.1f} ± {np.std(values):.1f}")
    weights = reports[0]["weights"][:3]
    cells.append(", ".join(f"{name} {w:+.1f}" for name, w in weights))
    return f"| {' | '.join(cells)} |"


def main():
    """Read the manifest and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data_folder", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    entries = read(options.data_folder)
    targets = [int(e["label"] == "directed") for e in entries.values()]
    speakers = [e["spk_id"] for e in entries.values()]
    groups = speaker_groups(entries, speakers)
    print(f"n {len(entries)}, {len(set(groups))} groups, {Counter(targets)}\n")
    print("| recordings | linear ACC | EER | quadratic ACC | EER | weights |")
    print("|---|---|---|---|---|---|")
    stretches = any("start" in entry for entry in entries.values())
    for title, cut, chosen in CONDITIONS:
        if cut and not stretches:
            continue
        features = features_of(entries, options.data_folder, cut, chosen)
        table = features, targets, groups
        print(line_of(title, *table, n_seeds=options.seeds))


if __name__ == "__main__":
    torch.set_num_threads(1)
    with plain_errors():
        main()
