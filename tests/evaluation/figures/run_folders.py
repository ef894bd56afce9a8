"""Synthetic finished runs, in the formats of `turbo_sb.training.outcomes` and the log."""

import json

import numpy as np

from turbo_sb.training.run_folder import find_runs

EMOTIONS = ["ang", "hap", "neu", "sad"]
DETECTION = ["non_directed", "directed"]
TERMS = {
    "vanilla": ["ce"],
    "cross_modal": ["ce", "cross/audio1-text1"],
    "turbo": [
        *("ce", "in/audio", "in/text", "cross/audio1-text1"),
        *("cross/audio1-text2", "cross/audio2-text1", "cross/audio2-text2"),
    ],
    "audio_only": ["ce"],
}
# How far the embeddings are from collapse, by method.
SPREAD = {"vanilla": 0.3, "cross_modal": 0.6, "turbo": 3.0, "audio_only": 0.4}


def write_run(
    folder,
    method="turbo",
    protocol="speaker10",
    fold=1,
    seed=1,
    labels=EMOTIONS,
    n=40,
    epochs=12,
    **facts,
):
    """Write METHOD/RUN below a folder, and return the run's folder.

    `facts` replace those of metrics.json; a fact that is ... is taken out.
    """
    rng = np.random.default_rng([fold or 0, seed or 0, len(method)])
    run = folder / method / f"{protocol}_fold{fold}_seed{seed}"
    run.mkdir(parents=True)
    spread = SPREAD.get(method, 1.0)
    found = {
        "n": n,
        "labels": labels,
        "alignment": float(2 / (1 + spread) + rng.normal(scale=0.05)),
        "uniformity_audio": float(-spread + rng.normal(scale=0.1)),
        "uniformity_text": float(-spread / 2 + rng.normal(scale=0.1)),
        "protocol": protocol,
        "fold": fold,
        "seed": seed,
        **facts,
    }
    if method == "audio_only":
        found["alignment"] = None
        del found["uniformity_text"]
    found = {name: value for name, value in found.items() if value is not ...}
    targets = rng.integers(len(labels), size=n)
    predicted = write_predictions(run, labels, targets, rng)
    found["confusion"] = count_pairs(targets, predicted, len(labels))
    (run / "metrics.json").write_text(json.dumps(found))
    write_embeddings(run, labels, targets, rng, spread, found)
    write_log(run, TERMS.get(method, ["ce"]), labels, epochs, rng)
    return run


def write_predictions(run, labels, targets, rng):
    """Probabilities of random logits that lean to the right class."""
    logits = rng.normal(size=(len(targets), len(labels)))
    logits += 2 * np.eye(len(labels))[targets]
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    lines = ["ID,label,prediction," + ",".join(f"p_{x}" for x in labels)]
    for number, (target, row) in enumerate(zip(targets, shares)):
        names = f"utt{number},{labels[target]},{labels[row.argmax()]}"
        lines.append(f"{names},{','.join(map(str, row))}")
    (run / "predictions.csv").write_text("\n".join(lines) + "\n")
    return logits.argmax(axis=1)


def count_pairs(targets, predicted, n):
    """A row a label, a column a prediction."""
    counts = np.zeros((n, n), dtype=int)
    np.add.at(counts, (targets, predicted), 1)
    return counts.tolist()


def write_embeddings(run, labels, targets, rng, spread, found):
    """A cloud of ten dimensions around a direction, a class a corner."""
    names = np.array([labels[target] for target in targets])
    arrays = {}
    for modality in ("audio", "text"):
        if f"uniformity_{modality}" in found:
            cloud = rng.normal(size=(len(targets), 10), scale=0.3)
            cloud += 3 * np.eye(10)[targets % 10]
            arrays[modality] = (5 * np.eye(10)[9] + spread * cloud).astype(
                np.float32
            )
    ids = np.array([f"utt{number}" for number in range(len(targets))])
    np.savez_compressed(run / "embeddings.npz", ids=ids, labels=names, **arrays)


def write_log(run, terms, labels, epochs, rng):
    """A history.jsonl, whose values fall or rise by epoch."""
    rates = ("ACC", "EER") if len(labels) == 2 else ("WA", "UA")
    lines = []
    for epoch in range(1, epochs + 1):
        train = {"loss": 3 / epoch, "seconds": 2.0}
        train |= {t: 2 / epoch**0.5 + rng.normal(scale=0.05) for t in terms}
        risen = 1 - 0.7 / epoch**0.5 + rng.normal(scale=0.02)
        valid = {"loss": 1.2, "seconds": 0.1, rates[0]: risen}
        valid[rates[1]] = 1 - risen if rates[1] == "EER" else risen - 0.05
        valid |= {"alignment": 1.9, "uniformity_audio": -2.0}
        valid |= {"uniformity_text": -1.0 - epoch / 10}
        line = {"epoch": epoch, "lr": 1e-5, "train": train, "valid": valid}
        lines.append(json.dumps(line))
    lines.append(json.dumps({"epoch_loaded": 5, "test": {"loss": 1.0}}))
    (run / "history.jsonl").write_text("\n".join(lines) + "\n")


def run_of(folder, **settings):
    """Write one run, and read it back."""
    write_run(folder, **settings)
    (run,) = find_runs(folder)
    return run
