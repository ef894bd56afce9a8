"""The device-directed corpus: its manifest, its audio, its honesty."""

import csv
import json
import wave
from collections import Counter

import numpy as np
import pytest
import soundfile
from scipy.stats import ks_2samp

from turbo_sb.demo.directed import (
    DIRECTED,
    LABELS,
    DirectedProcess,
    directed_ceilings,
)
from turbo_sb.demo.directed_corpus import (
    draw_directed_corpus,
    write_directed_corpus,
)
from turbo_sb.demo.speakers import SPEAKERS
from turbo_sb.utils.errors import InputError


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("directed") / "corpus"
    # The demo's own, and not a seed that happens to pass.
    write_directed_corpus(folder)
    return folder


def rows_of(folder):
    with open(folder / "manifest.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def bytes_of(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


class TestDraws:
    def test_labels_are_balanced_within_each_speaker(self):
        drawn = draw_directed_corpus(60, DIRECTED, seed=5)
        counts = Counter((u.speaker.id, u.label) for u in drawn.values())
        for speaker in SPEAKERS:
            assert [counts[speaker.id, label] for label in LABELS] == [3, 3]

    def test_an_id_tells_the_speaker_and_not_the_label(self):
        drawn = draw_directed_corpus(600, DIRECTED, seed=5)
        for name, utterance in drawn.items():
            assert name[:-4] == utterance.speaker.id
        early = [u.label for n, u in drawn.items() if int(n[-3:]) < 30]
        assert early.count("directed") == pytest.approx(150, abs=30)

    def test_another_seed_says_something_else(self):
        one, other = (
            [u.text for u in draw_directed_corpus(20, DIRECTED, seed).values()]
            for seed in (1, 2)
        )
        assert one != other

    @pytest.mark.parametrize("n", [0, 30, -20])
    def test_a_number_that_cannot_be_balanced(self, n):
        with pytest.raises(InputError, match="multiple of 20"):
            draw_directed_corpus(n, DIRECTED, seed=5)


@pytest.mark.slow
class TestFiles:
    def test_manifest_as_the_recipe_reads_it(self, corpus):
        data = (corpus / "manifest.csv").read_bytes()
        assert data.startswith(b"ID,wav,text,label,spk_id,split\nSes01F_000,")
        assert b"\r" not in data
        for row in rows_of(corpus):
            assert row["wav"] == f"audio/{row['ID']}.wav"
            assert row["spk_id"] == row["ID"][:-4]
            assert row["label"] in LABELS and row["text"].strip()

    def test_one_session_is_tested_and_another_validates(self, corpus):
        sets = {"train": set(), "valid": set(), "test": set()}
        for row in rows_of(corpus):
            sets[row["split"]].add(row["spk_id"])
        assert sets["test"] == {"Ses01F", "Ses01M"}
        assert sets["valid"] == {"Ses02F", "Ses02M"}
        assert len(sets["train"]) == 6

    def test_every_row_has_its_audio_and_there_is_no_other(self, corpus):
        wavs = {row["wav"] for row in rows_of(corpus)}
        assert len(wavs) == 600
        assert wavs == {f"audio/{p.name}" for p in (corpus / "audio").iterdir()}

    def test_audio_is_16_khz_mono(self, corpus):
        for row in rows_of(corpus)[::60]:
            with wave.open(str(corpus / row["wav"])) as file:
                assert file.getparams()[:3] == (1, 2, 16000)

    def test_states_its_process(self, corpus):
        stated = json.loads((corpus / "process.json").read_text())
        assert stated["made_with"]["seed"] == 1986
        assert stated["made_with"]["process"]["p_words"] == 0.6
        assert stated["ceilings"] == directed_ceilings(DIRECTED)
        assert stated["sizes"]["utterances"] == 600
        seconds = [
            soundfile.info(corpus / r["wav"]).duration for r in rows_of(corpus)
        ]
        assert stated["sizes"]["seconds"] == pytest.approx(
            sum(seconds), abs=1e-3
        )


@pytest.mark.slow
class TestWriting:
    def test_same_arguments_same_bytes(self, tmp_path):
        for name in "ab":
            write_directed_corpus(tmp_path / name, n_utterances=20, seed=3)
        assert bytes_of(tmp_path / "a") == bytes_of(tmp_path / "b")

    def test_the_same_corpus_is_reused(self, corpus, monkeypatch):
        def fail(*_):
            raise AssertionError("spoke again")

        monkeypatch.setattr("turbo_sb.demo.directed_corpus.synthesise", fail)
        again = write_directed_corpus(corpus)
        assert again == json.loads((corpus / "process.json").read_text())

    def test_another_corpus_is_not_overwritten(self, corpus):
        before = (corpus / "process.json").read_bytes()
        process = DirectedProcess("other", 1, 1)
        with pytest.raises(InputError, match="another process, n_utterances"):
            write_directed_corpus(corpus, n_utterances=20, process=process)
        assert (corpus / "process.json").read_bytes() == before

    def test_interrupted_leaves_nothing(self, tmp_path):
        def interrupt(items):
            yield from items[:3]
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            write_directed_corpus(tmp_path / "c", 20, progress=interrupt)
        assert not list(tmp_path.iterdir())


@pytest.mark.slow
class TestHonesty:
    """What needs no speech does not tell the label."""

    @pytest.fixture(scope="class")
    def measured(self, corpus):
        """Return features (n, 7), whether directed (n,), speakers (n,)."""
        rows = rows_of(corpus)
        found = [_features(soundfile.read(corpus / r["wav"])[0]) for r in rows]
        directed = [row["label"] == "directed" for row in rows]
        speakers = [row["spk_id"] for row in rows]
        return np.array(found), np.array(directed), np.array(speakers)

    def test_durations_overlap(self, measured):
        seconds, directed = measured[0][:, 0], measured[1]
        found = ks_2samp(seconds[directed], seconds[~directed])
        assert found.pvalue > 0.05 and found.statistic < 0.11

    def test_a_linear_model_is_near_chance(self, measured):
        assert _score(*measured) < 0.6

    def test_it_finds_a_difference_where_there_is_one(self, measured):
        features, directed, speakers = measured
        louder = features.copy()
        louder[directed, 1] += 3  # dB, one and a half standard deviations
        assert _score(louder, directed, speakers) > 0.7


def _features(samples):
    """Duration, level, floor, spread, and shares of low and high bands."""
    frames = samples[: len(samples) // 320 * 320].reshape(-1, 320)
    levels = 10 * np.log10((frames**2).mean(axis=1))
    low, high = np.percentile(levels, [10, 90])
    power = np.abs(np.fft.rfft(samples)) ** 2
    hertz = np.fft.rfftfreq(len(samples), 1 / 16000)
    bands = (hertz < 300, hertz > 3400, hertz > 6000)
    return [
        len(samples) / 16000,
        10 * np.log10((samples**2).mean()),
        low,
        high - low,
        *(10 * np.log10(power[band].sum() / power.sum()) for band in bands),
    ]


def _score(features, directed, speakers):
    """Accuracy of a linear model on speakers that it has not seen."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression())
    guesses = cross_val_predict(
        model, features, directed, groups=speakers, cv=GroupKFold(10)
    )
    return np.mean(guesses == directed)
