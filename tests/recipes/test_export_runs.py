"""From a training to a prediction elsewhere: the same probabilities."""

import json
import os
import shutil

import numpy as np
import pytest

from tests.encoders.families import AUDIO, TEXT, build
from tests.recipes.recipe_runs import DSD, start, start_fresh
from turbo_sb.demo import write_corpus
from turbo_sb.inference.classifier import TurboClassifier
from turbo_sb.inference.export import export_run
from turbo_sb.inference.export_format import read_export
from turbo_sb.training.run_folder import find_runs
from turbo_sb.utils.errors import InputError

# In a process of its own, without a network, far from the training.
PREDICT = """
import socket, sys, json

def refuse(*_, **__):
    print("asked for the network", flush=True)
    raise OSError("no network in this test")

socket.socket.connect = refuse
socket.create_connection = socket.getaddrinfo = refuse
from turbo_sb.inference.classifier import TurboClassifier

folder, manifest, data, out = sys.argv[1:]
classifier, rows = TurboClassifier.from_hparams(folder), {}
for size in (1, 64):
    found = classifier.classify_manifest(manifest, data, batch_size=size)
    rows[size] = {
        p.name: [p.probabilities[x] for x in classifier.labels] for p in found
    }
json.dump(rows, open(out, "w"))
"""


@pytest.fixture(scope="session")
def spoken(tmp_path_factory):
    """The demo's corpus, with fewer utterances."""
    folder = tmp_path_factory.mktemp("demo") / "corpus"
    write_corpus(folder, n_utterances=80)
    return folder


@pytest.fixture(scope="session")
def trained(run, spoken, tmp_path_factory):
    """A training with a missing modality on the demo's corpus."""
    folder = tmp_path_factory.mktemp("trained") / "run"
    run("turbo", folder, data_folder=spoken, modality_dropout=0.3)
    return folder


def final_probabilities(folder):
    """ID to the probabilities that a training ended with."""
    (found,) = find_runs(folder)
    predictions = found.predictions()
    return dict(zip(predictions["ids"], predictions["probabilities"]))


def largest_difference(found, expected):
    assert found.keys() == expected.keys()
    return max(np.abs(np.subtract(found[k], expected[k])).max() for k in found)


def predicted(classifier, manifest, data_folder, **options):
    found = classifier.classify_manifest(manifest, data_folder, **options)
    assert not any(p.error for p in found)
    return {p.name: list(p.probabilities.values()) for p in found}


def test_elsewhere_without_network(trained, spoken, tmp_path):
    export_run(trained, tmp_path / "first")
    folder = shutil.move(tmp_path / "first", tmp_path / "else where")
    out = tmp_path / "found.json"
    command = ["-c", PREDICT, str(folder), str(trained / "test.json")]
    # Nobody has told the hub's clients that there is no network.
    env = {k: v for k, v in os.environ.items() if k != "HF_HUB_OFFLINE"}
    process = start_fresh([*command, str(spoken), str(out)], env=env)
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert "asked for the network" not in said
    by_size = json.loads(out.read_text())
    assert set(by_size) == {"1", "64"}
    for found in by_size.values():
        assert len(found) == 16
        expected = final_probabilities(trained)
        assert largest_difference(found, expected) <= 1e-5


