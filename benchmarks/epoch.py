"""An epoch through train.py: the stock way, the naive way, and ours.

    python benchmarks/epoch.py --durations=durations.csv

writes recordings of noise of these durations and trains on them, each variant
in a process of its own, with models a sixteenth as wide as the base models and
otherwise the same. Then it reads the training set as a worker does, and
nothing else.

Authors
 * The turbo_sb developers 2026
"""

import argparse
import json
import os
import re
import statistics
import string
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile
from measuring import print_head, print_row, processor
from workload import RATE, SCALED, build, draw_batches, read_durations

from turbo_sb.data.dataset import make_dataset
from turbo_sb.data.feature_cache import FeatureCache
from turbo_sb.encoders import AudioEncoder, TextEncoder

RECIPE = Path(__file__).parents[1] / "recipes" / "IEMOCAP" / "turbo"
OURS, STOCK, NAIVE = "ours", "stock, one pass", "naive Turbo, CNN truly frozen"
FROZEN = "truly_frozen: True"
# Name: what the model is, and what is given on the command line.
VARIANTS = {
    STOCK: ("", {"lambda_ce": 1}),
    "stock, one pass, CNN truly frozen": (FROZEN, {"lambda_ce": 1}),
    NAIVE: (FROZEN, {}),
    "ours, `encode_chunk: null`": (OURS, {"encode_chunk": "null"}),
    "ours": (OURS, {}),
    "ours, 2 workers": (OURS, {"num_workers": 2}),
    "ours, `--precision=bf16`": (OURS, {"precision": "bf16"}),
    "ours, cached": (OURS, {"cache_features": True}),
    "ours, cached, recompute": (
        OURS,
        {"cache_features": True, "recompute": True},
    ),
    "vanilla, cached": (OURS, {"cache_features": True, "lambda_ce": 1}),
}
SETS = {"train": 256, "valid": 16, "test": 16}  # utterances
LABELS = ["ang", "hap", "neu", "sad"]
STOCK_MODEL = """model: !new:workload.Stock
    sources: [!ref <audio_encoder_source>, !ref <text_encoder_source>]
    {option}
    unused: [{unused}]
"""
# Keys that only our model has.
UNUSED = (
    "projection, projection_dim, dropout, modalities, encode_chunk, recompute"
)


def main():
    """Write the data, run each variant, and print Markdown tables."""
    options = _parse()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        durations = read_durations(options.durations)
        for name, n in {**SETS, "train": options.n}.items():
            write_set(folder, name, durations, n)
        write_set(folder, "48 kHz", durations, options.n, rate=48000)
        sources = build(folder, SCALED)
        found = {}
        for name, variant in VARIANTS.items():
            found[name] = train(folder, sources, variant, options)
            print(f"{name}: {found[name]}", file=sys.stderr, flush=True)
        print_epochs(found, options)
        print_reading(folder, sources)


def _parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    add = parser.add_argument
    add("--durations", help="a CSV of seconds, or none to draw them")
    add("--n", type=int, default=SETS["train"], help="utterances")
    add("--epochs", type=int, default=3)
    add("--threads", type=int, default=1)
    return parser.parse_args()


def write_set(folder, name, durations, n, rate=RATE):
    """Recordings of noise, letters as words, and their manifest."""
    rng = np.random.default_rng(0)
    [(samples, tokens)] = draw_batches(durations, 1, n)
    entries = {}
    for row, (long, words) in enumerate(zip(samples, tokens)):
        wav, seconds = folder / f"{name}{row}.wav", long / RATE
        noise = 0.1 * rng.standard_normal(round(seconds * rate))
        soundfile.write(wav, noise, rate)
        entries[wav.stem] = {
            "wav": str(wav),
            "duration": seconds,
            "text": " ".join(rng.choice([*string.ascii_lowercase], words)),
            "label": LABELS[row % len(LABELS)],
        }
    path = folder / f"{name}.json"
    path.write_text(json.dumps(entries), encoding="utf-8")


