"""A build: balanced, the same every time, and counted."""

import itertools
import json
import logging
import shutil
from hashlib import sha256

import pytest
import soundfile

from tests.data.corpora.layouts import (
    LAYOUTS,
    contents,
    lay_out_fluent,
    lay_out_librispeech,
    read_rows,
    tone,
)
from turbo_sb.data.corpora import READERS, build_corpus, builder
from turbo_sb.data.corpora.builder import hash_order, plan, water_fill
from turbo_sb.utils.errors import InputError


def shares(folder):
    counts = {}
    for row in read_rows(folder):
        counts[row["corpus"]] = counts.get(row["corpus"], 0) + 1
    return counts


def test_all_five_corpora(tmp_path):
    corpora = {name: LAYOUTS[name](tmp_path / name) for name in LAYOUTS}
    out = tmp_path / "dsd"
    counts = build_corpus(out, corpora)
    text = (out / "manifest.csv").read_bytes().decode()
    assert text.startswith("ID,wav,text,label,spk_id,corpus\n")
    assert "\r" not in text
    rows = read_rows(out)
    assert [row["ID"] for row in rows] == sorted(row["ID"] for row in rows)
    # 4, 2 and 2 directed are there, and 4 and 4 that are not.
    assert counts["classes"] == {"directed": 8, "non_directed": 8}
    assert {row["ID"]: row["text"] for row in rows}.items() >= {
        "fluent_2BqVo8kVB2Skwgyb_1-cbdf-11e9": "turn on the lights one",
        "slurp_audio-1500-headset": "siri what is zero in yen",
        "timers_dev-real_00539f3a_prompt-1_0": "set alarm for one thirty pm",
        "ami_ES2002a_B_0001000_0002000": "um we're all here",
        "librispeech_84-121123-0000": "mister bones hat number a",
    }.items()
    for row in rows:
        info = soundfile.info(out / row["wav"])
        assert row["wav"] == f"audio/{row['ID']}.flac"
        assert (info.samplerate, info.channels, info.frames) == (
            16000,
            1,
            16000,
        )
        assert row["label"] == builder.LABELS[row["corpus"]]
        assert row["spk_id"].startswith(row["corpus"])
    assert len(list((out / "audio").iterdir())) == 16


def test_counts(laid_out, tmp_path):
    counts = build_corpus(tmp_path, laid_out, cap=3)
    assert counts["corpora"]["fluent"] == {
        "label": "directed",
        "listed": 12,
        "missing": 0,
        "skipped": {},
        "kept": 3,
        "hours": round(3 / 3600, 4),
        "speakers": counts["corpora"]["fluent"]["speakers"],
    }
    speakers = {row["spk_id"] for row in read_rows(tmp_path)}
    counted = sum(c["speakers"] for c in counts["corpora"].values())
    assert counted == len(speakers)
    # fluent 3 and slurp 2 against ami 3 and librispeech 2.
    assert shares(tmp_path) == dict(fluent=3, slurp=2, ami=3, librispeech=2)
    assert json.loads((tmp_path / "build.json").read_text())["counts"] == counts


def test_same_bytes_wherever_and_whenever(laid_out, tmp_path):
    moved = {k: tmp_path / "moved" / k for k in laid_out}
    for name, folder in laid_out.items():
        shutil.copytree(folder, moved[name])
    build_corpus(tmp_path / "one", laid_out, cap=3)
    build_corpus(tmp_path / "two", moved, cap=3)
    build_corpus(tmp_path / "three", laid_out, cap=3, seed=1)
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    assert one == two
    assert one.keys() != contents(tmp_path / "three").keys()


def test_the_first_in_hash_order_are_taken(laid_out, tmp_path):
    build_corpus(tmp_path, laid_out, cap=3, seed=7)
    listed = [u.id for u in READERS["fluent"](laid_out["fluent"])]
    taken = {row["ID"] for row in read_rows(tmp_path)} & set(listed)
    assert taken == set(hash_order(listed, seed=7)[:3])


