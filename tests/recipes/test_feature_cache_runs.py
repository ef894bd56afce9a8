"""A recipe with a feature cache gives what it gives without."""

import functools
import re
import shutil

import numpy as np
import pytest
import soundfile
from safetensors.torch import load_file, save_file

from tests import dsd_layout, iemocap_layout
from tests.recipes.recipe_runs import (
    DSD,
    FOLDER,
    arguments,
    load_train,
    start_ranks,
)
from tests.recipes.test_cross_validate import cross_validate_here
from turbo_sb.data.feature_cache import FeatureCache
from turbo_sb.training import cached_features
from turbo_sb.utils.errors import InputError


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    """A recipe's folder to its tiny corpus, no recording twice."""
    found = {
        FOLDER: iemocap_layout.lay_out(tmp_path_factory.mktemp("iemocap")),
        DSD: dsd_layout.lay_out(tmp_path_factory.mktemp("dsd")),
    }
    generator = np.random.default_rng(1)
    for root in found.values():
        for path in sorted(root.rglob("*.wav")):
            samples, rate = soundfile.read(path)
            samples += 0.1 * generator.normal(size=len(samples))
            soundfile.write(path, samples, rate)
    return found


@pytest.fixture
def command(corpora, encoder_folders, tmp_path):
    """Build a command line with a cache, and a frozen CNN."""

    def build(name, method="turbo", recipe=FOLDER, encoders=None, **overrides):
        given = {
            **{"freeze_cnn": True, "cache_features": True},
            "cache_folder": tmp_path / "features",
            **overrides,
        }
        encoders = encoders or encoder_folders["small"]
        return arguments(
            *(method, tmp_path / name, corpora[recipe], encoders),
            recipe=recipe,
            **given,
        )

    return build


@pytest.fixture
def in_float32(monkeypatch):
    """Features are kept as they are computed."""
    exact = functools.partial(FeatureCache, dtype="float32")
    monkeypatch.setattr(cached_features, "FeatureCache", exact)


@pytest.fixture
def run(command, tmp_path):
    """Run a recipe in this process; return its arrays and its log."""
    mains = {folder: load_train(folder).main for folder in (FOLDER, DSD)}

    def run(name, *args, **given):
        mains[given.get("recipe", FOLDER)](command(name, *args, **given))
        with np.load(tmp_path / name / "embeddings.npz") as arrays:
            found = dict(arrays)
        return found, (tmp_path / name / "log.txt").read_text()

    return run


def counts(log):
    """Of each start: utterances, computed, there."""
    found = re.findall(
        r"features: (\d+) utterances, of which (\d+) were computed and (\d+)",
        log,
    )
    return [tuple(map(int, numbers)) for numbers in found]


def largest_difference(one, other):
    assert one["ids"].tolist() == other["ids"].tolist()
    assert np.abs(one["audio"]).max() > 0.01
    return max(
        np.abs(one[name] - other[name]).max() for name in ("audio", "text")
    )


def test_results_are_those_without(run, in_float32):
    """Of features in float32, after two epochs."""
    plain, log = run("plain", cache_features=False)
    assert not counts(log)
    cached, log = run("cached")
    assert counts(log) == [(80, 80, 0)]
    assert largest_difference(cached, plain) < 1e-4


def test_results_are_nearly_those_without(run):
    """Of features in float16, to its precision."""
    plain, _ = run("plain", cache_features=False)
    half, log = run("half")
    assert counts(log) == [(80, 80, 0)]
    assert 0 < largest_difference(half, plain) < 3e-3


def test_folds_methods_and_seeds_share_it(run):
    run("one", number_of_epochs=1)
    others = {"method": "vanilla", "fold": 2, "seed": 5, "number_of_epochs": 1}
    assert counts(run("two", **others)[1]) == [(80, 0, 80)]


def test_reading_processes_take_it(run):
    here, _ = run("here", number_of_epochs=1)
    elsewhere, _ = run("elsewhere", number_of_epochs=1, num_workers=1)
    assert largest_difference(here, elsewhere) < 1e-5


