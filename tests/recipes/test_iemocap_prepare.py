"""IEMOCAP's preparation, on a tiny corpus in its layout."""

import csv
import doctest
import hashlib
import importlib.util
import json
import logging
import os
import re
import runpy
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.iemocap_layout import DIALOGS, KEPT_TURNS, lay_out
from turbo_sb.data.splits.split_file import write_split_file
from turbo_sb.utils.distributed import alone_in
from turbo_sb.utils.errors import InputError

REPOSITORY = Path(__file__).parents[2]
SCRIPT = REPOSITORY / "recipes/IEMOCAP/turbo/iemocap_prepare.py"
LABELS = "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"
TEXTS = "Session1/dialog/transcriptions/Ses01F_impro01.txt"
WAVS = "Session1/sentences/wav/Ses01F_impro01"


def load_script():
    spec = importlib.util.spec_from_file_location("iemocap_prepare", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


recipe = load_script()


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory):
    return lay_out(tmp_path_factory.mktemp("whole"))


@pytest.fixture
def corpus(laid_out, tmp_path):
    return shutil.copytree(laid_out, tmp_path / "corpus")


def prepare(data_folder, output_folder, **options):
    options = {"strict_corpus": False, **options}
    recipe.prepare_iemocap(data_folder, output_folder, **options)
    return {
        name: json.loads((output_folder / f"{name}.json").read_text("utf-8"))
        for name in ("train", "valid", "test")
    }


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def refuse(data_folder, tmp_path, **options):
    """Return the message; whatever the fault, nothing may be written."""
    with pytest.raises(InputError) as caught:
        prepare(data_folder, tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()
    return str(caught.value)


def test_every_field_of_an_utterance(corpus, tmp_path):
    entry = prepare(corpus, tmp_path)["valid"]["Ses01F_impro01_M000"]
    assert entry == {
        "wav": f"{{data_root}}/{WAVS}/Ses01F_impro01_M000.wav",
        "duration": 0.14,
        "text": "Das ist Ses01F_impro01_M000.",
        "label": "hap",
        "spk_id": "Ses01M",
        "session": "Session1",
        "dialog": "Ses01F_impro01",
        "scenario": "impro01",
        "kind": "impro",
    }


def test_happy_and_excited_merge_and_others_are_dropped(corpus, tmp_path):
    sets = prepare(corpus, tmp_path)
    entries = {**sets["train"], **sets["valid"], **sets["test"]}
    assert len(entries) == 2 * 5 * KEPT_TURNS
    emos = [entry["label"] for entry in entries.values()]
    assert Counter(emos) == {"ang": 20, "hap": 20, "neu": 20, "sad": 20}


def test_speaker_is_who_speaks_also_in_dialogs_with_a_suffix(corpus, tmp_path):
    sets = prepare(corpus, tmp_path, fold=5)  # Ses03F
    women = [
        name for name in sets["test"] if name.startswith("Ses03M_impro05a")
    ]
    assert women == [f"Ses03M_impro05a_F00{k}" for k in range(4)]
    assert {e["spk_id"] for e in sets["test"].values()} == {"Ses03F"}
    assert {e["spk_id"] for e in sets["valid"].values()} == {"Ses03M"}
    one = sets["train"]["Ses05M_script01_1b_F000"]
    assert one["spk_id"] == "Ses05F"
    assert one["dialog"] == "Ses05M_script01_1b"
    assert one["kind"] == "script"


def test_text_survives_without_its_tags(corpus, tmp_path):
    sets = prepare(corpus, tmp_path)
    texts = {name: entry["text"] for name, entry in sets["test"].items()}
    assert texts["Ses01F_impro01_F000"] == 'Er sagte: "nein, nie", Käthe.'
    assert texts["Ses01F_impro01_F001"] == "[UNK]"
    content = (tmp_path / "test.json").read_bytes()
    assert 'nie\\", Käthe'.encode() in content


def test_byte_that_is_no_utf8_is_replaced(corpus, tmp_path):
    content = (corpus / TEXTS).read_bytes()
    (corpus / TEXTS).write_bytes(content.replace("ä".encode(), b"\xe4"))
    texts = prepare(corpus, tmp_path)["test"]
    assert texts["Ses01F_impro01_F000"]["text"].endswith("K\ufffdthe.")


def test_tags_stay_on_request(corpus, tmp_path):
    sets = prepare(corpus, tmp_path, keep_tags=True)
    texts = {name: entry["text"] for name, entry in sets["test"].items()}
    assert texts["Ses01F_impro01_F001"] == "[BREATHING] [laughter]"


def test_empty_text_has_the_given_token(corpus, tmp_path):
    sets = prepare(corpus, tmp_path, empty_text="<unk>")
    assert sets["test"]["Ses01F_impro01_F001"]["text"] == "<unk>"
    message = refuse(corpus, tmp_path / "more", empty_text=" ")
    assert "empty_text is blank" in message


def test_same_bytes_each_time(corpus, tmp_path):
    prepare(corpus, tmp_path / "one", protocol="random10")
    prepare(corpus, tmp_path / "two", protocol="random10")
    prepare(corpus, tmp_path / "two", protocol="random10")
    files = ["preparation.json", "skipped.csv"]
    files += ["test.json", "train.json", "valid.json"]
    for name in files:
        one, two = (tmp_path / n / name for n in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()
    assert sorted(path.name for path in (tmp_path / "two").iterdir()) == files


def test_root_may_be_nested(corpus, tmp_path):
    inner = tmp_path / "release" / "IEMOCAP"
    inner.parent.mkdir()
    corpus.rename(inner)
    sets = prepare(tmp_path / "release", tmp_path / "out")
    wav = sets["test"]["Ses01F_impro01_F000"]["wav"]
    assert wav == f"{{data_root}}/IEMOCAP/{WAVS}/Ses01F_impro01_F000.wav"
    found = wav.replace("{data_root}", str(tmp_path / "release"))
    assert Path(found).is_file()


@pytest.mark.parametrize(
    ("protocol", "fold", "sizes"),
    [
        ("speaker10", 10, (64, 8, 8)),
        ("session5", 5, (48, 16, 16)),
        ("random10", 10, (64, 8, 8)),
    ],
)
def test_sizes_of_the_sets(corpus, tmp_path, protocol, fold, sizes):
    sets = prepare(corpus, tmp_path, protocol=protocol, fold=fold)
    assert tuple(len(part) for part in sets.values()) == sizes


def test_part_of_the_corpus(tmp_path):
    corpus = lay_out(tmp_path / "corpus", sessions=(2, 4))
    sets = prepare(corpus, tmp_path, fold=4)
    assert {e["spk_id"] for e in sets["test"].values()} == {"Ses04M"}
    message = refuse(corpus, tmp_path / "more", fold=5)
    assert "1=Ses02F, 2=Ses02M, 3=Ses04F, 4=Ses04M" in message


def test_any_rate_channels_and_length_are_accepted(corpus, tmp_path, caplog):
    stereo = np.full((44100, 2), 0.1)
    soundfile.write(corpus / WAVS / "Ses01F_impro01_F000.wav", stereo, 44100)
    short = np.full(399, 0.1)
    soundfile.write(corpus / WAVS / "Ses01F_impro01_F001.wav", short, 16000)
    with caplog.at_level(logging.INFO):
        test = prepare(corpus, tmp_path)["test"]
    assert test["Ses01F_impro01_F000"]["duration"] == 1.0
    assert test["Ses01F_impro01_F001"]["duration"] == 399 / 16000
    assert "16000 Hz mono (79), 44100 Hz multichannel (1)" in caplog.text
    assert "; 1 shorter than 400 samples" in caplog.text


def test_summary_counts_what_was_found(corpus, tmp_path, caplog):
    with caplog.at_level(logging.INFO):
        prepare(corpus, tmp_path)
    lines = [" ".join(line.split()) for line in caplog.text.splitlines()]
    assert "Ses01F 2 2 2 2 8 0.00 test" in lines
    assert "Ses01M 2 2 2 2 8 0.00 valid" in lines
    assert "train 16 16 16 16 64 0.00" in lines
    assert "all 20 20 20 20 80 0.00" in lines
    assert "labels dropped: fru (10), xxx (10)" in lines
    assert "tags stripped in 2 texts; 1 empty texts became [UNK]" in lines


def test_folder_that_is_not_iemocap(tmp_path):
    folder = tmp_path / "data"
    messages = [refuse(folder, tmp_path)]
    folder.mkdir()
    messages.append(refuse(folder, tmp_path))
    (folder / "a.txt").write_text("")
    messages.append(refuse(folder, tmp_path))
    found = ("no such folder", "the folder is empty", "Found there:\n  a.txt")
    for message, what in zip(messages, found):
        assert what in message
        assert f"{folder}: " in message
        assert "Session1 ... Session5" in message


def test_two_roots_are_one_too_many(tmp_path):
    for name in ("a", "b"):
        (tmp_path / "data" / name / "Session1").mkdir(parents=True)
    assert "several of them:\n  a\n  b" in refuse(tmp_path / "data", tmp_path)


def test_missing_folders_are_all_named(corpus, tmp_path):
    shutil.rmtree(corpus / "Session2/dialog/transcriptions")
    shutil.rmtree(corpus / "Session4")
    message = refuse(corpus, tmp_path)
    assert "Session2/dialog/transcriptions" in message
    assert "Session4" not in message
    message = refuse(corpus, tmp_path, strict_corpus=True)
    assert "Session2/dialog/transcriptions" in message
    assert "  Session4\n" in message


def test_missing_transcripts_are_all_named(corpus, tmp_path):
    (corpus / TEXTS).unlink()
    other = corpus / "Session5/dialog/transcriptions/Ses05F_impro01.txt"
    edit(other, "Ses05F_impro01_M003", "Ses05F_impro01_M033")
    message = refuse(corpus, tmp_path)
    assert message.count("Ses01F_impro01.txt: no such file") == 1
    assert f"{other}: no line of Ses05F_impro01_M003" in message


def test_transcript_of_a_dropped_label_is_not_needed(corpus, tmp_path):
    edit(corpus / TEXTS, "Ses01F_impro01_F004", "Ses01F_impro01_F044")
    (corpus / WAVS / "Ses01F_impro01_F004.wav").unlink()
    assert "Ses01F_impro01_F004" not in prepare(corpus, tmp_path)["test"]


def test_bad_wavs_are_all_named(corpus, tmp_path):
    wavs = [corpus / WAVS / f"Ses01F_impro01_F00{k}.wav" for k in range(3)]
    wavs[0].unlink()
    wavs[1].write_bytes(b"")
    wavs[2].write_bytes(wavs[2].read_bytes()[:-20])
    message = refuse(corpus, tmp_path)
    assert "3 of 80 audio files" in message
    assert f"{wavs[0]}: no such file" in message
    assert f"{wavs[1]}: empty" in message
    assert f"{wavs[2]}: truncated" in message


def test_silent_wav_is_left_out_and_said(corpus, tmp_path, caplog):
    """Of the published corpus none may be; another may have some."""
    wav = corpus / WAVS / "Ses01F_impro01_F000.wav"
    before = prepare(corpus, tmp_path / "before", protocol="random10")
    soundfile.write(wav, np.zeros(16000), 16000)
    sets = prepare(corpus, tmp_path / "out", protocol="random10")
    for part in before.values():
        part.pop(wav.stem, None)
    assert {k: list(v) for k, v in sets.items()} == {
        k: list(v) for k, v in before.items()
    }
    assert "left out 1 of 80 utterances" in caplog.text
    assert f"{wav}: silent, no sample" in caplog.text


def test_silent_wav_of_the_published_corpus_is_refused(
    monkeypatch, corpus, tmp_path
):
    as_published(monkeypatch, corpus)
    wav = corpus / WAVS / "Ses01F_impro01_F000.wav"
    soundfile.write(wav, np.zeros(16000), 16000)
    with pytest.raises(InputError, match=r"1 of 80 .*\n.*F000.wav: silent"):
        prepare(corpus, tmp_path / "out", strict_corpus=True)


@pytest.mark.parametrize(
    ("new", "message"),
    [
        ("\tSes01F_impro99_F000\t", "Ses01F_impro99_F000 is not an ID like"),
        ("\thello\t", "hello is not an ID like Ses03M_impro05a_F001"),
        ("\tSes01F_impro01_F001\t", "Ses01F_impro01_F001 is also at"),
        ("\t", 'expected "[time] ID neu", got'),
    ],
)
def test_label_line_that_would_mislead(corpus, tmp_path, new, message):
    edit(corpus / LABELS, "\tSes01F_impro01_F000\t", new)
    found = refuse(corpus, tmp_path)
    assert f"{corpus / LABELS}:" in found
    assert message in found


def test_transcript_given_twice_must_agree(corpus, tmp_path):
    line = "Ses01F_impro01_F002 [000.0-001.0]: Das ist {}.\nF: Nein"
    edit(corpus / TEXTS, "F: Nein", line.format("Ses01F_impro01_F002"))
    prepare(corpus, tmp_path)
    edit(corpus / TEXTS, "F: Nein", line.format("anders"))
    message = refuse(corpus, tmp_path)
    assert f"{TEXTS}:14: Ses01F_impro01_F002 is also at" in message


def test_line_of_unknown_kind_is_reported(corpus, tmp_path, caplog):
    edit(corpus / TEXTS, "F: Nein", "and so on\nF: Nein")
    prepare(corpus, tmp_path)
    assert "skipped 1 lines of unknown kind" in caplog.text
    assert f"{TEXTS}:13" in caplog.text


def test_unnumbered_turn_is_skipped_though_labelled(corpus, tmp_path):
    edit(corpus / LABELS, "Ses01F_impro01_F000", "Ses01F_impro01_FXX0")
    assert len(prepare(corpus, tmp_path)["test"]) == 7


def test_corpus_without_a_class(tmp_path):
    corpus = lay_out(tmp_path / "corpus", sessions=(1,))
    for name in DIALOGS[1]:
        path = corpus / "Session1/dialog/EmoEvaluation" / f"{name}.txt"
        for label in ("ang", "hap", "exc", "neu", "sad"):
            edit(path, f"\t{label}\t", "\toth\t")
    message = refuse(corpus, tmp_path)
    assert "nothing is labelled ang, hap, neu, sad in" in message
    assert "Found: oth (16), fru (2), xxx (2)" in message


def test_labels_reach_the_preparation(corpus, tmp_path):
    """In any order; what is in none of the sets is listed, and why."""
    labels = ["xxx", "sad", "fru", "ang", "neu", "hap"]
    sets = prepare(corpus, tmp_path, labels=labels)
    found = Counter(e["label"] for s in sets.values() for e in s.values())
    kept = dict.fromkeys(("ang", "hap", "neu", "sad"), 20)
    assert found == {**kept, "fru": 10, "xxx": 10}
    assert (tmp_path / "skipped.csv").read_text() == "line,ID,problem\n"
    sets = prepare(corpus, tmp_path / "two", labels=["neu", "ang"])
    found = Counter(e["label"] for s in sets.values() for e in s.values())
    assert found == {"neu": 20, "ang": 20}
    prepare(corpus, tmp_path / "four", labels=["neu", "ang", "sad", "hap"])
    assert prepare(corpus, tmp_path / "default") == {
        name: json.loads((tmp_path / "four" / f"{name}.json").read_text())
        for name in ("train", "valid", "test")
    }


@pytest.mark.parametrize(
    ("labels", "counts"),
    [
        (["ang", "hap"], {"ang": 20, "hap": 20}),
        (["ang", "hap", "exc"], {"ang": 20, "hap": 10, "exc": 10}),
        (["exc", "ang"], {"ang": 20, "exc": 10}),
        (["neu", "ang"], {"ang": 20, "neu": 20}),
    ],
)
def test_excitement_is_happiness_unless_it_is_a_class(
    corpus, tmp_path, labels, counts
):
    # Each speaker has one of each, so that no set lacks one.
    keys = {"protocol": "session5", "labels": labels}
    sets = prepare(corpus, tmp_path, **keys)
    found = Counter(e["label"] for s in sets.values() for e in s.values())
    assert found == counts


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["ang", "sur"], r"nothing is labelled sur in .*Found: ang \(20\)"),
        (["ang", "joy", "hap"], "nothing is labelled joy in"),
        (["ang", "ang"], "ang is there 2 times"),
    ],
)
def test_labels_that_the_corpus_does_not_have(
    corpus, tmp_path, labels, message
):
    assert re.search(message, refuse(corpus, tmp_path, labels=labels))


