"""The shortcut's score of a run: on its signals, in its files."""

import json

import numpy as np
import pytest
import soundfile
from speechbrain.dataio.preprocess import AudioNormalizer

from turbo_sb.data.channel.equalizer import Equalizer
from turbo_sb.data.dataset import read_entry
from turbo_sb.data.manifest import write_json
from turbo_sb.evaluation.baselines.shortcut import (
    shortcut_report,
    signal_features,
)
from turbo_sb.evaluation.baselines.shortcut_report import (
    CURVE,
    KEYS,
    read_shortcut,
    report_shortcut,
)
from turbo_sb.utils.errors import InputError

LABELS = ["non_directed", "directed"]


@pytest.fixture
def corpus(tmp_path):
    """Ten speakers; their directed noise is louder, and nothing else differs.

    Each utterance is the second half of a recording of 0.2 s.
    """
    sets = {"train": {}, "valid": {}, "test": {}}
    rng = np.random.default_rng(0)
    for k in range(10):
        for target, label in enumerate(LABELS):
            name = f"s{k}_{label}"
            noise = 0.01 * 10**target * rng.normal(size=3200)
            path = tmp_path / f"{name}.wav"
            soundfile.write(path, noise, 16000, subtype="FLOAT")
            part = "train" if k < 8 else ("valid", "test")[k - 8]
            sets[part][name] = {
                "wav": f"{{data_root}}/{name}.wav",
                "duration": 0.1,
                "start": 0.1,
                "stop": 0.2,
                "label": label,
                "spk_id": f"s{k}",
            }
    write_json({tmp_path / f"{s}.json": part for s, part in sets.items()})
    return tmp_path


def report(folder, **options):
    """Measure, and return the file's contents."""
    sets = ("train", "valid", "test")
    annotations = {s: str(folder / f"{s}.json") for s in sets}
    output = folder / "shortcut.json"
    options = {"labels": LABELS, **options}
    report_shortcut(annotations, output, folder, **options)
    return json.loads(output.read_text("utf-8"))


def rewrite(folder, entries):
    """Put the same entries into each of the three manifests."""
    write_json(
        {folder / f"{s}.json": entries for s in ("train", "valid", "test")}
    )


def entries(folder):
    parts = [folder / f"{s}.json" for s in ("train", "valid", "test")]
    return {
        n: e
        for part in parts
        for n, e in json.loads(part.read_text("utf-8")).items()
    }


@pytest.mark.parametrize("rate", [16000, 8000])
def test_it_is_the_report_on_the_signals_that_the_model_hears(corpus, rate):
    found = report(corpus, sample_rate=rate)
    every = entries(corpus)
    names = sorted(every)
    features, normalizer = [], AudioNormalizer(rate)
    for name in names:
        signal = read_entry(name, every[name], normalizer, corpus)
        assert len(signal) == 0.1 * rate
        features.append(signal_features(signal, rate))
    targets = [int(n.endswith("_directed") and "non" not in n) for n in names]
    expected = shortcut_report(
        features, targets, [every[n]["spk_id"] for n in names]
    )
    assert expected["shortcut_ACC"] == 1.0
    for key in {*KEYS, "n", "n_groups", "n_folds"}.intersection(expected):
        assert found[key] == expected[key], key
    assert [row[:2] for row in found["scores"]] == [
        list(pair) for pair in zip(names, targets)
    ]
    np.testing.assert_allclose(
        [row[2] for row in found["scores"]], expected["scores"]
    )
    assert found["weights"][0][0] == expected["weights"][0][0]


def test_it_says_what_tells_the_classes_apart(corpus, caplog):
    with caplog.at_level("INFO"):
        assert report(corpus)["weights"][0][0] == "level (dBFS)"
    assert "most telling: level" in caplog.text


def test_what_the_equaliser_takes_away_is_no_longer_found(corpus):
    found = report(corpus, equalizer=Equalizer(rms_db=-26))
    assert report(corpus)["shortcut_EER"] == 0.0
    assert found["shortcut_EER"] > 0.2
    assert dict(found["weights"])["level (dBFS)"] == pytest.approx(0, abs=0.5)


def test_only_the_stretch_is_heard(corpus):
    """Where the levels differ outside of it only, nothing is found."""
    for name, entry in entries(corpus).items():
        path = corpus / entry["wav"].removeprefix("{data_root}/")
        quiet = 0.05 * np.sin(np.arange(3200) * 0.157)
        quiet[:1600] *= 0.01 if "non" in name else 10
        soundfile.write(path, quiet, 16000)
    found = report(corpus)
    assert found["shortcut_EER"] > 0.2
    whole = {
        n: {**e, "start": 0, "stop": 0.2} for n, e in entries(corpus).items()
    }
    rewrite(corpus, whole)
    assert report(corpus)["shortcut_EER"] == 0.0


