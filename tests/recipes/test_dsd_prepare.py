"""The preparation of device-directed speech: what it makes of good input."""

import csv
import json
import logging
import os
import runpy
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
import soundfile
import torch
from speechbrain.dataio.preprocess import AudioNormalizer

from tests.dsd_layout import COLUMNS, lay_out, rows, write_manifest, write_tone
from tests.recipes.dsd_preparation import (
    CORPUS,
    REPOSITORY,
    SCRIPT,
    SPLIT,
    TIMED,
    prepare,
    prepare_all,
    recipe,
    refuse,
    split_rows,
)
from turbo_sb.data import csv_manifest
from turbo_sb.data.dataset import read_entry
from turbo_sb.utils.distributed import alone_in
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.files import LOCK


class TestWhatItWrites:
    def test_every_field_of_an_utterance(self, tmp_path):
        entries = prepare_all(
            lay_out(tmp_path / "data", columns=CORPUS), tmp_path / "out"
        )
        assert entries["s3_d1"] == {
            "wav": "{data_root}/audio/s3_d1.wav",
            "duration": 0.11,
            "text": 'play "Blue, Blue" now',
            "label": "directed",
            "spk_id": "s3",
            "corpus": "fsc",
        }
        assert len(entries) == 40

    def test_without_optional_columns(self, tmp_path):
        folder = lay_out(tmp_path / "data", columns=COLUMNS[:4])
        sets = prepare(folder, tmp_path / "out")
        assert [len(part) for part in sets.values()] == [32, 4, 4]
        entry = sets["test"].popitem()[1]
        assert (entry["spk_id"], entry["corpus"]) == ("", "")

    def test_ten_speakers_are_cut_eight_to_one_to_one(self, tmp_path):
        sets = prepare(lay_out(tmp_path / "data"), tmp_path / "out")
        voices = [
            {e["spk_id"] for e in part.values()} for part in sets.values()
        ]
        assert [len(found) for found in voices] == [8, 1, 1]
        assert len(set().union(*voices)) == 10
        for name, n in (("train", 16), ("valid", 2), ("test", 2)):
            labels = Counter(e["label"] for e in sets[name].values())
            assert labels == {"directed": n, "non_directed": n}

    def test_the_seed_of_the_cut(self, tmp_path):
        folder = lay_out(tmp_path / "data")
        draws = {
            tuple(prepare(folder, tmp_path / "out", split_seed=seed)["test"])
            for seed in range(6)
        }
        assert len(draws) > 2

    def test_same_bytes_each_time_and_in_any_order_of_rows(self, tmp_path):
        folder = lay_out(tmp_path / "data")
        prepare(folder, tmp_path / "one")
        write_manifest(folder, rows()[::-1])
        prepare(folder, tmp_path / "two")
        found = [
            {p.name: p.read_bytes() for p in (tmp_path / n).iterdir()}
            for n in ("one", "two")
        ]
        assert found[0] == found[1]
        assert sorted(found[0]) == [
            *("preparation.json", "skipped.csv"),
            *("test.json", "train.json", "valid.json"),
        ]

    def test_its_own_split(self, tmp_path):
        folder = lay_out(tmp_path / "data")
        write_manifest(folder, split_rows(), SPLIT)
        sets = prepare(folder, tmp_path / "out")
        voices = {
            s: {e["spk_id"] for e in part.values()} for s, part in sets.items()
        }
        assert voices["valid"] == {"s0", "s1"}
        assert voices["test"] == {"s2", "s3"}
        assert len(sets["train"]) == 24

    def test_summary(self, tmp_path, caplog):
        folder = lay_out(*(tmp_path / "data", 12, CORPUS), s0_d0={"spk_id": ""})
        with caplog.at_level(logging.INFO):
            prepare(folder, tmp_path / "out")
        lines = [" ".join(line.split()) for line in caplog.text.splitlines()]
        assert any(line.startswith("ami 12 0 12 0.00 train") for line in lines)
        assert "all 24 24 48 0.00" in lines
        assert (
            "12 speakers, 12 of them in both classes; 1 utterances without "
            "spk_id: the sets may share the voices of these; 0 shorter than "
            "0.025 s, which are padded" in lines
        )
        assert "80/10/10 by speaker, split_seed 1986" in caplog.text
        assert "no row skipped" in lines

    def test_corpus_left_out(self, tmp_path, caplog):
        folder = lay_out(tmp_path / "data", 20, CORPUS)
        standard = prepare(folder, tmp_path / "out")
        with caplog.at_level(logging.INFO):
            sets = prepare(folder, tmp_path / "o", protocol="corpus", fold=4)
        assert "without slurp, which is tested on (fold 4)" in caplog.text
        found = {
            s: {e["corpus"] for e in part.values()} for s, part in sets.items()
        }
        assert found["train"] == {"ami", "fsc", "libri"}
        assert found["test"] == {"ami", "libri", "slurp"}
        assert sets["test"].items() < standard["test"].items()

    def test_each_row_is_in_a_set_or_in_the_list(self, tmp_path):
        folder = lay_out(tmp_path / "data", 20, CORPUS, s0_d0={"text": ""})
        keys = {"protocol": "corpus", "fold": 4, "bad_rows": "skip"}
        used = prepare_all(folder, tmp_path / "out", **keys)
        with open(tmp_path / "out" / "skipped.csv", newline="") as file:
            found = list(csv.DictReader(file))
        names = [row["ID"] for row in found]
        assert sorted([*names, *used]) == sorted(r["ID"] for r in rows(20))
        why = Counter(row["problem"] for row in found)
        assert why.pop("text blank") == 1
        assert set(why) == {
            "in no set: of slurp, and not in the test set of the cut",
            "in no set: tested are slurp and the other class",
        }
        facts = json.loads((tmp_path / "out/preparation.json").read_text())
        assert facts["n_skipped"] == 1

    def test_classes_of_ones_own(self, tmp_path):
        """The labels of the YAML reach the preparation."""
        mine = {"directed": "command", "non_directed": "chat"}
        folder = lay_out(tmp_path / "data")
        changed = [{**row, "label": mine[row["label"]]} for row in rows()]
        write_manifest(folder, changed)
        sets = prepare(folder, tmp_path / "out", labels=["chat", "command"])
        for part in sets.values():
            found = {entry["label"] for entry in part.values()}
            assert found == {"chat", "command"}
        with pytest.raises(InputError, match="expected directed or chat"):
            prepare(folder, tmp_path / "no", labels=["directed", "chat"])
        labels = ["chat", "command", "song"]
        with pytest.raises(InputError, match="lack a class:\n.*: no song"):
            prepare(folder, tmp_path / "no", labels=labels)

    def test_every_corpus_left_out_in_turn(self, tmp_path):
        folder = lay_out(tmp_path / "data", 30, CORPUS)
        folds, notes = recipe.prepare_folds(folder, "corpus")
        out = [fold.facts["left_out"] for fold in folds.values()]
        assert list(folds) == [1, 2, 3, 4]
        assert out == ["ami", "fsc", "libri", "slurp"]
        sets = prepare(folder, tmp_path / "o", protocol="corpus", fold=2)
        assert sets == folds[2][0]
        assert list(recipe.prepare_folds(folder)[0]) == [1]

    def test_fold_that_cannot_be_had_is_noted(self, tmp_path):
        folder = lay_out(tmp_path / "data", 10, CORPUS)
        folds, notes = recipe.prepare_folds(folder, "corpus")
        absent = {1, 2, 3, 4} - set(folds)
        assert absent and folds
        for fold in absent:
            assert any(f"fold {fold} is not possible" in note for note in notes)
            with pytest.raises(InputError, match="lack a class"):
                recipe.prepare_folds(folder, "corpus", [fold])

    def test_texts_of_a_recogniser(self, tmp_path):
        folder = lay_out(tmp_path / "data")
        before = prepare(folder, tmp_path / "gold")
        path = tmp_path / "asr.csv"
        lines = [f"{name},eh" for name in before["test"]]
        path.write_text("\n".join(["ID,text", *lines]))
        keys = {"text_csv": path, "text_csv_sets": ["test"]}
        found = prepare(folder, tmp_path / "asr", **keys)
        assert {e["text"] for e in found["test"].values()} == {"eh"}
        assert found["train"] == before["train"]

    @pytest.mark.parametrize("ID", ["a,b", "x/y", "käthe 1", 'say "x"', "0012"])
    def test_an_id_may_be_anything(self, tmp_path, ID):
        folder = lay_out(tmp_path / "data", s0_d0={"ID": ID})
        assert ID in prepare_all(folder, tmp_path / "out")


