"""turbo-sb as a person runs it."""

import argparse
import contextlib
import csv
import io
import json
import logging
import os
import shlex
import signal
import subprocess
import sys
import time

import pytest
import soundfile
import torch

from tests import forks
from turbo_sb.cli import main
from turbo_sb.cli.main import COMMANDS, make_parser
from turbo_sb.inference.classifier import TurboClassifier
from turbo_sb.inference.export import write_export

N_LONG = 120


@pytest.fixture(scope="module")
def folder(make_small_model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exports") / "mine"
    model = make_small_model(modality_dropout=0.3, n_classes=2)
    write_export(folder, model, ["no", "yes"])
    return folder


@pytest.fixture
def speech(tmp_path):
    """A folder of three recordings, one in a folder within."""
    generator = torch.Generator().manual_seed(1)
    for k, name in enumerate(["a.wav", "b.flac", "x/c.wav"]):
        path = tmp_path / "speech" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = 0.1 * torch.randn(8000 * (k + 1), generator=generator)
        soundfile.write(path, noise.numpy(), 16000)
    return tmp_path / "speech"


def run(capsys, *arguments):
    """Exit code, standard output and error."""
    code = 0
    try:
        main([str(argument) for argument in arguments])
    except SystemExit as end:
        code = end.code
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def table(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class TestHelp:
    @pytest.mark.parametrize(
        "command",
        [[], *([name] for name in COMMANDS)],
    )
    def test_reads_well(self, capsys, command):
        code, out, _ = run(capsys, *command, "--help")
        assert code == 0
        assert out.startswith(" ".join(["usage: turbo-sb", *command]))
        assert max(map(len, out.splitlines())) <= 80

    def test_examples_are_commands(self, capsys):
        """Each line that begins with turbo-sb is one that argparse takes."""
        shown = []
        for command in ([], *([name] for name in COMMANDS)):
            _, out, _ = run(capsys, *command, "--help")
            lines = [x.strip() for x in out.splitlines()]
            shown += [x for x in lines if x.startswith("turbo-sb ")]
        parser = make_parser()
        parsed = [parser.parse_args(shlex.split(x)[1:]) for x in shown]
        assert {options.command for options in parsed} == set(COMMANDS)

    def test_completion(self, capsys):
        code, out, _ = run(capsys, "--print-completion", "bash")
        assert code == 0 and "complete " in out
        assert all(name in out for name in COMMANDS)

    def test_a_default_is_shown(self):
        """Each option with a value says what its default is."""
        (commands,) = make_parser()._subparsers._group_actions
        for name in ("predict", "export", "app", "demo"):
            for action in commands.choices[name]._actions:
                if action.default not in (None, False, argparse.SUPPRESS):
                    assert "(default: " in action.help, action.dest

    def test_version(self, capsys):
        assert run(capsys, "--version")[:2] == (0, "0.1.0\n")

    def test_no_command(self, capsys):
        code, _, err = run(capsys)
        assert code == 2 and "required: COMMAND" in err


class TestOneFile:
    def test_line(self, capsys, folder, speech):
        path = speech / "a.wav"
        code, out, _ = run(capsys, "predict", folder, path, "--text", "hello")
        found = TurboClassifier.from_hparams(folder).classify_file(
            path, "hello"
        )
        assert code == 0
        assert out.startswith(f"{path}: {found[3][0]}  ({found[3][0]} ")
        assert f"{found[1].item():.3f}" in out
        assert out.endswith("; from audio and text)\n")

    def test_audio_only(self, capsys, folder, speech):
        _, out, _ = run(capsys, "predict", folder, speech / "a.wav")
        assert out.endswith("; from audio)\n")

    def test_text_only(self, capsys, folder):
        code, out, _ = run(capsys, "predict", folder, "--text=hello")
        assert code == 0 and out.endswith("; from text)\n")

    def test_json(self, capsys, folder, speech):
        arguments = ("predict", folder, speech / "a.wav", "--json")
        _, out, _ = run(capsys, *arguments, "--text=hallo, 你")
        found = json.loads(out)
        assert list(found) == [
            *("ID", "label", "score", "probabilities", "used", "text"),
        ]
        assert found["text"] == "hallo, 你" and "你" in out
        assert sum(found["probabilities"].values()) == pytest.approx(1)

    @pytest.mark.parametrize("flags", [(), ("--json",)])
    def test_bad(self, capsys, folder, tmp_path, flags):
        path = tmp_path / "none.wav"
        code, out, err = run(capsys, "predict", folder, path, *flags)
        assert code == 1 and "none.wav: no such file" in err
        if flags:
            assert json.loads(out)["error"].endswith("no such file.")

    def test_nothing(self, capsys, folder):
        code, _, err = run(capsys, "predict", folder)
        assert (code, err) == (
            2,
            "error: nothing to predict: give recordings, or --text.\n",
        )

    def test_no_model(self, capsys, tmp_path, speech):
        where = tmp_path / "none"
        code, _, err = run(capsys, "predict", where, speech / "a.wav")
        assert (code, err) == (2, f"error: {where}: no such folder.\n")


class TestNothingIsLost:
    def test_out_is_what_is_read(self, capsys, folder, tmp_path):
        table = tmp_path / "manifest.csv"
        table.write_text("ID,text\na,hello\n")
        for out in (table, tmp_path / "x" / ".." / "manifest.csv"):
            code, _, err = run(capsys, "predict", folder, table, f"--out={out}")
            assert code == 2 and "is what is read. Give another" in err
        assert table.read_text() == "ID,text\na,hello\n"

    def test_out_is_a_folder(self, capsys, folder, tmp_path):
        arguments = ("predict", folder, "--text=a", f"--out={tmp_path}")
        code, _, err = run(capsys, *arguments)
        assert code == 2 and "is a folder; expected a file" in err

    @pytest.mark.parametrize("name", ["a.csv", "a.errors.csv"])
    def test_a_list_is_not_written_over_what_is_read(
        self, capsys, folder, tmp_path, name
    ):
        table = tmp_path / "a.errors.csv"
        table.write_text("ID,text\na,hello\n")
        arguments = ("predict", folder, table, f"--out={tmp_path / name}")
        code, _, err = run(capsys, *arguments)
        assert code == 2 and "error: --out: " in err
        assert table.read_text() == "ID,text\na,hello\n"

    def test_out_is_a_device(self, capsys, folder, tmp_path):
        """It would be replaced by a file, on all of the machine."""
        os.mkfifo(tmp_path / "null")
        out = f"--out={tmp_path / 'null'}"
        code, _, err = run(capsys, "predict", folder, "--text=a", out)
        assert code == 2 and "is a pipe or a device" in err
        assert (tmp_path / "null").is_fifo()

    @pytest.mark.parametrize("out", ["file/o.csv", "file/new/o.csv"])
    def test_out_that_cannot_be_written_is_told_first(
        self, capsys, tmp_path, out
    ):
        (tmp_path / "file").touch()
        arguments = ("predict", "no model", "--text=a", "--out", tmp_path / out)
        code, _, err = run(capsys, *arguments)
        assert code == 2 and f"--out: {tmp_path / out} cannot be written" in err

    def test_out_in_a_folder_that_is_not_there(self, capsys, folder, tmp_path):
        out = tmp_path / "new" / "deep" / "o.csv"
        assert run(capsys, "predict", folder, "--text=a", "--out", out)[0] == 0
        assert len(table(out)) == 1

    def test_other_labels_are_not_taken_over(
        self, capsys, make_small_model, tmp_path, speech
    ):
        model = make_small_model(modality_dropout=0.3, n_classes=2)
        (speech / "bad.wav").write_bytes(b"no audio")
        out = tmp_path / "out.csv"
        for labels in (["no", "yes"], ["yes", "no"]):
            write_export(tmp_path / "mine", model, labels, overwrite=True)
            run(capsys, "predict", tmp_path / "mine", speech, f"--out={out}")
            found = [row["prediction"] for row in table(out)]
            classifier = TurboClassifier.from_hparams(tmp_path / "mine")
            paths = [speech / row["ID"] for row in table(out)]
            assert found == [classifier.classify_file(p)[3][0] for p in paths]

    @pytest.mark.parametrize("option", ["--precision=bf16", "--asr=none"])
    def test_another_way_to_run_it_begins_anew(
        self, capsys, folder, speech, tmp_path, option
    ):
        (speech / "bad.wav").write_bytes(b"no audio")
        command = ("predict", folder, speech, f"--out={tmp_path / 'out.csv'}")
        run(capsys, *command)
        assert "3 were predicted before" in run(capsys, *command)[2]
        assert "predicted before" not in run(capsys, *command, option)[2]


def test_no_such_device(capsys, folder):
    arguments = ("predict", folder, "--text=hello", "--device=nonsense")
    code, _, err = run(capsys, *arguments)
    assert code == 2 and err.startswith(
        "error: --device=nonsense: expected cpu"
    )


class TestPlaces:
    def test_home_folder(self, capsys, folder, speech, tmp_path, monkeypatch):
        monkeypatch.setenv("HOME", str(tmp_path))
        (tmp_path / "t.csv").write_text("ID,wav\na,~/speech/a.wav\n")
        given = ("~/speech/a.wav", "~/t.csv", "--out=~/o.csv")
        assert run(capsys, "predict", folder, *given)[0] == 0
        first, second = table(tmp_path / "o.csv")
        assert first["score"] == second["score"]

    @pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
    def test_json_on_a_narrow_console(self, folder, monkeypatch, encoding):
        said = io.BytesIO()
        stream = io.TextIOWrapper(said, encoding=encoding)
        monkeypatch.setattr(sys, "stdout", stream)
        words = "\u4f60 \U0001f600 \u05e9"
        main(["predict", str(folder), "--text", words, "--json"])
        stream.flush()
        assert json.loads(said.getvalue())["text"] == words

    def test_names_and_formats_that_nobody_expects(
        self, capsys, folder, speech, tmp_path, monkeypatch
    ):
        monkeypatch.setenv("PATH", "")  # no ffmpeg
        latin = os.fsencode(speech) + b"/m\xfcller.wav"
        os.rename(speech / "a.wav", latin)
        os.rename(speech / "b.flac", speech / "b.raw")
        (speech / "lost.wav").symlink_to("/nowhere/o.wav")
        (speech / "p.m4a").write_bytes(b"\0\0\0\x1cftypM4A \0\0")
        out = tmp_path / "o.csv"
        code, _, err = run(capsys, "predict", folder, speech, "--out", out)
        assert code == 1 and "3 of 5 could not be used" in err
        good = [row["ID"] for row in table(out)]
        assert good == ["m\\xfcller.wav", "x/c.wav"]
        bad = table(tmp_path / "o.errors.csv")
        assert [row["ID"] for row in bad] == ["b.raw", "lost.wav", "p.m4a"]

    @pytest.mark.skipif(
        not os.path.exists("/dev/full"), reason="there is no /dev/full"
    )
    def test_a_full_disk(self, capsys, folder, monkeypatch):
        with open("/dev/full", "w") as full:
            monkeypatch.setattr(sys, "stdout", full)
            with pytest.raises(SystemExit) as end:
                main(["predict", str(folder), "--text=hello"])
            monkeypatch.undo()
            with contextlib.suppress(OSError):
                full.close()
        assert end.value.code == 2
        err = capsys.readouterr().err
        assert "the disk is full. Make room, and give the same command" in err
        assert "checkpoint" not in err


@pytest.mark.slow
def test_reader_that_has_seen_enough(folder, speech):
    """As with `| head -1`."""
    command = [sys.executable, "-m", "turbo_sb", "predict"]
    options = ["--batch-size=1", "--json"]
    process = subprocess.Popen(
        [*command, str(folder), str(speech), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdout.close()
    err = process.stderr.read()
    process.wait()
    assert "Traceback" not in err and process.returncode == 141


class TestMany:
    def test_more_than_a_batch_are_told_as_they_are_ready(
        self, capsys, folder, speech
    ):
        arguments = ("predict", folder, speech, "--json", "--batch-size=1")
        _, out, _ = run(capsys, *arguments)
        found = [json.loads(line)["ID"] for line in out.splitlines()]
        assert found == ["x/c.wav", "b.flac", "a.wav"]  # the longest first

    def test_folder(self, capsys, folder, speech, tmp_path):
        out = tmp_path / "predictions.csv"
        code, said, _ = run(capsys, "predict", folder, speech, "--out", out)
        assert code == 0 and said == (
            f"3 predictions in {out}\nNext: turbo-sb app {folder}\n"
        )
        rows = table(out)
        assert [row["ID"] for row in rows] == ["a.wav", "b.flac", "x/c.wav"]
        for row in rows:
            shares = float(row["p_no"]), float(row["p_yes"])
            assert sum(shares) == pytest.approx(1, abs=1e-12)
            assert float(row["score"]) == max(shares)

    def test_one_bad_row(self, capsys, folder, speech, tmp_path):
        (speech / "b.flac").write_bytes(b"no audio")
        out = tmp_path / "predictions.csv"
        code, _, err = run(capsys, "predict", folder, speech, "--out", out)
        assert code == 1 and "1 of 3 could not be used" in err
        assert [row["ID"] for row in table(out)] == ["a.wav", "x/c.wav"]
        (bad,) = table(tmp_path / "predictions.errors.csv")
        assert bad["ID"] == "b.flac" and "not audio" in bad["error"]
        # Mended, the same command predicts that one alone.
        soundfile.write(speech / "b.flac", torch.rand(8000).numpy(), 16000)
        code, _, err = run(capsys, "predict", folder, speech, "--out", out)
        assert code == 0 and "2 were predicted before" in err
        assert len(table(out)) == 3
        assert not (tmp_path / "predictions.errors.csv").exists()

    def test_bad_rows_of_tables(self, capsys, folder, speech, tmp_path):
        (speech / "t.csv").write_text(
            "ID,wav,text,start\na,a.wav,,\nb,x\\c.wav,,soon\n,c,,\n"
            'd,,"no\ne,,yes,\nf,x\\c.wav,,\n'
        )
        entries = {"g": {"wav": "a.wav", "text": 3}, "h": {"wav": "a.wav"}}
        (speech / "t.json").write_text(json.dumps(entries))
        out = tmp_path / "predictions.csv"
        tables = speech / "t.csv", speech / "t.json"
        code, _, err = run(capsys, "predict", folder, *tables, "--out", out)
        assert code == 1 and "4 of 8 could not be used" in err
        assert [row["ID"] for row in table(out)] == ["a", "e", "f", "h"]
        bad = table(tmp_path / "predictions.errors.csv")
        lines = [f"{tables[0]}:{number}" for number in (4, 5)]
        assert [row["ID"] for row in bad] == ["b", *lines, "g"]
        assert "start is 'soon', expected seconds" in bad[0]["error"]
        assert "text is 3, expected text" in bad[3]["error"]


@pytest.mark.slow
def test_killed_goes_on(folder, tmp_path):
    """Killed by -9 in the middle; the same command ends with the same table."""
    path = tmp_path / "speech"
    path.mkdir()
    generator = torch.Generator().manual_seed(1)
    for k in range(N_LONG):
        noise = 0.1 * torch.randn(1600 + 16 * k, generator=generator)
        soundfile.write(path / f"{k:03d}.wav", noise.numpy(), 16000)

    def command(out):
        module = ["-m", "turbo_sb", "predict", str(folder), str(path)]
        # One at a time: there is a middle to kill it in.
        options = ["--out", str(out), "--batch-size=1", "--device=cpu"]
        return [*module, *options]

    expected, out = tmp_path / "expected.csv", tmp_path / "out.csv"
    assert forks.run(command(expected)).returncode == 0
    process = forks.start(command(out))
    journal, done = tmp_path / "out.csv.partial", 0
    while process.poll() is None and done < 20:
        time.sleep(0.01)
        done = len(journal.read_bytes().splitlines()) if journal.exists() else 0
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL and not out.exists()
    again = forks.run(command(out))
    assert again.returncode == 0, again.stdout
    before = int(again.stdout.split(" were predicted before")[0].split()[-1])
    assert 15 <= before < N_LONG
    assert out.read_bytes() == expected.read_bytes()


def test_ctrl_c(capsys, folder, monkeypatch):
    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("turbo_sb.cli.predict_command.run", interrupt)
    code, _, err = run(capsys, "predict", folder, "--text=hello")
    assert (code, err) == (130, "interrupted\n")


def test_logs_are_quiet(capsys, folder, speech, caplog):
    with caplog.at_level(logging.WARNING):
        run(capsys, "predict", folder, speech / "a.wav", "--text=hello")
    assert not caplog.records


def test_ids_and_words_that_a_terminal_would_obey(capsys, folder, tmp_path):
    path = tmp_path / "manifest.csv"
    path.write_text(
        "ID,wav,text\na,,so\x9b31m yes\nc\x1b[2J,,yes\nd,e\x1b.wav,\n"
    )
    code, out, err = run(capsys, "predict", folder, path)
    assert code == 1 and "\x1b" not in out + err and out.startswith("a: ")
    assert err.count("c\\x1b[2J") == 1 and "e\\u001b.wav" in err
    _, out, _ = run(capsys, "predict", folder, path, "--json")
    assert "\x1b" not in out and "\x9b" not in out
    first = json.loads(out.split("\n")[0])
    assert (first["ID"], first["text"]) == ("a", "so\x9b31m yes")
