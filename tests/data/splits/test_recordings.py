"""One recording in two sets is found, whatever it is called there."""

import logging
import random
from pathlib import Path

import pytest

from turbo_sb.data.splits.recordings import check_folds, check_recordings
from turbo_sb.utils.errors import InputError


def whole(wav, seconds=2.0, **fields):
    return {"wav": wav, "duration": seconds, "label": "x", **fields}


def stretch(wav, start, stop, **fields):
    return whole(wav, stop - start, start=start, stop=stop, **fields)


def shared(one, other, **options):
    """Count what train and test share if they have an utterance each."""
    sets = {"train": {"a": one}, "valid": {}, "test": {"b": other}}
    return check_recordings(sets, "warn").get("n_same_recording", 0)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (whole("a.wav"), whole("a.wav")),
        (whole("a.wav", recording="1"), whole("b.flac", recording="1")),
        (whole("a.wav"), stretch("a.wav", 0.5, 1.0)),
        (stretch("a.wav", 0.0, 1.0), stretch("a.wav", 0.8, 2.0)),
        (stretch("a.wav", 0.8, 2.0), stretch("a.wav", 0.0, 1.0)),
        # Less than OVERLAP, and all of a short one.
        (whole("a.wav"), stretch("a.wav", 1.0, 1.05)),
        (
            stretch("a.wav", 0, 1, recording="1"),
            stretch("b.wav", 0.5, 2, recording="1"),
        ),
    ],
)
def test_the_same_samples(one, other):
    assert shared(one, other) == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (whole("a.wav"), whole("b.wav")),
        (whole("a.wav", recording="1"), whole("b.wav", recording="2")),
        (stretch("a.wav", 0.0, 1.0), stretch("a.wav", 1.0, 2.0)),
        (stretch("a.wav", 0.0, 1.05), stretch("a.wav", 1.0, 2.0)),
        ({"label": "x"}, {"label": "x"}),  # manifests of a report's tests
    ],
)
def test_other_samples(one, other):
    assert shared(one, other) == 0


def test_a_long_stretch_that_began_before_others():
    sets = {
        "train": {
            "long": stretch("a.wav", 0, 60),
            "short": stretch("a.wav", 1, 2),
        },
        "valid": {},
        "test": {"late": stretch("a.wav", 30, 31)},
    }
    with pytest.raises(InputError, match=r"late \(test.*\)|long \(train"):
        check_recordings(sets)
    assert check_recordings(sets, "warn") == {"n_same_recording": 2}


def test_each_utterance_that_shares_is_counted():
    """As a comparison of every pair finds them."""
    rng = random.Random(0)
    for _ in range(200):
        sets = {name: {} for name in ("train", "valid", "test")}
        for k in range(rng.randint(2, 12)):
            start = rng.randint(0, 20) / 2
            entry = stretch("a.wav", start, start + rng.randint(1, 8) / 2)
            sets[rng.choice(list(sets))][f"u{k}"] = entry
        every = [(s, e) for s, part in sets.items() for e in part.values()]
        expected = sum(
            any(
                name != other
                and min(one["stop"], two["stop"])
                > max(one["start"], two["start"])
                for other, two in every
            )
            for name, one in every
        )
        found = check_recordings(sets, "warn").get("n_same_recording", 0)
        assert found == expected


def test_message_names_utterances_sets_files_and_what_to_do(caplog):
    wav = "{data_root}/audio/a.wav"
    sets = {
        "train": {"one": whole(wav, recording="1")},
        "test": {"two": stretch("b.flac", 0.25, 1.5, recording="1")},
    }
    with pytest.raises(InputError) as caught:
        check_recordings(sets, place="mine.csv: ")
    text = str(caught.value)
    assert text.startswith("mine.csv: 2 utterances have a recording")
    assert (
        "  one (train: audio/a.wav) and two (test: b.flac, 0.25 to 1.5 s)"
        in text
    )
    assert text.endswith("--same_recordings=warn accepts them.")
    check_recordings(sets, "warn")
    assert "one (train: audio/a.wav) and two" in caplog.text
    with pytest.raises(InputError, match="same_recordings=no: expected one of"):
        check_recordings(sets, "no")


def test_many_utterances_of_one_file_take_no_time():
    """Not every pair is looked at: 20,000 have 200 million."""
    entries = {f"{k:05}": whole("a.wav") for k in range(20000)}
    halves = [dict(list(entries.items())[k::2]) for k in (0, 1)]
    sets = {"train": halves[0], "test": halves[1]}
    assert check_recordings(sets, "warn") == {"n_same_recording": 20000}


def test_copies_within_a_set_are_logged_once(caplog):
    entries = {
        "a": whole("a.wav", recording="1"),
        "b": {**whole("b.wav", recording="1"), "label": "y"},
        "c": whole("c.wav", recording="2"),
    }
    folds = {k: {"train": entries, "test": {}} for k in (1, 2)}
    with caplog.at_level(logging.WARNING):
        assert check_folds(folds, entries, "stop", Path()) == {1: {}, 2: {}}
    assert caplog.text.count("a (x) and b (y)") == 1
    assert "1 of them with another label" in caplog.text
    assert "recording" not in entries["a"]
