"""The protocols, on a corpus of five sessions that one can count."""

import itertools
from collections import Counter

import pytest

from turbo_sb.data.splits import protocols as folds
from turbo_sb.data.splits.protocols import N_FOLDS, cut_folds, fold_names, split
from turbo_sb.data.splits.split_file import write_split_file
from turbo_sb.utils.errors import InputError

CLASSES = ("ang", "hap", "neu", "sad")
SPEAKERS = [f"Ses0{k}{gender}" for k in range(1, 6) for gender in "FM"]


def corpus(speakers=SPEAKERS, n_each=3):
    """n_each utterances of each class by each speaker, a scenario each."""
    return {
        f"{speaker}_{emo}{number}": {
            "spk_id": speaker,
            "session": f"Session{speaker[4]}",
            "scenario": f"impro0{number}",
            "label": emo,
        }
        for speaker, emo, number in itertools.product(
            speakers, CLASSES, range(n_each)
        )
    }


def values(entries, field):
    return {entry[field] for entry in entries.values()}


@pytest.mark.parametrize(("fold", "test"), enumerate(SPEAKERS, start=1))
def test_speaker10_numbers_folds_as_speechbrain(fold, test):
    sets = split(corpus(), "speaker10", fold)
    other = test[:5] + ("M" if test[5] == "F" else "F")
    assert values(sets["test"], "spk_id") == {test}
    assert values(sets["valid"], "spk_id") == {other}
    rest = set(SPEAKERS) - {test, other}
    assert values(sets["train"], "spk_id") == rest


@pytest.mark.parametrize("fold", [1, 2, 3, 4, 5])
def test_session5_validates_on_the_next_session(fold):
    sets = split(corpus(), "session5", fold)
    following = fold % 5 + 1
    assert values(sets["test"], "session") == {f"Session{fold}"}
    assert values(sets["valid"], "session") == {f"Session{following}"}
    assert len(values(sets["train"], "session")) == 3


def test_random10_deals_every_class_evenly():
    entries = corpus(n_each=3)  # 30 of each class, 120 in all
    for fold in range(1, 11):
        test = split(entries, "random10", fold)["test"]
        emos = Counter(entry["label"] for entry in test.values())
        assert emos == dict.fromkeys(CLASSES, 3)


def test_random10_goes_on_dealing_from_class_to_class():
    entries = corpus(SPEAKERS[:1], n_each=3)  # 12: ten folds of 1 or 2
    sizes = [len(split(entries, "random10", k)["test"]) for k in range(1, 11)]
    assert sizes == [2, 2, 1, 1, 1, 1, 1, 1, 1, 1]


def test_random10_validates_on_the_next_tenth():
    entries = corpus()
    first, tenth = (split(entries, "random10", fold) for fold in (1, 10))
    assert tenth["valid"] == first["test"]
    assert first["valid"] == split(entries, "random10", 2)["test"]


def test_random10_is_the_same_everywhere():
    """printf 1986:a | sha256sum gives 71af..., b 2fa8..., c d9e0..."""
    entries = {name: {"label": "neu"} for name in "abc"}
    order = [[*split(entries, "random10", k)["test"]] for k in (1, 2, 3)]
    assert order == [["b"], ["a"], ["c"]]


def test_random10_follows_its_seed_and_not_the_order_of_entries():
    entries = corpus()
    backwards = dict(reversed(entries.items()))
    one = split(entries, "random10", 1)
    assert one == split(backwards, "random10", 1)
    assert one != split(entries, "random10", 1, split_seed=2)


@pytest.mark.parametrize("protocol", N_FOLDS)
def test_folds_test_every_utterance_once(protocol):
    entries = corpus(n_each=5)
    cut = cut_folds(entries, protocol)
    assert list(cut) == list(range(1, N_FOLDS[protocol] + 1))
    tested = [name for sets in cut.values() for name in sets["test"]]
    assert sorted(tested) == sorted(entries)
    for sets in cut.values():
        parts = [*sets["train"], *sets["valid"], *sets["test"]]
        assert len(parts) == len(set(parts))
        if protocol != "scenario":
            assert sorted(parts) == sorted(entries)


def test_folds_that_test_an_utterance_twice_are_refused(monkeypatch):
    """A planted leak: each fold is the first one."""
    whole = folds.split
    monkeypatch.setattr(
        folds, "split", lambda e, p, fold, *rest: whole(e, p, 1, *rest)
    )
    with pytest.raises(RuntimeError, match="Ses01F_ang0 is tested 10 times"):
        cut_folds(corpus(), "speaker10")


def test_folds_that_are_wanted():
    entries = corpus()
    found = cut_folds(entries, "session5", [4, 2])
    assert found == {k: split(entries, "session5", k) for k in (4, 2)}


def test_given_folds_need_a_file():
    with pytest.raises(InputError, match="given.*--split_file"):
        cut_folds(corpus(), "given")


def test_folds_of_a_file(tmp_path):
    entries, path = corpus(), tmp_path / "split.csv"
    cut = cut_folds(entries, "speaker10")
    write_split_file(path, cut)
    assert cut_folds(entries, "speaker10", split_file=path) == cut
    assert cut_folds(entries, "given", [3], split_file=path) == {3: cut[3]}
    with pytest.raises(InputError, match="fold=11: .*split.csv has the folds"):
        cut_folds(entries, "given", [11], split_file=path)


@pytest.mark.parametrize(
    ("protocol", "fold", "message"),
    [
        ("speaker11", 1, "speaker11: there is no such protocol.*session5"),
        ("speaker10", 0, "fold=0: speaker10 has the folds 1 to 10"),
        ("session5", 6, "fold=6: session5 has the folds 1 to 5"),
        ("session5", "1", "fold=1: session5 has the folds 1 to 5"),
        ("random10", 1.0, "fold=1.0: random10 has the folds 1 to 10"),
    ],
)
def test_unknown_protocol_or_fold(protocol, fold, message):
    with pytest.raises(InputError, match=message):
        split(corpus(), protocol, fold)


def test_partial_corpus_has_the_folds_it_can_fill():
    speakers = ["Ses02F", "Ses02M", "Ses04F", "Ses04M"]
    entries = corpus(speakers)
    assert fold_names(entries, "speaker10") == speakers
    sets = split(entries, "speaker10", 3)
    assert values(sets["test"], "spk_id") == {"Ses04F"}
    message = "fewer folds in speaker10: 1=Ses02F, 2=Ses02M, 3=Ses04F, 4=Ses04M"
    with pytest.raises(InputError, match=message):
        split(entries, "speaker10", 5)


@pytest.mark.parametrize(
    ("speakers", "protocol", "fold", "message"),
    [
        (["Ses01F", "Ses02F", "Ses02M"], "speaker10", 1, "the set valid"),
        (["Ses01F", "Ses01M"], "speaker10", 1, "the set train"),
        (["Ses01F", "Ses02F"], "session5", 2, "train.* needs three sessions"),
        (["Ses01F"], "session5", 1, "the set train and valid"),
    ],
)
def test_set_that_would_be_empty(speakers, protocol, fold, message):
    with pytest.raises(InputError, match=message):
        split(corpus(speakers), protocol, fold)


def test_speaker_who_moves_between_sessions_is_refused():
    entries = corpus()
    entries["Ses01F_ang0"]["session"] = "Session2"
    with pytest.raises(RuntimeError, match="spk_id Ses01F is in both"):
        split(entries, "session5", 1)
