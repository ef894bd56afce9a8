"""The preparation of device-directed speech: every fault, in a user's words."""

import csv
import json
import logging
import shutil

import numpy as np
import pytest
import soundfile

from tests.dsd_layout import COLUMNS, lay_out, rows, write_manifest
from tests.recipes.dsd_preparation import (
    CORPUS,
    SPLIT,
    TIMED,
    prepare,
    prepare_all,
    recipe,
    refuse,
    split_rows,
)
from turbo_sb.utils.errors import InputError


def skipped(folder):
    with open(folder / "skipped.csv", encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def long_name():
    """A text where a path should be: two columns exchanged."""
    return "so I said " * 30


# Cells of the row s0_d0, which is line 2, and what is said about it.
BAD_ROWS = [
    ({"label": "device"}, "label 'device', expected non_directed or directed"),
    ({"label": "Directed"}, "label 'Directed', expected"),
    ({"label": ""}, "label blank"),
    ({"text": ""}, "text blank"),
    ({"text": " \u00a0"}, "text blank"),
    ({"wav": ""}, "wav blank"),
    ({"ID": ""}, "ID blank"),
    ({"ID": "", "text": ""}, "ID and text blank"),
    ({"ID": "s0_d1"}, "line 3: s0_d1: the same ID as line 2"),
    ({"start": "x"}, "start 'x', expected seconds"),
    ({"stop": "1.000,5"}, "stop '1.000,5', expected seconds"),
    ({"start": "0:05"}, "start '0:05', expected seconds"),
    ({"start": "-1"}, "start -1.0 s, expected 0 or more"),
    ({"start": "nan"}, "start nan s, expected 0 or more"),
    ({"stop": "nan"}, "stop nan s, expected more than start, 0.0 s"),
    ({"start": "inf"}, "start inf and stop 0.1: expected a stretch"),
    ({"stop": "inf"}, "start 0 and stop inf: expected a stretch"),
    ({"start": "0.05", "stop": "0.05"}, "stop 0.05 s, expected more than"),
    ({"start": "0.05", "stop": "0.02"}, "stop 0.02 s, expected more than"),
    ({"stop": "0"}, "stop 0.0 s, expected more than start, 0.0 s"),
    ({"start": "0.1"}, "audio/s0_d0.wav: start 0.1 and stop 0.1: expected"),
    ({"stop": "0.111"}, "stop 0.111: expected a stretch within its 0.10 s"),
    ({"start": "0.05", "stop": "0.050001"}, "start 0.05 and stop"),
    ({"wav": "audio/none.wav"}, "audio/none.wav: no such file"),
    ({"wav": "/none/a.wav"}, "/none/a.wav: no such file"),
    ({"wav": "audio"}, "audio: a folder, or one that may not be read"),
    ({"wav": long_name()}, "not audio, or damaged"),
    ({"wav": "manifest.csv"}, "not audio, or damaged"),
    ({"wav": "empty.wav"}, "empty.wav: empty, 0 bytes"),
    ({"wav": "header.wav"}, "header.wav: empty, a header without samples"),
    ({"wav": "half.wav"}, "half.wav: truncated, its header promises 3200"),
    ({"wav": "nan.wav"}, "nan.wav: sample 2 (at 0.000 s) is NaN"),
]


@pytest.fixture(scope="module")
def damaged(tmp_path_factory):
    """A good corpus, with files beside it that are not."""
    folder = lay_out(tmp_path_factory.mktemp("dsd") / "data", columns=TIMED)
    whole = (folder / "audio/s0_d0.wav").read_bytes()
    (folder / "half.wav").write_bytes(whole[: len(whole) // 2])
    (folder / "empty.wav").write_bytes(b"")
    soundfile.write(folder / "header.wav", np.zeros(0), 16000)
    samples = np.array([0, 0, np.nan, 0])
    soundfile.write(folder / "nan.wav", samples, 16000, subtype="FLOAT")
    return folder


def rewrite(folder, **changes):
    changed = [{**row, **changes.get(row["ID"], {})} for row in rows()]
    write_manifest(folder, changed, TIMED)
    return folder


class TestBadRows:
    @pytest.mark.parametrize(("cells", "problem"), BAD_ROWS)
    def test_stops_and_says_where_and_what(
        self, damaged, tmp_path, cells, problem
    ):
        message = refuse(rewrite(damaged, s0_d0=cells), tmp_path)
        manifest = damaged / "manifest.csv"
        assert message.startswith(f"{manifest}: 1 of 40 rows cannot be used:\n")
        assert problem in message
        line = "line 3: s0_d1" if cells.get("ID") == "s0_d1" else "line 2: "
        assert f"\n  {line}" in message
        assert "--bad_rows=skip" in message

    @pytest.mark.parametrize(("cells", "problem"), BAD_ROWS)
    def test_goes_on_without_it_where_asked(
        self, damaged, tmp_path, cells, problem, caplog
    ):
        folder = rewrite(damaged, s0_d0=cells)
        with caplog.at_level(logging.INFO):
            found = prepare_all(folder, tmp_path / "out", bad_rows="skip")
        assert len(found) == 39
        assert "skipped 1 rows (skipped.csv):\n  line " in caplog.text
        header, (line, name, why) = skipped(tmp_path / "out")
        assert header == ["line", "ID", "problem"]
        assert problem in f"line {line}: {name}: {why}"

    def test_all_are_named_by_line_and_the_rest_is_counted(
        self, damaged, tmp_path
    ):
        changes = {f"s{k}_n0": {"text": ""} for k in range(10)}
        changes |= {f"s{k}_d0": {"wav": "half.wav"} for k in range(3)}
        message = refuse(rewrite(damaged, **changes), tmp_path)
        assert "13 of 40 rows cannot be used" in message
        assert "  line 2: s0_d0: " in message.splitlines()[1]
        assert "  line 4: s0_n0: text blank" == message.splitlines()[2]
        assert "  ... and 3 more\n" in message

    def test_an_id_that_is_there_three_times(self, damaged, tmp_path):
        folder = rewrite(damaged, s0_d1={"ID": "s0_d0"}, s5_n0={"ID": "s0_d0"})
        message = refuse(folder, tmp_path)
        assert message.count("s0_d0: the same ID as line 2\n") == 2

    def test_an_unquoted_delimiter(self, damaged, tmp_path):
        rewrite(damaged)
        path = damaged / "manifest.csv"
        text = path.read_text("utf-8")
        path.write_text(text.replace("the light,", "the light, now,", 1))
        message = refuse(damaged, tmp_path)
        assert (
            "  line 2: (no ID): 8 cells, the header has 7: is a text not "
            "between quotes, or a cell missing?" in message
        )
        found = prepare_all(damaged, tmp_path / "out", bad_rows="skip")
        assert len(found) == 39

    def test_none_is_left(self, damaged, tmp_path):
        write_manifest(damaged, [{**row, "text": ""} for row in rows()], TIMED)
        message = refuse(damaged, tmp_path, bad_rows="skip")
        assert "40 of 40 rows cannot be used" in message
        assert "--bad_rows" not in message

    def test_a_list_of_before_does_not_stay(self, damaged, tmp_path):
        rewrite(damaged, s0_d0={"text": ""})
        prepare(damaged, tmp_path, bad_rows="skip")
        assert len(skipped(tmp_path)) == 2
        prepare(rewrite(damaged), tmp_path)
        assert len(skipped(tmp_path)) == 1

    def test_a_text_that_a_spreadsheet_would_take_for_missing(
        self, damaged, tmp_path
    ):
        folder = rewrite(damaged, s0_d0={"text": "nan"}, s0_d1={"text": "None"})
        entries = prepare_all(folder, tmp_path)
        assert [entries[n]["text"] for n in ("s0_d0", "s0_d1")] == [
            *("nan", "None")
        ]


class TestBadManifest:
    @pytest.mark.parametrize("column", COLUMNS[:4])
    def test_a_missing_column(self, tmp_path, column):
        columns = tuple(c for c in COLUMNS if c != column)
        message = refuse(lay_out(tmp_path / "data", columns=columns), tmp_path)
        assert f"manifest.csv: no column {column}. Its header is" in message

    def test_a_column_in_another_case(self, tmp_path):
        folder = lay_out(tmp_path / "data")
        path = folder / "manifest.csv"
        path.write_text(path.read_text("utf-8").replace("spk_id", "Spk_ID", 1))
        assert "'Spk_ID' must be written spk_id" in refuse(folder, tmp_path)

    @pytest.mark.parametrize("content", ["", "ID,wav,text,label\n"])
    def test_no_rows(self, tmp_path, content):
        folder = lay_out(tmp_path / "data")
        (folder / "manifest.csv").write_text(content)
        assert "manifest.csv: " in refuse(folder, tmp_path)

    def test_no_manifest(self, tmp_path):
        folder = lay_out(tmp_path / "data")
        path = folder / "manifest.csv"
        for given in (path, folder / "none", folder / "audio"):
            message = refuse(given, tmp_path)
            assert message.startswith(f"{given / 'manifest.csv'}: no such file")
            assert "to be a folder that holds manifest.csv with" in message
        path.unlink()
        path.mkdir()
        assert "no such file" in refuse(folder, tmp_path)

    def test_a_split_of_another_name(self, tmp_path):
        folder = lay_out(tmp_path / "data")
        changed = split_rows()
        changed[0]["split"], changed[4]["split"] = "dev", ""
        write_manifest(folder, changed, SPLIT)
        message = refuse(folder, tmp_path)
        assert message.startswith(f"{folder / 'manifest.csv'}: split: 2 cells")
        assert (
            "not one of train, valid, test:\n  s0_d0: 'dev'\n  s1_d0: ''"
            in (message)
        )

    def test_a_speaker_in_two_splits(self, tmp_path):
        folder = lay_out(tmp_path / "data")
        changed = split_rows()
        changed[0]["split"] = "test"
        write_manifest(folder, changed, SPLIT)
        message = refuse(folder, tmp_path)
        assert "manifest.csv: split: 1 speakers are in more than" in message
        assert "  s0: valid, test\n" in message
        assert "more than" in refuse(folder, tmp_path, bad_rows="skip")

    def test_one_class_in_a_split(self, tmp_path):
        folder = lay_out(tmp_path / "data")
        changed = [
            {**row, "label": "directed"} if row["split"] == "test" else row
            for row in split_rows()
        ]
        write_manifest(folder, changed, SPLIT)
        message = refuse(folder, tmp_path)
        assert "manifest.csv: sets that lack a class:" in message
        assert "  test (8): no non_directed\n" in message

    def test_one_class_in_all(self, tmp_path):
        folder = lay_out(tmp_path / "data")
        write_manifest(folder, [{**r, "label": "directed"} for r in rows()])
        assert "train (32): no non_directed" in refuse(folder, tmp_path)

    def test_too_few_speakers(self, tmp_path):
        folder = lay_out(tmp_path / "data", n_speakers=2)
        message = refuse(folder, tmp_path)
        assert "  test (0): no directed, non_directed\n" in message
        assert "needs three speakers of each class" in message

    def test_three_speakers_will_do(self, tmp_path):
        sets = prepare(lay_out(tmp_path / "data", n_speakers=3), tmp_path)
        assert [len(part) for part in sets.values()] == [4, 4, 4]


class TestSettings:
    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"protocol": "speaker10"}, "Choose one of manifest, corpus"),
            ({"fold": 2}, "fold=2: protocol=manifest has one fold, 1"),
            ({"fold": "a"}, "fold='a': expected a whole number"),
            ({"protocol": "corpus", "fold": 0}, "fold=0: expected a whole"),
            ({"bad_rows": "drop"}, "bad_rows=drop: expected stop or skip"),
        ],
    )
    def test_come_before_the_data(self, tmp_path, options, message):
        assert message in refuse(tmp_path / "none", tmp_path, **options)

    def test_a_corpus_that_cannot_be_left_out(self, tmp_path):
        folder = lay_out(tmp_path / "data", 20, CORPUS)
        message = refuse(folder, tmp_path, protocol="corpus", fold=5)
        assert "1 ami, 2 fsc, 3 libri, 4 slurp" in message
        folder = lay_out(tmp_path / "more", 20)
        message = refuse(folder, tmp_path, protocol="corpus")
        assert "can be left out: none" in message