def test_no_utterance_of_the_training_is_cut(trained, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(trained, run)
    for seconds, window in ((29.5, 30), (33.2, 34)):
        entries = json.loads((run / "train.json").read_text())
        next(iter(entries.values()))["duration"] = seconds
        (run / "train.json").write_text(json.dumps(entries))
        export_run(run, tmp_path / f"mine{window}")
        settings = read_export(tmp_path / f"mine{window}")
        assert settings["window_seconds"] == window


@pytest.mark.parametrize("missing", ["audio", "text"])
def test_each_modality_alone(trained, spoken, tmp_path, missing):
    """As the training's own rows of a missing modality."""
    export_run(trained, tmp_path / "mine")
    classifier = TurboClassifier.from_hparams(tmp_path / "mine")
    entries = json.loads((trained / "test.json").read_text())
    kept = "text" if missing == "audio" else "wav"
    rows = [
        f'{name},"{entry[kept]}"'.replace("{data_root}", str(spoken))
        for name, entry in entries.items()
    ]
    table = tmp_path / "manifest.csv"
    table.write_text("\n".join([f"ID,{kept}", *rows]))
    found = predicted(classifier, table, None)
    which = {"audio": "text_only", "text": "audio_only"}[missing]
    path = trained / f"predictions_{which}.csv"
    lines = [line.split(",") for line in path.read_text().splitlines()[1:]]
    expected = {line[0]: list(map(float, line[3:])) for line in lines}
    assert largest_difference(found, expected) <= 1e-5


def test_from_the_training_itself(trained, spoken):
    """SpeechBrain's way: its YAML is run, and so has to be asked for."""
    with pytest.raises(InputError, match="Export it .* or trust it"):
        TurboClassifier.from_hparams(trained)
    classifier = TurboClassifier.from_hparams(trained, "hyperparams.yaml")
    found = predicted(classifier, trained / "test.json", spoken)
    assert largest_difference(found, final_probabilities(trained)) <= 1e-5


def test_sources_of_the_encoders_are_not_needed(
    run, spoken, encoder_folders, tmp_path
):
    sources = tmp_path / "sources"
    for kind, folder in zip(("audio", "text"), encoder_folders["small"]):
        shutil.copytree(folder, sources / kind)
    own = {f"{k}_encoder_source": sources / k for k in ("audio", "text")}
    run("vanilla", tmp_path / "run", data_folder=spoken, **own)
    shutil.rmtree(sources)
    export_run(tmp_path / "run", tmp_path / "mine")
    classifier = TurboClassifier.from_hparams(tmp_path / "mine")
    found = predicted(classifier, tmp_path / "run" / "test.json", spoken)
    assert (
        largest_difference(found, final_probabilities(tmp_path / "run")) <= 1e-5
    )


def test_a_training_that_was_moved(run, spoken, tmp_path):
    """Nothing is written where it was."""
    run("vanilla", tmp_path / "run", data_folder=spoken, logger="tensorboard")
    moved = shutil.move(tmp_path / "run", tmp_path / "moved")
    before = sorted(moved.rglob("*"))
    export_run(moved, tmp_path / "mine")
    assert sorted(moved.rglob("*")) == before
    assert not (tmp_path / "run").exists()


def test_command(trained, tmp_path):
    """As in the README."""
    module = ["-m", "turbo_sb", "export", str(trained)]
    process = start([*module, "--to", str(tmp_path / "mine"), "--neighbours"])
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert f"MB, is in {tmp_path / 'mine'}\n" in said
    assert f"Next: turbo-sb predict {tmp_path / 'mine'} a.wav" in said
    names = {path.name for path in (tmp_path / "mine").iterdir()}
    assert {"neighbours.json", "neighbours.safetensors"} <= names


def test_a_folder_that_is_no_training(tmp_path):
    with pytest.raises(InputError, match="not the output folder of a training"):
        export_run(tmp_path, tmp_path / "mine")


def test_without_its_best_epoch(run, spoken, tmp_path):
    run("vanilla", tmp_path / "run", data_folder=spoken, number_of_epochs=3)
    save = tmp_path / "run" / "save"
    for path in save.glob("CKPT*"):
        if (
            f"epoch: {_best(tmp_path / 'run')}\n"
            in (path / "CKPT.yaml").read_text()
        ):
            shutil.rmtree(path)
    with pytest.raises(InputError, match="the best epoch, . is not|no checkpo"):
        export_run(tmp_path / "run", tmp_path / "mine")


def _best(folder):
    return json.loads((folder / "metrics.json").read_text())["best_epoch"]


def test_dsd_with_its_channel(tmp_path, encoder_folders):
    """The equaliser's noise goes by the utterance's ID."""
    from tests.dsd_layout import lay_out
    from tests.recipes.recipe_runs import arguments, load_train

    corpus = lay_out(tmp_path / "corpus")
    command = arguments(
        "turbo",
        tmp_path / "run",
        corpus,
        encoder_folders["small"],
        recipe=DSD,
        equalize_trim=True,
        equalize_band=[300, 3400],
        equalize_snr_db=20,
        equalize_rms_db=-26,
        shortcut_report=False,
    )
    load_train(DSD).main(command)
    export_run(tmp_path / "run", tmp_path / "mine")
    classifier = TurboClassifier.from_hparams(tmp_path / "mine")
    manifest = tmp_path / "run" / "test.json"
    found = predicted(classifier, manifest, corpus)
    assert (
        largest_difference(found, final_probabilities(tmp_path / "run")) <= 1e-5
    )


PAIRS = [
    ("wav2vec2-base", "bert"),
    ("wav2vec2-large", "electra"),
    ("hubert-base", "roberta"),
    ("hubert-large", "xlm-roberta"),
    ("distilhubert", "albert"),
    ("wavlm-base", "deberta-v3"),
    ("wavlm-large", "deberta-v2"),
    ("whisper", "gpt2"),
]


def test_pairs_are_all_families():
    assert [list(names) for names in zip(*PAIRS)] == [
        list(AUDIO),
        sorted(TEXT, key=[text for _, text in PAIRS].index),
    ]


@pytest.mark.parametrize("layer_sum", [False, True], ids=["last", "sum"])
@pytest.mark.parametrize(("audio", "text"), PAIRS)
def test_every_family(run, corpus, tmp_path, audio, text, layer_sum):
    """Trained for a few steps, exported, loaded, predicted."""
    sources = {
        "audio_encoder_source": build(audio, tmp_path),
        "text_encoder_source": build(text, tmp_path),
    }
    own = {"number_of_epochs": 1, "layer_sum": layer_sum, **sources}
    run("turbo", tmp_path / "run", freeze_cnn=True, **own)
    export_run(tmp_path / "run", tmp_path / "mine")
    for source in sources.values():
        shutil.rmtree(source)
    classifier = TurboClassifier.from_hparams(tmp_path / "mine")
    manifest = tmp_path / "run" / "test.json"
    expected = final_probabilities(tmp_path / "run")
    for size in (1, 64):
        found = predicted(classifier, manifest, corpus, batch_size=size)
        assert largest_difference(found, expected) <= 1e-5
