"""Counts as a table, with a row for each speaker or corpus and set."""

import time
from collections import Counter

from turbo_sb.utils.overview import listing, set_table


def entry(label, corpus, hours=1):
    return {"label": label, "corpus": corpus, "duration": 3600 * hours}


def lines(sets, classes=("yes", "no")):
    table = set_table(sets, classes, by="corpus")
    return [" ".join(line.split()) for line in table.splitlines()]


def test_every_count_by_hand():
    sets = {
        "train": {
            "a": entry("yes", "x", 2),
            "b": entry("yes", "y"),
            "c": entry("no", "x"),
        },
        "test": {"d": entry("no", "x", 0.5)},
    }
    assert lines(sets) == [
        "yes no all hours",
        "x 1 2 3 3.50 train test",
        "y 1 0 1 1.00 train",
        "train 2 1 3 4.00",
        "test 0 1 1 0.50",
        "all 2 2 4 4.50",
    ]


def test_what_is_not_known_has_no_row():
    sets = {"train": {"a": entry("yes", "")}, "test": {}}
    assert lines(sets) == [
        "yes no all hours",
        "train 1 0 1 1.00",
        "test 0 0 0 0.00",
        "all 1 0 1 1.00",
    ]


def test_columns_stand_below_each_other_whatever_the_names():
    sets = {"train": {"a": entry("non_directed", "a corpus of that name")}}
    table = set_table(sets, ["non_directed"], by="corpus")
    ends = {
        line.replace("  train", "").rstrip().rfind(".")
        for line in table.splitlines()[1:]
    }
    assert len(ends) == 1
    assert len(table.splitlines()[0]) == ends.pop() + 3


def test_as_many_corpora_as_utterances_take_no_minute():
    part = {str(k): entry("yes", f"corpus{k}") for k in range(20000)}
    start = time.monotonic()
    assert len(lines({"train": part})) == 20003
    assert time.monotonic() - start < 10  # a loop in a loop: half a minute


def test_listing():
    assert listing(Counter(a=1, b=2000)) == "b (2,000), a (1)"
    assert listing(Counter()) == "none"
