"""What the equaliser leaves of the shortcut, as a Markdown table.

    python benchmarks/shortcut.py --data_folder=/data/dsd

reads `manifest.csv` there (ID, wav, start, stop, label, spk_id; seconds,
paths relative to it), and measures the shortcut in raw recordings, in those
cut to start..stop, and with each option of the equaliser.

Authors
 * The turbo_sb developers 2026
"""

import argparse
import csv
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from speechbrain.dataio.preprocess import AudioNormalizer

from turbo_sb.codec import CODECS
from turbo_sb.dataio import read_signal
from turbo_sb.equalizer import Equalizer
from turbo_sb.errors import plain_errors
from turbo_sb.shortcut import shortcut_report, signal_features

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


def features_of(rows, folder, cut, options):
    """(n, features) of the equalised recordings."""
    equalizer, normalizer = Equalizer(**options), AudioNormalizer(RATE)
    features = []
    for row in rows:
        signal = read_signal(str(folder / row["wav"]), normalizer)
        if cut:
            edges = [round(float(row[key]) * RATE) for key in ("start", "stop")]
            signal = signal[slice(*edges)]
        features.append(signal_features(equalizer(signal, row["ID"]), RATE))
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
    with (options.data_folder / "manifest.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    targets = [int(row["label"] == "directed") for row in rows]
    groups = [row["spk_id"] or row["ID"] for row in rows]
    print(f"n {len(rows)}, {len(set(groups))} speakers, {Counter(targets)}\n")
    print("| recordings | linear ACC | EER | quadratic ACC | EER | weights |")
    print("|---|---|---|---|---|---|")
    for title, cut, chosen in CONDITIONS:
        features = features_of(rows, options.data_folder, cut, chosen)
        table = features, targets, groups
        print(line_of(title, *table, n_seeds=options.seeds))


if __name__ == "__main__":
    torch.set_num_threads(1)
    with plain_errors():
        main()
