"""From five corpora as published to a training without one of them."""

import json
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from tests.data.corpora import layouts
from tests.recipes.recipe_runs import DSD, arguments, load_train

LAY_OUT = {
    "fluent": (layouts.lay_out_fluent, 16),
    "slurp": (layouts.lay_out_slurp, 16),
    "timers": (layouts.lay_out_timers, 8),
    "librispeech": (layouts.lay_out_librispeech, 16),
    "ami": (layouts.lay_out_ami, 8),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder, and what the command said."""
    folder = tmp_path_factory.mktemp("corpora")
    for name, (lay_out, number) in LAY_OUT.items():
        lay_out(folder / name, number)
    given = [f"--{name}={folder / name}" for name in LAY_OUT]
    options = ["--cap=20", "--equalize_trim=False", "--equalize_rms_db=-26"]
    options.append("--equalize_band=[300,3400]")
    output = folder / "dsd"
    result = subprocess.run(
        [
            *(sys.executable, "dsd_prepare.py", "build", *given, *options),
            f"--output_folder={output}",
        ],
        cwd=DSD,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    return output, result.stdout


def test_classes_are_balanced_and_corpora_even(built):
    rows = layouts.read_rows(built[0])
    labels = [row["label"] for row in rows]
    assert labels.count("directed") == labels.count("non_directed") > 0
    assert {row["corpus"] for row in rows} == set(LAY_OUT)


def test_the_equaliser_acts_on_what_is_written(built):
    for path in sorted((built[0] / "audio").iterdir())[:10]:
        samples, rate = soundfile.read(path)
        level = 10 * np.log10(np.mean(samples**2))
        assert rate == 16000
        assert level == pytest.approx(-26, abs=0.1)


def test_a_model_is_trained_without_one_corpus(
    built, encoder_folders, tmp_path
):
    keys = {"protocol": "corpus", "fold": 2, "number_of_epochs": 1}
    encoders = encoder_folders["small"]
    argv = arguments(
        "vanilla", tmp_path, built[0], encoders, recipe=DSD, **keys
    )
    load_train(DSD).main(argv)
    found = json.loads((tmp_path / "metrics.json").read_text())
    assert found["left_out"] == "fluent"
    assert found["n"] == sum(map(sum, found["confusion"]))
