"""The corpora whose recordings are utterances, each in its own layout."""

import json

import pytest

from tests.data.corpora.layouts import (
    LAYOUTS,
    lay_out_fluent,
    lay_out_librispeech,
    lay_out_slurp,
    lay_out_timers,
    recording,
    table,
    write_lines,
)
from turbo_sb.data.corpora import (
    READERS,
    read_fluent,
    read_librispeech,
    read_slurp,
    read_timers,
)
from turbo_sb.utils.errors import InputError


def brief(utterances):
    return [(u.id, u.text, u.spk_id) for u in utterances]


@pytest.mark.parametrize("name", READERS)
def test_every_layout_is_read(name, tmp_path):
    utterances = READERS[name](LAYOUTS[name](tmp_path))
    ids = [u.id for u in utterances]
    assert ids == sorted(set(ids)) and len(ids) > 1
    for utterance in utterances:
        assert utterance.corpus == name
        assert utterance.id.startswith(f"{name}_")
        assert utterance.spk_id.startswith(f"{name}_")
        assert utterance.path.is_file()


@pytest.mark.parametrize("name", READERS)
def test_a_folder_around_the_corpus_will_do(name, tmp_path):
    LAYOUTS[name](tmp_path / "inner")
    (tmp_path / "other").mkdir()
    around, inner = READERS[name](tmp_path), READERS[name](tmp_path / "inner")
    assert around == inner


@pytest.mark.parametrize("name", READERS)
def test_another_folder_is_named_with_what_is_there(name, tmp_path):
    (tmp_path / "Photos").mkdir()
    with pytest.raises(InputError, match="(?s)xpected.*Photos"):
        READERS[name](tmp_path)
    with pytest.raises(InputError, match="absent: no such folder"):
        READERS[name](tmp_path / "absent")


def test_two_copies_of_a_corpus_are_not_chosen_from(tmp_path):
    lay_out_timers(tmp_path / "v1")
    lay_out_timers(tmp_path / "v2")
    with pytest.raises(InputError, match="(?s)several of them.*v1.*v2"):
        read_timers(tmp_path)


def test_fluent(tmp_path):
    assert brief(read_fluent(lay_out_fluent(tmp_path, 1))) == [
        (
            "fluent_2BqVo8kVB2Skwgyb_0-cbdf-11e9",
            "Turn on the lights, 0",
            "fluent_2BqVo8kVB2Skwgyb",
        ),
        (
            "fluent_4aGjX3AG_0-cbdf-11e9",
            "Turn on the lights, 0",
            "fluent_4aGjX3AG",
        ),
    ]


def test_fluent_rows_that_are_empty_or_twice(tmp_path):
    lay_out_fluent(tmp_path, 1)
    header = ["", "path", "speakerId", "transcription"]
    rows = [
        [0, "wavs/speakers/x/a.wav", "x", "Stop"],
        [1, "wavs/speakers/x/a.wav", "x", "Stop"],
        [2, "wavs/speakers/x/b.wav", "x", "Pause"],
        [3, "wavs/speakers/x/b.wav", "x", "Resume"],
        [4, "wavs/speakers/x/c.wav", "x", ""],
        [5, "wavs/speakers/x/d.wav", "", "Louder"],
    ]
    table(tmp_path / "data/valid_data.csv", header, rows)
    found = [u for u in read_fluent(tmp_path) if u.path.parent.name == "x"]
    assert brief(found) == [
        ("fluent_x_a", "Stop", "fluent_x"),
        ("fluent_x_d", "Louder", ""),
    ]


def test_fluent_without_a_column_is_named(tmp_path):
    lay_out_fluent(tmp_path)
    table(tmp_path / "data/valid_data.csv", ["path", "text"], [["a", "b"]])
    with pytest.raises(InputError, match="valid_data.csv: no column speakerId"):
        read_fluent(tmp_path)