def test_class_of_one_speaker_alone(corpus, tmp_path):
    """Where it is tested, nothing trains it; else other sets may lack it."""
    wav = corpus / "Session1/dialog/EmoEvaluation"
    for path in (wav / f"{name}.txt" for name in DIALOGS[1]):
        edit(path, "F004\tfru", "F004\tfea")
    labels = ["ang", "hap", "fea"]
    keys = {"labels": labels, "fold": 1}
    message = refuse(corpus, tmp_path, **keys)
    assert "fold 1: labels: fea: train has no utterance of it" in message
    assert "--labels=[...]" in message
    prepare(corpus, tmp_path, labels=labels, fold=3)
    facts = json.loads((tmp_path / "preparation.json").read_text())
    assert facts["absent_classes"] == {"valid": ["fea"], "test": ["fea"]}


def test_strict_corpus_is_of_the_published_classes(
    monkeypatch, corpus, tmp_path
):
    as_published(monkeypatch, corpus)
    keys = {"strict_corpus": True, "labels": ["fru", "exc", "hap"]}
    sets = prepare(corpus, tmp_path, protocol="session5", **keys)
    found = Counter(e["label"] for s in sets.values() for e in s.values())
    assert found == {"fru": 10, "exc": 10, "hap": 10}


def test_each_labelled_turn_is_in_a_set_or_in_the_list(corpus, tmp_path):
    sets = prepare(corpus, tmp_path, protocol="scenario", fold=1)
    used = {name for part in sets.values() for name in part}
    with open(tmp_path / "skipped.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    skipped = {row["ID"]: row["problem"] for row in rows}
    assert len(skipped) == len(rows) == 100 - len(used)
    assert not used & set(skipped)
    why = Counter(skipped.values())
    assert why.pop("in no set of the fold") == 80 - len(used)
    assert why == {
        f"label {label}, which is not one of the classes": 10
        for label in ("fru", "xxx")
    }
    (line,) = (r["line"] for r in rows if r["ID"] == "Ses01F_impro01_F004")
    assert line == f"{LABELS}:43"


def test_recording_of_another_utterance_in_another_set(corpus, tmp_path):
    """A copy, in more bits and with two channels."""
    one = corpus / WAVS / "Ses01F_impro01_F000.wav"
    other = "Session2/sentences/wav/Ses02F_impro01/Ses02F_impro01_M001.wav"
    samples, rate = soundfile.read(one)
    soundfile.write(corpus / other, np.stack([samples] * 2, 1), rate, "PCM_24")
    for protocol in ("speaker10", "session5", "random10"):
        message = refuse(corpus, tmp_path, protocol=protocol)
        assert "2 utterances have a recording" in message
        assert re.search(r"Ses01F_impro01_F000 \(\w+: Session1/", message)
        assert re.search(r"Ses02F_impro01_M001 \(\w+: Session2/", message)
    prepare(corpus, tmp_path / "on", same_recordings="warn")
    facts = json.loads((tmp_path / "on/preparation.json").read_text())
    assert facts["n_same_recording"] == 2
    prepare(corpus, tmp_path / "both", fold=7)  # both are in training


def test_unknown_protocol_and_fold_come_before_the_data(tmp_path):
    message = refuse(tmp_path / "none", tmp_path, protocol="speaker")
    assert "speaker10, session5, random10" in message
    assert "the folds 1 to 5" in refuse(
        tmp_path / "none", tmp_path, protocol="session5", fold=6
    )


def test_failure_leaves_the_manifests_of_before(corpus, tmp_path):
    prepare(corpus, tmp_path / "out")
    before = {p: p.read_bytes() for p in (tmp_path / "out").iterdir()}
    (corpus / WAVS / "Ses01F_impro01_F000.wav").unlink()
    with pytest.raises(InputError):
        prepare(corpus, tmp_path / "out", fold=2)
    after = {p: p.read_bytes() for p in (tmp_path / "out").iterdir()}
    assert after == before


def test_strict_corpus_names_what_differs(corpus, tmp_path):
    message = refuse(corpus, tmp_path, strict_corpus=True)
    assert "80 utterances of four classes instead of 5,531" in message
    assert "Session3: 2 dialogs labelled, published 32" in message
    assert (
        "Ses05M: ang 2 (published 92), hap 2 (published 283), "
        "neu 2 (published 163), sad 2 (published 113)" in message
    )
    assert "--strict_corpus=False" in message


def as_published(monkeypatch, corpus):
    """Publish the tiny corpus: its counts, and the hashes of its entries."""
    turns = recipe._read_labels(corpus)
    entries = recipe._select(turns, recipe.CLASSES)
    hashes = {f: recipe.corpus_hash(entries, f) for f in ("label", "spk_id")}
    monkeypatch.setattr(recipe, "HASHES", hashes)
    monkeypatch.setattr(recipe, "DIALOGS", {f"Session{k}": 2 for k in DIALOGS})
    counts = dict.fromkeys(recipe.SPEAKERS, (2, 2, 2, 2))
    monkeypatch.setattr(recipe, "SPEAKERS", counts)


def test_strict_corpus_passes_what_is_published(monkeypatch, corpus, tmp_path):
    as_published(monkeypatch, corpus)
    assert prepare(corpus, tmp_path, strict_corpus=True)["test"]


def test_strict_corpus_finds_two_labels_exchanged(
    monkeypatch, corpus, tmp_path
):
    as_published(monkeypatch, corpus)
    edit(corpus / LABELS, "F000\tang", "F000\tTMP")
    edit(corpus / LABELS, "F002\tneu", "F002\tang")
    edit(corpus / LABELS, "F000\tTMP", "F000\tneu")
    message = refuse(corpus, tmp_path, strict_corpus=True)
    assert "the counts agree, but some label differ" in message


def test_published_figures():
    """Against the totals that the literature gives, class by class."""
    classes = [sum(column) for column in zip(*recipe.SPEAKERS.values())]
    assert recipe.CLASSES == ("ang", "hap", "neu", "sad")
    assert classes == [1103, 1636, 1708, 1084]
    sessions = [
        sum(sum(n) for s, n in recipe.SPEAKERS.items() if s[4] == str(k))
        for k in range(1, 6)
    ]
    assert sessions == [1085, 1023, 1151, 1031, 1241]
    assert sum(recipe.DIALOGS.values()) == 151
    assert recipe.HASHES == {
        "label": "95532f4b2cc500676531d786b6fb8381"
        "97dedfa864cfd35199c48ec89b6eb01a",
        "spk_id": "ae3035711912cf24af5c07beb4705c63"
        "733016fb82e5ef456f881046b06924bf",
    }


def test_hash_is_of_sorted_tab_separated_lines():
    entries = {"b": {"label": "sad"}, "a": {"label": "neu"}}
    expected = hashlib.sha256(b"a\tneu\nb\tsad\n").hexdigest()
    assert recipe.corpus_hash(entries, "label") == expected


def test_examples_of_the_script():
    result = doctest.testmod(recipe)
    assert result.attempted > 0
    assert result.failed == 0


def run_script(*arguments):
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    return subprocess.run(
        [sys.executable, SCRIPT, *arguments],
        capture_output=True,
        text=True,
        env=environment,
    )


def test_command_line(corpus, tmp_path):
    folders = (f"--data_folder={corpus}", f"--output_folder={tmp_path}/out")
    result = run_script(
        *folders, "--protocol=session5", "--fold=2", "--strict_corpus=False"
    )
    assert result.returncode == 0, result.stderr
    test = json.loads((tmp_path / "out/test.json").read_text("utf-8"))
    assert {entry["session"] for entry in test.values()} == {"Session2"}
    assert "labels dropped: fru (10), xxx (10)" in result.stdout
    result = run_script(*folders, "--strict_corpus=True")
    assert result.returncode == 2
    assert result.stderr.startswith("error: ")
    assert "Traceback" not in result.stderr


def test_command_line_leaves_a_running_trainings_folder_alone(
    laid_out, tmp_path, monkeypatch, capsys
):
    folders = f"--data_folder={laid_out}", f"--output_folder={tmp_path}"
    given = [SCRIPT.name, *folders, "--strict_corpus=False"]
    monkeypatch.setattr(sys, "argv", given)
    with alone_in(tmp_path), pytest.raises(SystemExit) as caught:
        runpy.run_path(str(SCRIPT), run_name="__main__")
    assert caught.value.code == 2
    message = capsys.readouterr().err
    assert message.startswith(f"error: {tmp_path}: a training or another")
    assert not (tmp_path / "train.json").exists()
    runpy.run_path(str(SCRIPT), run_name="__main__")
    assert (tmp_path / "train.json").is_file()


def test_boolean_of_the_command_line():
    assert recipe.boolean("False") is False
    assert recipe.boolean("true") is True
    with pytest.raises(recipe.argparse.ArgumentTypeError, match="not maybe"):
        recipe.boolean("maybe")


def test_turns_without_a_number_may_repeat(corpus, tmp_path):
    """Nobody needs them: no label, no wav."""
    path = corpus / "Session1/dialog/transcriptions/Ses01F_impro01.txt"
    with path.open("a", encoding="utf-8") as file:
        for text in ("So?", "Or so."):
            file.write(f"Ses01F_impro01_MXX0 [1.0-2.0]: {text}\n")
            file.write(f"Ses01F_impro01_MXX10 [1.0-2.0]: {text}\n")
    recipe.prepare_iemocap(corpus, tmp_path, strict_corpus=False)
    assert (tmp_path / "train.json").is_file()


@pytest.mark.parametrize(
    ("utterance", "scenario"),
    [
        ("Ses03M_impro05a_F001", "impro05"),
        ("Ses05M_script01_1b_M000", "script01"),
        ("Ses01F_script01_3_M010", "script01"),
    ],
)
def test_takes_and_parts_are_one_scenario(utterance, scenario):
    assert recipe._parse_id(utterance)["scenario"] == scenario


def test_scenario_leaves_out_what_is_in_no_set(corpus, tmp_path):
    """Nothing of the test's session or scenario is in training."""
    sets = prepare(corpus, tmp_path, protocol="scenario", fold=1)
    cells = {
        name: {(e["session"], e["scenario"]) for e in part.values()}
        for name, part in sets.items()
    }
    (session, scenario) = next(iter(cells["test"]))
    assert cells["train"]
    for other in (*cells["train"], *cells["valid"]):
        assert session != other[0] and scenario != other[1]
    facts = json.loads((tmp_path / "preparation.json").read_text())
    assert facts["n_left_out"] == 80 - sum(map(len, sets.values())) > 0


def test_split_file_gives_the_sets(corpus, tmp_path):
    folds, _ = recipe.prepare_folds(corpus, "session5", strict_corpus=False)
    assert list(folds) == [1, 2, 3, 4, 5]
    path = tmp_path / "split.csv"
    write_split_file(path, {k: own[0] for k, own in folds.items()})
    for protocol in ("given", "session5"):
        out = tmp_path / protocol
        keys = {"protocol": protocol, "fold": 4, "split_file": path}
        assert prepare(corpus, out, **keys) == folds[4][0]
    with pytest.raises(InputError, match="spk_id Ses01F is in both"):
        planted = path.read_text().replace("train", "test", 1)
        path.write_text(planted)
        prepare(corpus, tmp_path, protocol="session5", split_file=path)


def test_texts_of_a_recogniser(corpus, tmp_path):
    before = prepare(corpus, tmp_path / "gold")
    path = tmp_path / "asr.csv"
    path.write_text("ID,text\n" + "".join(f"{k},eh\n" for k in before["test"]))
    keys = {"text_csv": path, "text_csv_sets": ["test"]}
    found = prepare(corpus, tmp_path / "asr", **keys)
    assert {e["text"] for e in found["test"].values()} == {"eh"}
    assert found["train"] == before["train"]
    facts = json.loads((tmp_path / "asr" / "preparation.json").read_text())
    assert facts["texts"] == "asr.csv in test"
    with pytest.raises(InputError, match="utterances of train have no line"):
        prepare(corpus, tmp_path, **{**keys, "text_csv_sets": ["train"]})