class TestWhoeverWroteIt:
    @pytest.mark.parametrize(
        ("encoding", "dialect"),
        [
            ("utf-8-sig", {}),
            ("utf-8", {"delimiter": ";"}),
            ("utf-8", {"lineterminator": "\r\n"}),
            ("utf-8", {"quoting": csv.QUOTE_ALL}),
            ("utf-8-sig", {"delimiter": ";", "lineterminator": "\r\n"}),
            ("utf-16", {"delimiter": "\t", "lineterminator": "\r\n"}),
        ],
    )
    def test_the_same_sets(self, tmp_path, encoding, dialect):
        folder = lay_out(tmp_path / "data")
        expected = prepare(folder, tmp_path / "one")
        write_manifest(folder, rows(), encoding=encoding, **dialect)
        assert prepare(folder, tmp_path / "two") == expected

    def test_a_german_spreadsheet(self, tmp_path):
        folder = lay_out(tmp_path / "data")
        cells = {"start": "0,02", "stop": "0,05"}
        changed = [{**row, **cells} for row in rows()]
        write_manifest(folder, changed, TIMED, "utf-8-sig", delimiter=";")
        entry = prepare_all(folder, tmp_path / "out")["s0_d0"]
        assert (entry["start"], entry["stop"]) == (0.02, 0.05)

    def test_backslashes_of_windows(self, tmp_path):
        wav = "audio\\s0_d0.wav"
        folder = lay_out(tmp_path / "data", s0_d0={"wav": wav})
        entry = prepare_all(folder, tmp_path / "out")["s0_d0"]
        assert entry["wav"] == "{data_root}/audio/s0_d0.wav"