def test_a_larger_cap_gives_a_superset(laid_out, tmp_path):
    before = set()
    for cap in (1, 2, 3, 4, None):
        build_corpus(tmp_path / f"{cap}", laid_out, cap=cap)
        rows = {row["ID"] for row in read_rows(tmp_path / f"{cap}")}
        assert before < rows or (cap is None and before <= rows)
        before = rows
    assert len(before) == 28  # all the directed ones


def test_the_folder_can_be_moved(laid_out, tmp_path):
    build_corpus(tmp_path / "old", laid_out, cap=1)
    (tmp_path / "old").rename(tmp_path / "new")
    for row in read_rows(tmp_path / "new"):
        assert soundfile.info(tmp_path / "new" / row["wav"]).frames == 16000
    again = build_corpus(tmp_path / "new", laid_out, cap=1)
    assert again["classes"] == {"directed": 2, "non_directed": 2}


def test_what_cannot_be_used_is_replaced_by_the_next(tmp_path, caplog):
    fluent = lay_out_fluent(tmp_path / "fluent", per_speaker=6)
    libri = lay_out_librispeech(tmp_path / "libri", per_chapter=6)
    corpora = {"fluent": fluent, "librispeech": libri}
    build_corpus(tmp_path / "before", corpora, cap=6)
    taken = [
        r for r in read_rows(tmp_path / "before") if r["corpus"] == "fluent"
    ]
    short, long, damaged = (
        next(fluent.glob(f"wavs/*/{ID.split('_')[1]}/{ID.split('_')[2]}.wav"))
        for ID in [row["ID"] for row in taken[:3]]
    )
    tone(short, seconds=0.3)
    tone(long, seconds=16)
    damaged.write_bytes(b"")
    with caplog.at_level(logging.WARNING):
        counts = build_corpus(tmp_path / "after", corpora, cap=6)
    entry = counts["corpora"]["fluent"]
    assert entry["kept"] == 6
    assert entry["skipped"] == {"above 15 s": 1, "below 0.5 s": 1, "damaged": 1}
    assert f"{damaged}: empty, 0 bytes" in caplog.text
    after = {row["ID"] for row in read_rows(tmp_path / "after")}
    assert {row["ID"] for row in taken[3:]} <= after
    assert not {row["ID"] for row in taken[:3]} & after


def test_quotas_shrink_when_less_can_be_used_than_seemed(tmp_path):
    fluent = lay_out_fluent(tmp_path / "fluent", per_speaker=4)
    libri = lay_out_librispeech(tmp_path / "libri", per_chapter=4)
    for path in sorted(libri.glob("*/*/*/*.flac"))[1:]:
        path.write_bytes(b"")
    out = tmp_path / "dsd"
    counts = build_corpus(out, {"fluent": fluent, "librispeech": libri})
    assert counts["classes"] == {"directed": 1, "non_directed": 1}
    assert len(list((out / "audio").iterdir())) == 2


def test_texts_that_cannot_be_used_are_counted(tmp_path):
    libri = lay_out_librispeech(tmp_path / "libri", per_chapter=3)
    [path] = libri.glob("dev-clean/*/*/*.trans.txt")
    lines = path.read_text().splitlines()
    lines[0], lines[1] = "84-121123-0000 ...", "84-121123-0001 MP3"
    path.write_text("\n".join(lines))
    corpora = {"fluent": lay_out_fluent(tmp_path / "fsc"), "librispeech": libri}
    counts = build_corpus(tmp_path / "dsd", corpora)
    skipped = counts["corpora"]["librispeech"]["skipped"]
    assert skipped == {"digits in the text": 1, "no text": 1}


def test_missing_audio_is_counted_and_named(tmp_path, caplog):
    libri = lay_out_librispeech(tmp_path / "libri", per_chapter=4)
    corpora = {"fluent": lay_out_fluent(tmp_path / "fsc"), "librispeech": libri}
    for path in libri.glob("dev-clean/*/*/*.flac"):
        path.unlink()
    with caplog.at_level(logging.WARNING):
        counts = build_corpus(tmp_path / "dsd", corpora)
    assert counts["corpora"]["librispeech"]["missing"] == 4
    assert "4 of 8 utterances are listed without their audio" in caplog.text
    assert "84-121123-0000.flac" in caplog.text
    next(libri.glob("train*/*/*/*.flac")).unlink()
    with pytest.raises(InputError, match="5 of 8 .*\n(.*\n)*.*Unpack all"):
        build_corpus(tmp_path / "more", corpora)