def test_slurp_takes_the_close_microphone(tmp_path):
    assert brief(read_slurp(lay_out_slurp(tmp_path))) == [
        ("slurp_audio-1500-headset", "siri what is 0 in yen", "slurp_FO-0"),
        ("slurp_audio-1501-headset", "siri what is 1 in yen", "slurp_FO-1"),
    ]


def test_slurp_statuses_and_single_microphones(tmp_path):
    lay_out_slurp(tmp_path)
    recordings = [
        recording("audio--17-headset.flac", status="incorrect"),
        recording("audio--17.flac", status="correct"),
        recording("audio-18-headset.flac", status="correct"),
        recording("audio-19.flac", status="correct"),
    ]
    line = {"slurp_id": 1, "sentence": "stop", "recordings": recordings}
    write_lines(tmp_path / "dataset/slurp/devel.jsonl", [line])
    found = [u for u in read_slurp(tmp_path) if u.text == "stop"]
    assert [u.path.name for u in found] == [
        "audio--17.flac",
        "audio-18-headset.flac",
        "audio-19.flac",
    ]
    assert {u.spk_id for u in found} == {""}  # not in the metadata


def test_slurp_synthesised_speech_has_no_speaker(tmp_path):
    lay_out_slurp(tmp_path)
    added = set(read_slurp(tmp_path, synthetic=True)) - set(
        read_slurp(tmp_path)
    )
    [(name, text, speaker)] = brief(added)
    assert (name, text) == ("slurp_audio-159Ccloa-synth", "wake me up")
    assert speaker == ""


def test_slurp_as_speechbrain_lays_it_out(tmp_path):
    old, new = lay_out_slurp(tmp_path / "old"), tmp_path / "new"
    new.mkdir()
    (old / "audio/slurp_real").rename(new / "slurp_real")
    (old / "dataset/slurp/train.jsonl").rename(new / "train_real.jsonl")
    assert [(u.id, u.spk_id) for u in read_slurp(new)] == [
        ("slurp_audio-1500-headset", ""),
        ("slurp_audio-1501-headset", ""),
    ]


def test_slurp_without_its_audio_says_how_to_get_it(tmp_path):
    lay_out_slurp(tmp_path)
    (tmp_path / "audio").rename(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="slurp_real.*download_audio.sh"):
        read_slurp(tmp_path)


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"sentence": "a"}', '"a"', "[" * 100_000]
)
def test_slurp_damaged_line_is_named(tmp_path, line):
    lay_out_slurp(tmp_path)
    path = tmp_path / "dataset/slurp/test.jsonl"
    good = json.dumps({"sentence": "a", "recordings": []})
    path.write_text(f"{good}\n\n{line}\n")
    with pytest.raises(InputError, match="test.jsonl:3: expected a JSON"):
        read_slurp(tmp_path)


def test_slurp_damaged_metadata_is_named(tmp_path):
    lay_out_slurp(tmp_path)
    (tmp_path / "dataset/slurp/metadata.json").write_text('{"1": {}}')
    with pytest.raises(InputError, match="metadata.json: not SLURP's"):
        read_slurp(tmp_path)


def test_timers_takes_real_speech(tmp_path):
    assert brief(read_timers(lay_out_timers(tmp_path, 1))) == [
        (
            "timers_dev-real_00539f3a_prompt-0_0",
            "set alarm for 0:30PM",
            "timers_9f3a",
        ),
    ]


def test_timers_synthesised_voices_are_no_speakers(tmp_path):
    found = read_timers(lay_out_timers(tmp_path, 1), synthetic=True)
    assert [(u.id.split("_")[1], u.spk_id) for u in found] == [
        ("dev-real", "timers_9f3a"),
        ("train-synth", ""),
    ]


def test_timers_with_nothing_real(tmp_path):
    lay_out_timers(tmp_path)
    (tmp_path / "dev-real.csv").unlink()
    with pytest.raises(InputError, match="only synthesised speech"):
        read_timers(tmp_path)