def write_yaml(folder, model):
    """The recipe's own, or with the stock model in it."""
    text = (RECIPE / "hparams" / "turbo.yaml").read_text(encoding="utf-8")
    if model != OURS:
        unused = ", ".join(f"!ref <{key}>" for key in UNUSED.split(", "))
        stock = STOCK_MODEL.format(option=model, unused=unused)
        text = re.sub(r"^model: .*\n(    .*\n)+", stock, text, flags=re.M)
    path = folder / "variant.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def train(folder, sources, variant, options):
    """Median seconds of an epoch, of the whole command, and MiB."""
    model, given = variant
    with tempfile.TemporaryDirectory(dir=folder) as output:
        settings = {
            **run_settings(folder, sources, output, options.epochs),
            "cache_folder": f"{output}/cache",
            **given,
        }
        start = time.perf_counter()
        run(write_yaml(folder, model), settings, options.threads)
        seconds = time.perf_counter() - start
        log = (Path(output) / "train_log.txt").read_text(encoding="utf-8")
        cost = json.loads((Path(output) / "cost.json").read_text())
    epochs = map(float, re.findall(r"train seconds: ([\d.e+]+)", log))
    return statistics.median(epochs), seconds, cost["peak_memory_mb"]


def run_settings(folder, sources, output, epochs):
    """What every training is given, on the sets that are in a folder."""
    return {
        "data_folder": folder,
        **{f"{name}_annotation": folder / f"{name}.json" for name in SETS},
        "skip_prep": True,
        "protocol": "given",
        "output_folder": output,
        "audio_encoder_source": sources[0],
        "text_encoder_source": sources[1],
        "number_of_epochs": epochs,
        "num_workers": 0,
        "device": "cpu",
    }


def run(yaml, settings, threads, processes=1):
    """A training; what it prints is shown if it fails."""
    several = []
    if processes > 1:
        several = ["-m", "torch.distributed.run", "--standalone"]
        several.append(f"--nproc_per_node={processes}")
    here = str(Path(__file__).parent)
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": str(threads),
        "PYTHONPATH": os.pathsep.join([here, os.environ.get("PYTHONPATH", "")]),
    }
    given = [f"--{key}={value}" for key, value in settings.items()]
    done = subprocess.run(
        [sys.executable, *several, RECIPE / "train.py", yaml, *given],
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode:
        raise RuntimeError(done.stdout)


def print_epochs(found, options):
    """The table of trainings."""
    print(
        f"{processor()}, {options.threads} thread(s): {options.n} utterances, "
        f"batches of 64, median of {options.epochs} epochs:\n"
    )
    head = ["", "epoch (s)", "/ stock", "naive /", "all (s)", "peak MiB"]
    print_head(head)
    for name, (epoch, seconds, peak) in found.items():
        cells = [f"{epoch:.1f}", f"{epoch / found[STOCK][0]:.2f}"]
        cells += [f"{found[NAIVE][0] / epoch:.1f}", f"{seconds:.0f}"]
        print_row([name, *cells, f"{peak:,}"])


def print_reading(folder, sources):
    """The table of what one worker reads."""
    text = TextEncoder(sources[1])
    cache = FeatureCache(AudioEncoder(sources[0]), folder / "cache")
    train = folder / "train.json"
    cache.fill(json.loads(train.read_text(encoding="utf-8")))
    print("\nReading alone, one process:\n")
    print_head(["", "utterances / s", "audio (s) / s"])
    for name, manifest, features in (
        ("waveforms", train, None),
        ("waveforms of 48 kHz", folder / "48 kHz.json", None),
        ("cached features", train, cache),
    ):
        dataset = make_dataset(
            manifest, folder, text.tokenize, LABELS, features=features
        )
        heard = sum(entry["duration"] for entry in dataset.data.values())
        start = time.perf_counter()
        for row in range(len(dataset)):
            dataset[row]
        seconds = time.perf_counter() - start
        rates = len(dataset) / seconds, heard / seconds
        print_row([name, *(f"{rate:,.0f}" for rate in rates)])


if __name__ == "__main__":
    main()