def test_both_classes_are_needed(laid_out, tmp_path):
    only = {"ami": laid_out["ami"]}
    message = "no corpus of directed .*--fluent, --slurp, --timers"
    with pytest.raises(InputError, match=message):
        build_corpus(tmp_path, only)
    only = {"slurp": laid_out["slurp"]}
    with pytest.raises(InputError, match="non_directed .*--ami, --librispeech"):
        build_corpus(tmp_path, only)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cap": 0}, "cap=0: expected 1 or more"),
        ({"min_seconds": 0}, "min_seconds=0, max_seconds=15.0: expected"),
        ({"min_seconds": 2, "max_seconds": 1}, "min_seconds=2, max_seconds=1"),
    ],
)
def test_settings_that_cannot_be(laid_out, tmp_path, settings, message):
    with pytest.raises(InputError, match=message):
        build_corpus(tmp_path, laid_out, **settings)


def test_unknown_corpus_is_named(laid_out, tmp_path):
    with pytest.raises(InputError, match="timit: no such corpus. Known are"):
        build_corpus(tmp_path, {**laid_out, "timit": "."})


def test_nothing_that_can_be_used(laid_out, tmp_path):
    with pytest.raises(InputError, match="(?s)no utterance.*below 5 s"):
        build_corpus(tmp_path, laid_out, min_seconds=5.0)


def test_synthesised_speech_on_request(laid_out, tmp_path):
    corpora = {k: laid_out[k] for k in ("slurp", "librispeech")}
    counts = build_corpus(tmp_path, corpora, synthetic=True)
    assert counts["classes"]["directed"] == 3
    assert counts["corpora"]["slurp"]["speakers"] == 2


def test_progress_sees_what_is_asked_for(laid_out, tmp_path):
    lengths = []

    def progress(items):
        lengths.append(len(items))
        return items

    build_corpus(tmp_path, laid_out, cap=2, progress=progress)
    assert lengths == [2, 2, 2, 2]


def pour(total, available):
    """Give one at a time to the first of those that have least."""
    shares = dict.fromkeys(available, 0)
    for _ in range(total):
        open_ = [name for name in available if shares[name] < available[name]]
        shares[min(open_, key=shares.get)] += 1
    return shares


@pytest.mark.parametrize("numbers", itertools.product(range(5), repeat=3))
def test_water_fill_pours(numbers):
    available = dict(zip("abc", numbers))
    for total in range(sum(numbers) + 1):
        assert water_fill(total, available) == pour(total, available)


def test_water_fill_by_hand():
    assert water_fill(10, {"a": 2, "b": 9, "c": 9}) == {"a": 2, "b": 4, "c": 4}
    assert water_fill(11, {"a": 2, "b": 9, "c": 9}) == {"a": 2, "b": 5, "c": 4}


def test_plan_cuts_the_larger_class():
    labels = dict(fluent="directed", slurp="directed", ami="other")
    quotas = plan({"fluent": 100, "slurp": 3, "ami": 10}, labels)
    assert quotas == {"fluent": 7, "slurp": 3, "ami": 10}
    quotas = plan({"fluent": 2, "slurp": 3, "ami": 10}, labels)
    assert quotas == {"fluent": 2, "slurp": 3, "ami": 5}


def test_hash_order_is_that_of_sha256_and_the_seed():
    ids = [f"ami_{k}" for k in range(20)]
    by_hand = sorted(ids, key=lambda i: sha256(f"7:{i}".encode()).hexdigest())
    assert hash_order(ids[::-1], seed=7) == by_hand
    assert hash_order(ids, seed=8) != by_hand
    part = [i for i in by_hand if i in ids[:10]]
    assert hash_order(ids[:10], seed=7) == part