def test_a_limit_draws_the_same_ones_wherever_they_are(corpus):
    names = [row[0] for row in report(corpus, limit=12)["scores"]]
    assert len(names) == 12
    assert len({n.split("_")[0] for n in names}) > 6  # not the first ones
    every = entries(corpus)
    halves = dict(list(every.items())[:9]), dict(list(every.items())[9:])
    write_json({corpus / "train.json": halves[1]})
    write_json({corpus / f"{s}.json": halves[0] for s in ("valid", "test")})
    assert [row[0] for row in report(corpus, limit=12)["scores"]] == names
    assert report(corpus, limit=1000)["n"] == 20


def test_speakers_that_are_not_known(corpus):
    every = entries(corpus)
    for k, entry in enumerate(every.values()):
        if k % 2:
            del entry["spk_id"]
        else:
            entry["spk_id"] = "" if k % 4 else "s1"
    rewrite(corpus, every)
    assert report(corpus)["n_groups"] == 16  # 15 alone, and s1


def test_a_speaker_named_as_an_utterance_is_another(corpus):
    every = entries(corpus)
    for entry in every.values():
        entry["spk_id"] = ""
    every["s0_directed"]["spk_id"] = "s1_directed"
    rewrite(corpus, every)
    assert report(corpus)["n_groups"] == 20


def test_what_cannot_be_measured_does_not_stop_a_run(corpus, caplog):
    every = {n: {**e, "spk_id": "s"} for n, e in entries(corpus).items()}
    rewrite(corpus, every)
    with caplog.at_level("INFO"):
        found = report(corpus)
    assert "too few speakers" in found["reason"]
    assert "not measured" in caplog.text
    facts, _ = read_shortcut(corpus / "shortcut.json")
    assert facts["shortcut_majority"] == 0.5
    assert facts["shortcut_ACC"] is facts["shortcut_EER_quadratic"] is None


def test_what_was_written_is_read(corpus):
    found = report(corpus)
    facts, curves = read_shortcut(corpus / "shortcut.json")
    assert facts == {key: found[key] for key in KEYS}
    scores, targets = curves[CURVE]
    rows = found["test_scores"]
    assert [row[0] for row in rows] == ["s9_directed", "s9_non_directed"]
    assert targets.tolist() == [row[1] for row in rows] == [1, 0]
    assert scores.tolist() == [row[2] for row in rows]


def test_the_test_set_is_scored_by_a_model_of_the_training_set(corpus):
    """The other way round in the test, it is all wrong; else it is right."""
    found = report(corpus)
    assert found["shortcut_ACC_test"] == 1
    assert found["shortcut_EER_test"] == 0
    path = corpus / "test.json"
    entries = json.loads(path.read_text("utf-8"))
    for entry in entries.values():
        other = {"directed": "non_directed", "non_directed": "directed"}
        entry["label"] = other[entry["label"]]
    write_json({path: entries})
    found = report(corpus)
    assert found["shortcut_ACC_test"] == 0
    assert found["shortcut_EER_test"] == 1
    assert 0.6 < found["shortcut_ACC"] < 1


def test_a_test_set_of_one_class_has_no_score(corpus):
    path = corpus / "test.json"
    entries = json.loads(path.read_text("utf-8"))
    entries.pop("s9_directed")
    write_json({path: entries})
    found = report(corpus)
    assert found["shortcut_EER_test"] is found["test_scores"] is None
    assert read_shortcut(corpus / "shortcut.json")[1] == {}


def test_the_same_bytes_each_time(corpus):
    report(corpus)
    before = (corpus / "shortcut.json").read_bytes()
    report(corpus)
    assert (corpus / "shortcut.json").read_bytes() == before


def test_nothing_was_measured(tmp_path):
    assert read_shortcut(None) == (dict.fromkeys(KEYS), {})


def test_a_label_that_is_not_among_them_is_named(corpus):
    with pytest.raises(InputError, match="label is 'directed'; expected one"):
        report(corpus, labels=["other", "device"])


def test_a_recording_that_is_gone_is_named(corpus):
    (corpus / "s3_directed.wav").unlink()
    with pytest.raises(InputError, match="s3_directed.wav: no such file"):
        report(corpus)
