"""Leave one corpus out: checked by hand on one utterance a corpus and set."""

import pytest

from turbo_sb.data.splits.leave_one_corpus_out import (
    corpora_to_leave_out,
    leave_out,
)
from turbo_sb.data.splits.protocols import SETS
from turbo_sb.data.splits.speaker_split import check_sets, cut
from turbo_sb.utils.errors import InputError

PAIRS = (("slurp", "d"), ("fsc", "d"), ("ami", "n"), ("libri", "n"))


def make(pairs=PAIRS):
    """Make an utterance a set, corpus and class: train_slurp_d and so on."""
    sets = {
        s: {f"{s}_{c}_{k}": {"corpus": c, "label": k} for c, k in pairs}
        for s in SETS
    }
    return {n: e for part in sets.values() for n, e in part.items()}, sets


@pytest.mark.parametrize(
    ("fold", "out", "train", "test"),
    [
        (1, "ami", "slurp_d fsc_d libri_n", "slurp_d fsc_d ami_n"),
        (2, "fsc", "slurp_d ami_n libri_n", "fsc_d ami_n libri_n"),
        (3, "libri", "slurp_d fsc_d ami_n", "slurp_d fsc_d libri_n"),
        (4, "slurp", "fsc_d ami_n libri_n", "slurp_d ami_n libri_n"),
    ],
)
def test_each_fold_by_hand(fold, out, train, test):
    entries, sets = make()
    found, corpus = leave_out(entries, sets, fold)
    assert corpus == out
    expected = {"train": train, "valid": train, "test": test}
    assert {s: list(part) for s, part in found.items()} == {
        s: [f"{s}_{name}" for name in names.split()]
        for s, names in expected.items()
    }


def test_nothing_is_changed_but_the_choice():
    entries, sets = make()
    before = {s: dict(part) for s, part in sets.items()}
    found, _ = leave_out(entries, sets, 1)
    assert sets == before
    assert all(found[s].items() <= sets[s].items() for s in SETS)


def test_on_a_cut():
    """Both classes in each set, and nobody of the corpus but in the test."""
    entries = {
        f"{c}{k}_{i}": {"corpus": c, "label": k, "spk_id": f"{c}{i % 20}"}
        for c, k in PAIRS
        for i in range(100)
    }
    sets = cut(entries)
    for fold in range(1, 5):
        found, out = leave_out(entries, sets, fold)
        kept = {n: e for part in found.values() for n, e in part.items()}
        check_sets(kept, found, ["d", "n"])
        for s in ("train", "valid"):
            assert {e["corpus"] for e in found[s].values()} == (
                {c for c, _ in PAIRS} - {out}
            )
        assert set(found["test"]) < set(sets["test"])
        assert sum(e["corpus"] == out for e in found["test"].values()) == 10


def test_a_corpus_with_both_classes_is_tested_on_alone():
    entries, sets = make((*PAIRS, ("mix", "d"), ("mix", "n")))
    assert corpora_to_leave_out(entries) == [
        *("ami", "fsc", "libri", "mix", "slurp")
    ]
    found, out = leave_out(entries, sets, 4)
    assert out == "mix"
    assert list(found["test"]) == ["test_mix_d", "test_mix_n"]
    assert "mix" not in {e["corpus"] for e in found["train"].values()}


def test_the_only_corpus_of_a_class_stays():
    entries, _ = make((("slurp", "d"), ("ami", "n"), ("libri", "n")))
    assert corpora_to_leave_out(entries) == ["ami", "libri"]
    entries, _ = make((("slurp", "d"), ("slurp", "n"), ("ami", "n")))
    assert corpora_to_leave_out(entries) == ["ami"]
    entries, _ = make((*PAIRS, ("", "d")))
    assert "" not in corpora_to_leave_out(entries)


@pytest.mark.parametrize("fold", [0, 5, -1, 1.0, "1", True])
def test_a_fold_that_is_not_there_names_those_that_are(fold):
    with pytest.raises(InputError) as caught:
        leave_out(*make(), fold)
    message = str(caught.value)
    assert f"fold={fold}: " in message
    assert "1 ami, 2 fsc, 3 libri, 4 slurp." in message


@pytest.mark.parametrize(
    "pairs", [(("", "d"), ("", "n")), (("slurp", "d"), ("ami", "n"))]
)
def test_without_two_corpora_of_a_class_there_is_no_fold(pairs):
    with pytest.raises(InputError, match="can be left out: none. A class need"):
        leave_out(*make(pairs), 1)


def test_a_blank_corpus_might_be_the_one_left_out():
    entries, sets = make((*PAIRS, ("", "d")))
    with pytest.raises(InputError) as caught:
        leave_out(entries, sets, 1)
    message = str(caught.value)
    assert "3 of 15 utterances have no corpus:\n  train__d\n" in message
