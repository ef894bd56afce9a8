"""The DSD recipe from its command line to its files."""

import csv
import json
import re

import numpy as np
import pytest
import soundfile

from tests import forks
from tests.dsd_layout import lay_out
from tests.recipes.recipe_runs import DSD, arguments, load_train
from turbo_sb import metrics
from turbo_sb.utils.errors import InputError

FILES = {
    "hyperparams.yaml",
    "train_log.txt",
    "log.txt",
    "env.log",
    "train.json",
    "valid.json",
    "test.json",
    "skipped.csv",
    "preparation.json",
    "shortcut.json",
    "predictions.csv",
    "metrics.json",
    "embeddings.npz",
    "det.png",
    "det.pdf",
    "save",
}
BOTH = ("audio", "text")
# A YAML and its modalities.
METHODS = [
    *(("vanilla", BOTH), ("cross_modal", BOTH), ("turbo", BOTH)),
    *(("vanilla", ("audio",)), ("vanilla", ("text",))),
]
EVERY_RUN_HAS = set(
    """ACC EER EER_threshold AUC FAR_at_FRR10 ACC_at_valid_EER
    valid_EER_threshold ACC_interval EER_interval intervals_by n_groups n
    labels confusion alignment shortcut_ACC shortcut_EER shortcut_majority
    shortcut_ACC_quadratic shortcut_EER_quadratic shortcut_ACC_test
    shortcut_EER_test equalizer cut left_out
    n_skipped protocol fold seed best_epoch""".split()
)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Ten speakers with both classes, eight of them to train on."""
    return lay_out(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def command(corpus, encoder_folders):
    """Build a command line on the tiny corpus and encoders."""

    def build(method, folder, data_folder=corpus, **overrides):
        encoders = encoder_folders["small"]
        given = {"recipe": DSD, **overrides}
        return arguments(method, folder, data_folder, encoders, **given)

    return build


@pytest.fixture(scope="module")
def run(command):
    """Run the recipe in this process."""
    main = load_train(DSD).main

    def run(method, folder, **overrides):
        main(command(method, folder, **overrides))
        return json.loads((folder / "metrics.json").read_text())

    return run


def read_predictions(folder):
    """Scores and targets, as anybody would read them from the file."""
    with open(folder / "predictions.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    scores = np.array([float(row["p_directed"]) for row in rows])
    targets = np.array([int(row["label"] == "directed") for row in rows])
    predicted = np.array([row["prediction"] == "directed" for row in rows])
    return scores, targets, predicted


@pytest.mark.parametrize(("method", "modalities"), METHODS)
def test_method_trains_to_the_end_and_leaves_its_files(
    method, modalities, run, tmp_path
):
    found = run(method, tmp_path, modalities=f"[{', '.join(modalities)}]")
    assert FILES <= {path.name for path in tmp_path.iterdir()}
    assert EVERY_RUN_HAS <= set(found)
    facts = [found[key] for key in ("protocol", "fold", "seed", "n")]
    assert facts == ["manifest", 1, 1986, 4]
    assert found["labels"] == ["non_directed", "directed"]
    assert found["intervals_by"] == "speaker"
    with np.load(tmp_path / "embeddings.npz") as arrays:
        assert set(arrays) - {"ids", "labels"} == set(modalities)
    both, beside = modalities == BOTH, tmp_path.glob("predictions_*")
    assert (found["alignment"] is None) == (not both)
    expected = [f"predictions_{m}_only.csv" for m in ("audio", "text")]
    assert sorted(p.name for p in beside) == (expected if both else [])
    for name in ("audio_only", "text_only") if both else ():
        measured = {"ACC", "EER", "EER_threshold", "AUC", "FAR_at_FRR10"}
        assert set(found[name]) == measured


def test_every_metric_can_be_computed_from_the_predictions(run, tmp_path):
    found = run("vanilla", tmp_path)
    scores, targets, predicted = read_predictions(tmp_path)
    assert found["ACC"] == np.mean(predicted == targets)
    eer, threshold = metrics.equal_error_rate(scores, targets)
    assert found["EER"] == eer
    accepted = scores >= threshold
    assert ((scores >= found["EER_threshold"]) == accepted).all()
    assert found["AUC"] == metrics.roc_auc(scores, targets)
    assert found["FAR_at_FRR10"] == metrics.false_accept_rate(scores, targets)
    chosen = found["valid_EER_threshold"]
    assert found["ACC_at_valid_EER"] == np.mean((scores >= chosen) == targets)


def test_the_threshold_is_the_one_of_the_best_epochs_validation(run, tmp_path):
    found = run("vanilla", tmp_path, number_of_epochs=3)
    epochs = (tmp_path / "train_log.txt").read_text().splitlines()[:3]
    values = [
        {k: float(v) for k, v in re.findall(r"valid (\S+): ([\d.e-]+)", epoch)}
        for epoch in epochs
    ]
    errors = [value["EER"] for value in values]
    assert found["best_epoch"] == 1 + errors.index(min(errors))
    logged = values[found["best_epoch"] - 1]["EER_threshold"]
    assert found["valid_EER_threshold"] == pytest.approx(logged, rel=1e-3)


def test_best_metric_chooses_the_epoch(run, tmp_path):
    found = run("vanilla", tmp_path, best_metric="AUC", number_of_epochs=3)
    epochs = (tmp_path / "train_log.txt").read_text().splitlines()[:3]
    areas = [float(re.search(r"valid AUC: ([\d.]+)", e)[1]) for e in epochs]
    assert found["best_epoch"] == 1 + areas.index(max(areas))


def test_test_only_gives_the_same(run, tmp_path):
    first = run("vanilla", tmp_path)
    (tmp_path / "metrics.json").unlink()
    assert run("vanilla", tmp_path, flags=("--test_only",)) == first


@pytest.mark.parametrize("flags", [("--test_only",), ()])
def test_sets_do_not_change_under_a_training(flags, run, tmp_path):
    """Another row, and a model would be tested on what it was trained on."""
    corpus = lay_out(tmp_path / "corpus")
    folder = tmp_path / "run"
    keys = {"data_folder": corpus}
    before = run("vanilla", folder, number_of_epochs=1, **keys)
    sets = (folder / "test.json").read_bytes()
    lay_out(corpus, n_speakers=13)
    with pytest.raises(InputError, match="would change: .* --skip_prep=True"):
        run("vanilla", folder, flags=flags, number_of_epochs=2, **keys)
    assert (folder / "test.json").read_bytes() == sets
    keys["skip_prep"] = True
    flags = ("--test_only",)
    assert run("vanilla", folder, flags=flags, **keys) == before


def test_debug_with_one_class_in_its_two_batches(run, command, tmp_path):
    """The IDs are sorted, so two small batches hold one class only."""
    flags = ("--debug", "--debug_persistently")
    found = run("vanilla", tmp_path, flags=flags, batch_size=2)
    assert found["n"] == 4 or found["EER"] is None


def test_the_shortcut_is_measured_and_equalised_away(run, tmp_path):
    """Directed "speech" is 20 dB louder, and nothing else differs."""
    corpus = lay_out(tmp_path / "corpus")
    generator = np.random.default_rng(1)
    for path in sorted((corpus / "audio").iterdir()):
        noise = generator.normal(size=3200)
        gain = 0.01 if label_of(path, corpus) == "directed" else 0.001
        soundfile.write(path, gain * noise, 16000)
    keys = {"data_folder": corpus, "number_of_epochs": 1}
    raw = run("vanilla", tmp_path / "raw", **keys)
    assert raw["shortcut_ACC"] > 0.95
    assert raw["equalizer"] == "channel as recorded"
    keys["equalize_rms_db"] = -26
    level = run("vanilla", tmp_path / "level", **keys)
    assert level["shortcut_ACC"] < 0.75
    assert "-26" in level["equalizer"]
    log = (tmp_path / "level" / "log.txt").read_text()
    assert f"ACC {level['shortcut_ACC']:.3f}" in log


def label_of(path, corpus):
    """A file's label, from the manifest."""
    with open(corpus / "manifest.csv", newline="") as file:
        rows = {row["wav"]: row["label"] for row in csv.DictReader(file)}
    return rows[str(path.relative_to(corpus))]