def test_equalised_utterances(run, in_float32):
    keys = {"recipe": DSD, "equalize_snr_db": 20, "equalize_trim": True}
    keys["shortcut_report"] = False
    plain, _ = run("plain", cache_features=False, **keys)
    cached, log = run("cached", **keys)
    assert counts(log) == [(40, 40, 0)]
    assert largest_difference(cached, plain) < 1e-4
    louder = {**keys, "equalize_snr_db": 10}
    assert counts(run("louder", **louder)[1]) == [(40, 40, 0)]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("freeze_cnn", False),
        ("train_crop_seconds", 0.1),
        ("train_noise_snr", 20),
        ("modalities", "[text]"),
    ],
)
def test_what_switches_it_off_is_logged_once(run, tmp_path, key, value):
    given = {"number_of_epochs": 1, "method": "vanilla", key: value}
    if key == "modalities":
        with pytest.raises(KeyError):  # the helper's, once all is done
            found, _ = run("off", **given)
            found["audio"]
        log = (tmp_path / "off" / "log.txt").read_text()
    else:
        log = run("off", **given)[1]
    said = re.findall(r"cache_features is switched off: (\w+)", log)
    assert said == [key]
    assert not (tmp_path / "features").exists()


def test_resumed_training_keeps_its_own_cnn(run, tmp_path, encoder_folders):
    """The source's weights have changed since; the checkpoint's count."""
    encoders = []
    for kind, folder in zip(("audio", "text"), encoder_folders["small"]):
        shutil.copytree(folder, tmp_path / kind)
        encoders.append(str(tmp_path / kind))
    given = {"encoders": encoders, "number_of_epochs": 1}
    run("run", **given)
    file = tmp_path / "audio" / "model.safetensors"
    weights = load_file(file)
    for name in weights:
        if name.startswith("feature_extractor"):
            weights[name] = 2 * weights[name]
    save_file(weights, file, {"format": "pt"})
    _, log = run("run", **{**given, "number_of_epochs": 2})
    assert counts(log) == [(80, 80, 0), (80, 0, 80)]
    assert counts(run("new", **given)[1]) == [(80, 80, 0)]


def test_test_only_takes_it(run, tmp_path):
    first, _ = run("run", number_of_epochs=1)
    (tmp_path / "run" / "embeddings.npz").unlink()
    again, log = run("run", flags=("--test_only",), number_of_epochs=1)
    assert counts(log)[-1] == (80, 0, 80)
    assert largest_difference(first, again) == 0


def test_a_training_keeps_its_cache_settings_but_not_its_place(run, tmp_path):
    run("run", number_of_epochs=1)
    with pytest.raises(InputError, match="cache_features: True, not False"):
        run("run", cache_features=False)
    moved = tmp_path / "moved"
    log = run("run", number_of_epochs=2, cache_folder=moved)[1]
    assert counts(log) == [(80, 80, 0), (80, 80, 0)]


def test_jobs_of_a_cross_validation_fill_one_cache(
    command, tmp_path, jobs_in_forks, capsys, monkeypatch
):
    given = command("out", number_of_epochs=1)[1:]
    given.remove("--noprogressbar")
    given = [*given, "--folds=1,2", "--jobs=2"]
    cross_validate_here(FOLDER, ["vanilla"], given, capsys, monkeypatch)
    found = []
    for path in (tmp_path / "out").glob("*/*/log.txt"):
        found += counts(path.read_text())
    assert len(found) == 2
    assert sum(computed for _, computed, _ in found) >= 80
    (folder,) = (tmp_path / "features").iterdir()
    assert len(list(folder.iterdir())) == 80


def two_ranks(argv):
    """Exit code and output of a training in two processes."""
    gloo = "--distributed_backend=gloo"
    process = start_ranks(2, ["train.py", *argv, gloo])
    output, _ = process.communicate(timeout=120)
    return process.returncode, output


def test_two_ranks_fill_one_cache(command, tmp_path):
    code, output = two_ranks(command("run", number_of_epochs=1, batch_size=4))
    assert code == 0, output
    (found,) = counts((tmp_path / "run" / "log.txt").read_text())
    assert found[0] == 80  # of the first rank; who computes what is chance
    (folder,) = (tmp_path / "features").iterdir()
    assert len(list(folder.iterdir())) == 80


def test_two_ranks_end_alike_on_a_bad_folder(command, tmp_path):
    (tmp_path / "features").write_text("")
    code, output = two_ranks(command("run", number_of_epochs=1, batch_size=4))
    assert code != 0
    assert output.count("error: cache_folder: ") == 1
    assert "Connection closed" not in output