class TestAudio:
    def read(self, folder, entry):
        """Read an utterance as every model hears it, at 16 kHz."""
        return read_entry("x", entry, AudioNormalizer(16000), folder)

    @pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
    @pytest.mark.parametrize(("rate", "channels"), [(44100, 2), (8000, 1)])
    def test_any_format_rate_and_channels(
        self, tmp_path, suffix, rate, channels
    ):
        folder = lay_out(
            tmp_path / "data",
            columns=TIMED,
            s0_d0={"wav": f"other/x.{suffix}", "start": "0.2", "stop": "0.7"},
        )
        write_tone(folder / f"other/x.{suffix}", 1.0, rate, channels)
        entry = prepare_all(folder, tmp_path / "out")["s0_d0"]
        assert entry["duration"] == pytest.approx(0.5)
        signal = self.read(folder, entry)
        assert signal.shape == (8000,)
        assert signal.square().mean().sqrt() == pytest.approx(0.0707, rel=0.1)

    @pytest.mark.parametrize(
        ("cells", "expected"),
        [
            ({}, (None, None, 1.0)),
            ({"start": "0.25"}, (0.25, 1.0, 0.75)),
            ({"stop": "0.25"}, (0.0, 0.25, 0.25)),
            ({"start": "0.25", "stop": "0.5"}, (0.25, 0.5, 0.25)),
            ({"start": "0"}, (None, None, 1.0)),
            ({"start": "0", "stop": "1"}, (0.0, 1.0, 1.0)),
            ({"stop": "1.005"}, (0.0, 1.0, 1.0)),
            ({"start": "0.5", "stop": "1.005"}, (0.5, 1.0, 0.5)),
            ({"start": "5e-1"}, (0.5, 1.0, 0.5)),
        ],
    )
    def test_a_stretch_of_a_recording(self, tmp_path, cells, expected):
        folder = lay_out(tmp_path / "data", columns=TIMED, s0_d0=cells)
        write_tone(folder / "audio/s0_d0.wav", 1.0)
        entry = prepare_all(folder, tmp_path / "out")["s0_d0"]
        found = entry.get("start"), entry.get("stop"), entry["duration"]
        assert found == expected
        signal = self.read(folder, entry)
        whole = torch.from_numpy(
            soundfile.read(folder / "audio/s0_d0.wav", dtype="float32")[0]
        )
        start, _, duration = (round(16000 * (x or 0)) for x in expected)
        assert torch.equal(signal, whole[start : start + duration])

    def test_many_rows_of_one_recording(self, tmp_path, monkeypatch):
        seen = []
        real = csv_manifest.try_stretches
        monkeypatch.setattr(
            csv_manifest,
            "try_stretches",
            lambda wanted: seen.extend(wanted) or real(wanted),
        )
        folder = lay_out(tmp_path / "data")
        write_tone(folder / "meeting.wav", 4.0)
        changed = [
            {**row, "wav": "meeting.wav", "start": k / 10, "stop": k / 10 + 0.1}
            for k, row in enumerate(rows())
        ]
        write_manifest(folder, changed, TIMED)
        entries = prepare_all(folder, tmp_path / "out")
        assert seen == [folder / "meeting.wav"]
        assert entries["s0_n0"]["start"] == 0.2

    @pytest.mark.parametrize("kind", ["silent", "cancels", "stretch"])
    def test_silence_is_found_before_the_training(self, tmp_path, kind):
        times = {"start": "0.5", "stop": "0.9"} if kind == "stretch" else {}
        folder = lay_out(tmp_path / "data", columns=TIMED, s0_d0=times)
        one = 0.5 * np.sin(np.arange(16000) / 6)
        samples = {
            "silent": 0 * one,
            "cancels": np.stack([one, -one], axis=1),
            "stretch": one * (np.arange(16000) < 8000),
        }
        wav = folder / "audio/s0_d0.wav"
        soundfile.write(wav, samples[kind], 16000)
        message = refuse(folder, tmp_path)
        assert "1 of" in message and f"s0_d0: {wav}: silent, no" in message
        assert ("0.5 s to 0.9 s" in message) == (kind == "stretch")
        kept = prepare_all(folder, tmp_path / "out", bad_rows="skip")
        assert "s0_d0" not in kept and "s0_d1" in kept
        skipped = (tmp_path / "out/skipped.csv").read_text()
        assert "silent, no sample" in skipped

    def test_a_stretch_of_a_format_that_cannot_seek(self, tmp_path):
        cells = {"start": "0.5", "stop": "1.0"}
        folder = lay_out(tmp_path / "data", columns=TIMED, s0_d0=cells)
        wav = folder / "audio/s0_d0.wav"
        sweep = 0.5 * np.sin(np.linspace(0, 200, 32000) ** 2 / 6)
        soundfile.write(wav, sweep, 16000, "GSM610")
        with soundfile.SoundFile(wav) as file:
            whole = file.read(32000, dtype="float32")
        entry = prepare_all(folder, tmp_path / "out")["s0_d0"]
        found = self.read(folder, entry).numpy()
        assert np.array_equal(found, whole[8000:16000])

    def test_wherever_the_audio_is(self, tmp_path):
        """Absolute, in another folder, or by a symbolic link."""
        away = tmp_path / "away"
        folder = lay_out(
            tmp_path / "data",
            s0_d0={"wav": str(away / "a.wav")},
            s0_d1={"wav": "../away/a.wav"},
            s0_n0={"wav": "link/a.wav"},
        )
        write_tone(away / "a.wav", 0.3)
        (folder / "link").symlink_to(away)
        entries = prepare_all(folder, tmp_path / "out")
        assert entries["s0_d0"]["wav"] == str(away / "a.wav")
        for name in ("s0_d0", "s0_d1", "s0_n0"):
            assert len(self.read(folder, entries[name])) == 4800

    def test_short_ones_are_counted(self, tmp_path, caplog):
        folder = lay_out(tmp_path / "data")
        write_tone(folder / "audio/s0_d0.wav", 0.01)
        with caplog.at_level(logging.INFO):
            prepare(folder, tmp_path / "out")
        assert "; 1 shorter than 0.025 s" in caplog.text