def test_the_model_hears_what_the_equaliser_leaves(
    command, tmp_path, monkeypatch
):
    """The longest of a batch, which has no padding, is at the level."""
    train = load_train(DSD)
    heard, forward = [], train.TurboBrain.compute_forward

    def listen(self, batch, stage):
        power = batch.signal.data.square().mean(dim=1)
        heard.append((stage, power.max().item()))
        return forward(self, batch, stage)

    monkeypatch.setattr(train.TurboBrain, "compute_forward", listen)
    train.main(
        command("vanilla", tmp_path, number_of_epochs=1, equalize_rms_db=-20)
    )
    assert len({stage for stage, _ in heard}) == 3
    for _, power in heard:
        assert power == pytest.approx(0.01, rel=1e-3)


def test_without_the_shortcut_report_nothing_is_claimed(run, tmp_path):
    """Nor what the same folder holds from before."""
    run("vanilla", tmp_path, number_of_epochs=1)
    keys = {"shortcut_report": False, "number_of_epochs": 1}
    found = run("vanilla", tmp_path, **keys)
    assert found["shortcut_ACC"] is found["shortcut_EER"] is None


def test_rows_are_skipped_where_the_user_asks_for_it(run, tmp_path):
    changes = {"s0_d0": {"text": ""}, "s1_n1": {"wav": "audio/none.wav"}}
    corpus = lay_out(tmp_path / "corpus", **changes)
    keys = {"data_folder": corpus, "bad_rows": "skip", "number_of_epochs": 1}
    assert run("vanilla", tmp_path / "run", **keys)["n_skipped"] == 2
    text = (tmp_path / "run" / "skipped.csv").read_text()
    assert text.count("\n") == 3 and "audio/none.wav: no such file" in text