class TestOneRecordingInTwoSets:
    def refuse_change(self, tmp_path, **cells):
        """Let a test row have other cells; return what is said."""
        changed = [
            {**row, **(cells if row["ID"] == "s2_d0" else {})}
            for row in split_rows()
        ]
        write_manifest(tmp_path / "data", changed, (*TIMED, "split"))
        return refuse(tmp_path / "data", tmp_path)

    def test_the_same_path(self, tmp_path):
        folder = lay_out(tmp_path / "data")
        message = self.refuse_change(tmp_path, wav="audio/s5_n0.wav")
        assert f"{folder / 'manifest.csv'}, fold 1: 2 utterances" in message
        assert (
            "s5_n0 (train: audio/s5_n0.wav) and s2_d0 (test: audio/s5_n0.wav)"
            in message
        )

    def test_a_copy_under_another_name_or_a_link(self, tmp_path):
        folder = lay_out(tmp_path / "data") / "audio"
        shutil.copy(folder / "s5_n0.wav", folder / "copy.wav")
        (folder / "link.wav").symlink_to(folder / "s5_n0.wav")
        for name in ("copy", "link"):
            message = self.refuse_change(tmp_path, wav=f"audio/{name}.wav")
            assert f" and s2_d0 (test: audio/{name}.wav)\n" in message

    @pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
    def test_another_format(self, tmp_path, subtype):
        folder = lay_out(tmp_path / "data") / "audio"
        samples, rate = soundfile.read(folder / "s5_n0.wav")
        soundfile.write(folder / "other.flac", samples, rate, subtype)
        message = self.refuse_change(tmp_path, wav="audio/other.flac")
        assert " and s2_d0 (test: audio/other.flac)\n" in message

    def test_stretches_that_overlap(self, tmp_path):
        lay_out(tmp_path / "data")
        wav = "audio/s5_n0.wav"
        message = self.refuse_change(tmp_path, wav=wav, start=0.02, stop=0.05)
        assert f"s5_n0 (train: {wav}) and s2_d0 (test: {wav}, 0.02" in message

    def test_a_cut_that_would_part_them(self, tmp_path):
        """Without speakers, each utterance is its own group."""
        folder = lay_out(tmp_path / "data", columns=COLUMNS[:4])
        found = rows()
        again = [{**row, "ID": f"{row['ID']}_again"} for row in found]
        write_manifest(folder, [*found, *again], COLUMNS[:4])
        assert "_again" in refuse(folder, tmp_path)
        assert "_again" in refuse(folder, tmp_path, split_seed=2)
        # One speaker is in one set, and so are both.
        write_manifest(folder, [*found, *again])
        assert len(prepare_all(folder, tmp_path / "out")) == 80

    def test_neighbours_and_copies_in_one_set_may_be(self, tmp_path, caplog):
        wav = "audio/s5_n0.wav"
        folder = lay_out(tmp_path / "data")
        changes = {
            "s2_d0": {"wav": wav, "start": 0.06},
            "s5_n0": {"start": 0, "stop": 0.06},
            "s6_d0": {"wav": "audio/s7_n0.wav"},
        }
        changed = [{**r, **changes.get(r["ID"], {})} for r in split_rows()]
        write_manifest(folder, changed, (*TIMED, "split"))
        prepare(folder, tmp_path / "out")
        assert "1 utterances are the same recording as another" in caplog.text
        assert "s6_d0 (directed) and s7_n0 (non_directed)" in caplog.text

    def test_who_knows_may_go_on(self, tmp_path, caplog):
        folder = lay_out(tmp_path / "data", s5_n0={"wav": "audio/s4_n0.wav"})
        row = {"wav": "audio/s4_n0.wav"}
        changed = [
            {**r, **(row if r["ID"] == "s2_d0" else {})} for r in split_rows()
        ]
        write_manifest(folder, changed, SPLIT)
        prepare(folder, tmp_path / "out", same_recordings="warn")
        assert " and s2_d0 (test: audio/s4_n0.wav)\n" in caplog.text
        facts = (tmp_path / "out" / "preparation.json").read_text()
        assert json.loads(facts)["n_same_recording"] == 2
        entry = json.loads((tmp_path / "out/test.json").read_text())["s2_d0"]
        assert set(entry) == {
            *("wav", "duration", "text", "label", "spk_id", "corpus")
        }


class TestOutput:
    def test_a_folder_that_cannot_be_made(self, tmp_path):
        folder = lay_out(tmp_path / "data")
        with pytest.raises(InputError, match="cannot be written"):
            recipe.prepare_dsd(folder, folder / "manifest.csv" / "out")

    def test_failure_leaves_what_was_there(self, tmp_path):
        folder = lay_out(tmp_path / "data")
        prepare(folder, tmp_path / "out")
        before = {p: p.read_bytes() for p in (tmp_path / "out").iterdir()}
        write_manifest(folder, [{**r, "label": "directed"} for r in rows()])
        for bad_rows in ("stop", "skip"):
            with pytest.raises(InputError):
                prepare(folder, tmp_path / "out", bad_rows=bad_rows)
        after = {p: p.read_bytes() for p in (tmp_path / "out").iterdir()}
        assert after == before

    def test_a_skipped_list_that_cannot_be_written(self, tmp_path):
        (tmp_path / "out" / "skipped.csv").mkdir(parents=True)
        with pytest.raises(InputError, match="skipped.csv: cannot be written"):
            recipe.prepare_dsd(lay_out(tmp_path / "data"), tmp_path / "out")