def test_command_line(tmp_path):
    folder = lay_out(tmp_path / "data", s0_d0={"text": ""})
    result = subprocess.run(
        [
            *(sys.executable, SCRIPT, "split"),
            *(f"--data_folder={folder}", f"--output_folder={tmp_path}/out"),
            *("--bad_rows=skip", "--split_seed=3"),
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    assert result.returncode == 0, result.stderr
    assert "split_seed 3" in result.stdout
    assert "skipped 1 rows" in result.stdout
    assert (tmp_path / "out/test.json").is_file()


def test_command_line_ends_with_a_message(tmp_path, monkeypatch, capsys):
    folder = lay_out(tmp_path / "data", s0_d0={"text": ""})
    folders = f"--data_folder={folder}", f"--output_folder={tmp_path}/out"
    monkeypatch.setattr(sys, "argv", ["dsd_prepare.py", "split", *folders])
    with pytest.raises(SystemExit) as caught:
        runpy.run_path(str(SCRIPT), run_name="__main__")
    assert caught.value.code == 2
    message = capsys.readouterr().err
    assert message.startswith("error: ")
    assert "line 2: s0_d0: text blank" in message


def test_command_line_leaves_a_running_trainings_folder_alone(
    tmp_path, monkeypatch, capsys
):
    """Also by another name of the folder; train.py's own call is let in."""
    folder, out = lay_out(tmp_path / "data"), tmp_path / "out"
    (tmp_path / "link").symlink_to(out)
    options = f"--data_folder={folder}", f"--output_folder={tmp_path}/link"
    monkeypatch.setattr(sys, "argv", ["dsd_prepare.py", "split", *options])
    with alone_in(out), pytest.raises(SystemExit) as caught:
        runpy.run_path(str(SCRIPT), run_name="__main__")
    assert caught.value.code == 2
    message = capsys.readouterr().err
    assert message.startswith(f"error: {tmp_path}/link: a training or another")
    assert {path.name for path in out.iterdir()} <= {LOCK}
    with alone_in(out):
        prepare(folder, out)
    runpy.run_path(str(SCRIPT), run_name="__main__")


def test_two_builds_in_one_folder_are_not_at_once(
    tmp_path, monkeypatch, capsys
):
    """The second would delete what the first one is writing."""
    given = f"--output_folder={tmp_path}", f"--slurp={tmp_path}"
    monkeypatch.setattr(sys, "argv", ["dsd_prepare.py", "build", *given])
    with alone_in(tmp_path), pytest.raises(SystemExit) as caught:
        runpy.run_path(str(SCRIPT), run_name="__main__")
    assert caught.value.code == 2
    assert "or another preparation works in it" in capsys.readouterr().err