def test_stretches_of_one_stereo_recording(run, tmp_path):
    """44.1 kHz, two channels, semicolons, a byte-order mark, Windows."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    noise = np.random.default_rng(1).normal(size=(40 * 44100, 2)) / 10
    soundfile.write(corpus / "day.wav", noise, 44100)
    lines = ["ID;wav;text;label;start;stop"]
    for k in range(40):
        label = ("non_directed", "directed")[k % 2]
        lines.append(f"u{k:02};day.wav;hello, world;{label};{k};{k + 0.5}")
    text = "\ufeff" + "\r\n".join(lines) + "\r\n"
    (corpus / "manifest.csv").write_bytes(text.encode())
    keys = {"data_folder": corpus, "number_of_epochs": 1}
    found = run("turbo", tmp_path / "run", **keys)
    assert found["n"] == 4
    assert found["intervals_by"] == "utterance"
    entry = json.loads((tmp_path / "run" / "test.json").read_text())
    assert all(e["duration"] == pytest.approx(0.5) for e in entry.values())


def test_a_corpus_is_left_out(run, tmp_path):
    columns = ("ID", "wav", "text", "label", "corpus")
    corpus = lay_out(tmp_path / "corpus", columns=columns)
    keys = {"data_folder": corpus, "protocol": "corpus", "number_of_epochs": 1}
    found = run("vanilla", tmp_path / "run", fold=4, **keys)
    assert (found["protocol"], found["fold"]) == ("corpus", 4)
    sets = {
        name: json.loads((tmp_path / "run" / f"{name}.json").read_text())
        for name in ("train", "valid", "test")
    }
    corpora = {
        name: {e["corpus"] for e in part.values()}
        for name, part in sets.items()
    }
    assert corpora["train"] == corpora["valid"] == {"ami", "fsc", "libri"}
    assert corpora["test"] == {"ami", "libri", "slurp"}
    assert found["left_out"] == "slurp"


def test_an_error_is_one_message(command, tmp_path):
    corpus = lay_out(tmp_path / "corpus")
    path = corpus / "manifest.csv"
    path.write_text(path.read_text().replace("non_directed", "other", 1))
    argv = command("vanilla", tmp_path / "run", data_folder=corpus)
    result = forks.run(["train.py", *argv], cwd=DSD)
    assert result.returncode == 2
    message = result.stdout[result.stdout.index("error: ") :]
    assert "label 'other', expected non_directed or directed" in message
    assert "Traceback" not in result.stdout


def test_unmatched_seeds_share_the_cut(run, tmp_path):
    """`seed` moves the training, `split_seed` the cut."""
    tests = []
    for k, keys in enumerate([{}, {"seed": 2}, {"split_seed": 2}]):
        run("vanilla", tmp_path / str(k), number_of_epochs=1, **keys)
        text = (tmp_path / str(k) / "test.json").read_text()
        tests.append(sorted(json.loads(text)))
    assert tests[0] == tests[1] != tests[2]