def test_librispeech_splits_and_roots(tmp_path):
    root = lay_out_librispeech(tmp_path / "LibriSpeech", 1)
    found = read_librispeech(root)
    assert brief(found) == [
        (
            "librispeech_103-121123-0000",
            "MISTER BONES' HAT NUMBER A",
            "librispeech_103",
        ),
        (
            "librispeech_84-121123-0000",
            "MISTER BONES' HAT NUMBER A",
            "librispeech_84",
        ),
    ]
    assert read_librispeech(tmp_path) == found
    assert read_librispeech(root / "dev-clean") == found[1:]


def test_librispeech_lines_without_text(tmp_path):
    root = lay_out_librispeech(tmp_path, 1)
    [path] = root.glob("dev-clean/*/*/*.trans.txt")
    path.write_text("84-121123-0000\n\n84-121123-0001 GO\r\nnoise\n")
    (path.parent / "._84-121123.trans.txt").write_bytes(b"\x00\xff")
    ids = [u.id for u in read_librispeech(root)]
    assert ids == ["librispeech_103-121123-0000", "librispeech_84-121123-0001"]


@pytest.mark.parametrize("name", ["a\ud800", "a\0"])
def test_slurp_text_or_file_that_nothing_can_hold(tmp_path, name, caplog):
    lay_out_slurp(tmp_path)
    lines = [
        {"sentence": name, "recordings": [recording("audio-1.flac")]},
        {"sentence": "so", "recordings": [recording(f"{name}.flac")]},
        {"sentence": "well", "recordings": [recording("audio-2.flac")]},
    ]
    write_lines(tmp_path / "dataset/slurp/test.jsonl", lines)
    with caplog.at_level("INFO"):
        texts = {u.text for u in read_slurp(tmp_path)}
    assert "well" in texts and not texts & {name, "so"}
    assert "not text in UTF-8 (2)" in caplog.text


def test_librispeech_lines_end_at_line_ends_alone(tmp_path):
    root = lay_out_librispeech(tmp_path, 1)
    [path] = root.glob("dev-clean/*/*/*.trans.txt")
    path.write_text("84-121123-0000 GO\u2028ON\n84-121123-0001 STOP\x85NOW\n")
    texts = [u.text for u in read_librispeech(root)]
    assert texts[1:] == ["GO\u2028ON", "STOP\x85NOW"]


def test_librispeech_text_that_is_not_utf8_is_said(tmp_path, caplog):
    root = lay_out_librispeech(tmp_path, 1)
    [path] = root.glob("dev-clean/*/*/*.trans.txt")
    path.write_bytes(b"84-121123-0000 CAF\xe9\n84-121123-0001 STOP\n")
    with caplog.at_level("INFO"):
        assert [u.text for u in read_librispeech(root)][1:] == ["STOP"]
    assert "not text in UTF-8 (1)" in caplog.text


@pytest.mark.parametrize("reader", ["fluent", "timers"])
def test_stray_quotes_of_a_list_are_named(tmp_path, reader):
    layout, read, name = {
        "fluent": (lay_out_fluent, read_fluent, "data/train_data.csv"),
        "timers": (lay_out_timers, read_timers, "dev-real.csv"),
    }[reader]
    path = layout(tmp_path) / name
    lines = path.read_text(encoding="utf-8").splitlines()
    cells = [line.split(",") for line in ("n,x/1.wav,x,", "n,x/2.wav,y,")]
    kinds = {"fluent": slice(0, 3), "timers": slice(1, 3)}[reader]
    rest = {"fluent": ["a", "b"], "timers": ["c"]}[reader]
    for first, text in zip(cells, ['"stop', 'go"']):
        lines.append(",".join([*first[kinds], text, *rest]))
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(InputError, match=f"{path.name}: (?s:.*)double quote"):
        read(tmp_path)
