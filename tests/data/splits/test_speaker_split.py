"""80/10/10 by speaker: sizes, classes, and nobody in two sets."""

from collections import Counter
from itertools import product

import pytest

from turbo_sb.data.splits.checks import SETS, check_split
from turbo_sb.data.splits.speaker_split import check_sets, cut, given_split
from turbo_sb.utils.errors import InputError


def singletons(n=100, label="a", **fields):
    return {
        f"{label}{i}": {"label": label, "spk_id": "", **fields}
        for i in range(n)
    }


def spoken(counts):
    """Make entries from (speaker, label) to a number of utterances."""
    return {
        f"{speaker}_{label}{i}": {"label": label, "spk_id": speaker}
        for (speaker, label), n in counts.items()
        for i in range(n)
    }


def both(n, each=2):
    """n speakers who have both classes."""
    pairs = product([f"s{i}" for i in range(n)], "ab")
    return spoken(dict.fromkeys(pairs, each))


def sizes(sets):
    return tuple(len(sets[s]) for s in SETS)


def speakers(sets):
    """The number of speakers in each set, and none may be in two."""
    found = [{e["spk_id"] for e in part.values()} for part in sets.values()]
    assert sum(map(len, found)) == len(set().union(*found))
    return tuple(map(len, found))


def place(sets):
    return {name: s for s, part in sets.items() for name in part}


class TestSizes:
    @pytest.mark.parametrize("seed", [1, 2, 1986])
    def test_utterances_are_cut_exactly_in_every_class(self, seed):
        entries = {**singletons(200, "a"), **singletons(50, "b")}
        sets = cut(entries, seed)
        check_split(sets, (), entries)
        found = {
            s: Counter(e["label"] for e in part.values())
            for s, part in sets.items()
        }
        assert found == {
            "train": {"a": 160, "b": 40},
            "valid": {"a": 20, "b": 5},
            "test": {"a": 20, "b": 5},
        }

    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_and_in_every_corpus(self, seed):
        entries = {
            **singletons(40, "a", corpus="x"),
            **{f"y{n}": e for n, e in singletons(60, "a", corpus="y").items()},
            **singletons(20, "b", corpus="x"),
        }
        found = {
            s: Counter((e["label"], e["corpus"]) for e in part.values())
            for s, part in cut(entries, seed).items()
        }
        kinds = ("a", "x"), ("a", "y"), ("b", "x")
        for s, expected in (("train", (32, 48, 16)), ("test", (4, 6, 2))):
            assert found[s] == dict(zip(kinds, expected))

    @pytest.mark.parametrize("n", [10, 20, 100])
    def test_equal_speakers_are_cut_exactly(self, n):
        sets = cut(both(n))
        assert speakers(sets) == (0.8 * n, 0.1 * n, 0.1 * n)

    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_unequal_speakers_come_near(self, seed):
        """40 speakers of 2 to 40 utterances: within 2 % of each class."""
        counts = {
            (f"s{i}", label): n + 1
            for i in range(40)
            for label, n in (("a", i % 20), ("b", (7 * i) % 20))
        }
        entries = spoken(counts)
        sets = cut(entries, seed)
        check_split(sets, ("spk_id",), entries)
        total = Counter(e["label"] for e in entries.values())
        for s, share in (("train", 0.8), ("valid", 0.1), ("test", 0.1)):
            held = Counter(e["label"] for e in sets[s].values())
            for label in "ab":
                off = held[label] - share * total[label]
                assert abs(off) <= 0.02 * total[label], (s, label, off)

    def test_who_has_most_utterances_is_trained_on(self):
        counts = {("s0", "a"): 500, ("s0", "b"): 500}
        counts |= {(f"s{i}", c): 5 for i in range(1, 9) for c in "ab"}
        sets = cut(spoken(counts))
        assert speakers(sets) == (1, 4, 4)
        assert sizes(sets) == (1000, 40, 40)


class TestClasses:
    @pytest.mark.parametrize(
        ("n", "expected"),
        [
            (3, (1, 1, 1)),
            (4, (2, 1, 1)),
            (5, (3, 1, 1)),
            (6, (4, 1, 1)),
            (10, (8, 1, 1)),
            (14, (12, 1, 1)),
            (20, (16, 2, 2)),
        ],
    )
    def test_every_set_has_both_from_three_speakers_on(self, n, expected):
        for seed in range(5):
            sets = cut(both(n), seed)
            assert speakers(sets) == expected
            check_sets(both(n), sets, ["a", "b"])

    @pytest.mark.parametrize("n", [3, 4, 5, 8])
    def test_also_where_each_speaker_has_one_class(self, n):
        pairs = [(f"{c}{i}", c) for i in range(n) for c in "ab"]
        entries = spoken(dict.fromkeys(pairs, 4))
        sets = cut(entries)
        assert speakers(sets) == (2 * (n - 2), 2, 2)
        check_sets(entries, sets, ["a", "b"])

    def test_who_has_both_classes_serves_where_both_are_lacking(self):
        """There is one way: the two with both apart, the others together."""
        counts = {("x", "a"): 9, ("y", "b"): 9}
        counts |= {(s, c): 1 for s in "zw" for c in "ab"}
        for seed in range(10):
            entries = spoken(counts)
            check_sets(entries, cut(entries, seed), ["a", "b"])

    def test_a_rare_class_is_in_every_set(self):
        entries = {**singletons(100, "a"), **singletons(3, "b")}
        sets = cut(entries)
        check_sets(entries, sets, ["a", "b"])
        assert sizes(sets) == (81, 11, 11)

    def test_two_speakers_are_too_few(self):
        sets = cut(both(2))
        with pytest.raises(InputError, match="needs three speakers of each"):
            check_sets(both(2), sets, ["a", "b"])


class TestDraw:
    def test_the_order_of_the_entries_has_no_effect(self):
        entries = {**both(10), **singletons(30)}
        reverse = dict(reversed(entries.items()))
        assert place(cut(entries)) == place(cut(reverse))
        assert list(cut(entries)["test"]) == list(cut(reverse)["test"])

    def test_an_utterance_more_moves_up_to_a_fifth_of_the_others(self):
        entries = {**singletons(500, "a"), **singletons(500, "b")}
        before = place(cut(entries))
        moved = []
        for k in range(5):
            more = {**entries, f"new{k}": {"label": "a", "spk_id": ""}}
            after = place(cut(more))
            moved.append(sum(after[n] != before[n] for n in entries) / 1000)
        assert 0 < max(moved) < 0.2

    def test_another_seed_cuts_anew(self):
        entries = both(20)
        draws = {frozenset(cut(entries, seed)["test"]) for seed in range(10)}
        assert len(draws) > 5

    def test_every_speaker_is_tested_on_by_some_seed(self):
        tested = {
            e["spk_id"]
            for seed in range(100)
            for e in cut(both(10), seed)["test"].values()
        }
        assert len(tested) == 10

    def test_the_same_cut_on_every_machine(self):
        sets = cut(both(10), split_seed=1986)
        names = {s: {e["spk_id"] for e in sets[s].values()} for s in SETS}
        assert (names["valid"], names["test"]) == ({"s2"}, {"s6"})

    def test_utterances_of_unknown_speakers_are_cut_one_by_one(self):
        entries = {**both(10, each=5), **singletons(100, "a")}
        sets = cut(entries)
        check_split(sets, ("spk_id",), entries)
        unknown = [
            sum(not e["spk_id"] for e in part.values())
            for part in sets.values()
        ]
        assert sizes(sets) == (160, 20, 20)
        assert all(unknown)

    def test_a_speaker_named_as_an_utterance_is_another(self):
        """Else there would be two groups, and nothing to test on."""
        names = {"x": "a0", "y": "a0", "a0": "", "z": ""}
        entries = {n: {"label": "a", "spk_id": s} for n, s in names.items()}
        assert sizes(cut(entries)) == (2, 1, 1)

    def test_an_entry_without_speaker_or_corpus_will_do(self):
        assert sizes(cut({str(i): {"label": "a"} for i in range(10)})) == (
            *(8, 1, 1),
        )


class TestGiven:
    ENTRIES = {
        "x": {"split": "train", "spk_id": "s"},
        "y": {"split": "valid", "spk_id": "t"},
        "z": {"split": "test", "spk_id": ""},
        "w": {"split": "train", "spk_id": ""},
    }

    def given(self, **changes):
        return given_split(
            {n: {**e, **changes.get(n, {})} for n, e in self.ENTRIES.items()}
        )

    def test_the_sets_are_as_the_manifest_says(self):
        found = {s: sorted(part) for s, part in self.given().items()}
        assert found == {"train": ["w", "x"], "valid": ["y"], "test": ["z"]}

    @pytest.mark.parametrize("name", ["dev", "validation", "Train", ""])
    def test_another_name_is_refused(self, name):
        with pytest.raises(InputError) as caught:
            self.given(y={"split": name})
        message = str(caught.value)
        assert "1 cells are not one of train, valid, test" in message
        assert f"y: {name!r}" in message

    def test_a_speaker_in_two_sets_is_named(self):
        with pytest.raises(InputError) as caught:
            self.given(y={"spk_id": "s"}, z={"spk_id": "s"})
        message = str(caught.value)
        assert "1 speakers are in more than one set" in message
        assert "  s: train, valid, test" in message


class TestCheck:
    def test_a_set_without_a_class_is_named(self):
        one = {"x": {"label": "a", "spk_id": ""}}
        two = {**one, "y": {"label": "b", "spk_id": ""}}
        sets = {"train": two, "valid": one, "test": {}}
        with pytest.raises(InputError) as caught:
            check_sets(two, sets, ["b", "a"])
        message = str(caught.value)
        assert "  valid (1): no b\n  test (0): no a, b\n" in message
        assert "train" not in message

    def test_a_speaker_in_two_is_a_fault_of_the_code(self):
        part = {
            s: {
                f"{s}{c}": {
                    "label": c,
                    "spk_id": s if s != "test" else "train",
                }
                for c in "ab"
            }
            for s in SETS
        }
        every = {n: e for p in part.values() for n, e in p.items()}
        with pytest.raises(RuntimeError, match="train is in both"):
            check_sets(every, part, ["a", "b"])

    def test_a_lost_utterance_is_a_fault_of_the_code(self):
        entries = both(3)
        sets = cut(entries)
        entries["more"] = {"label": "a", "spk_id": ""}
        with pytest.raises(RuntimeError, match="more is in no set"):
            check_sets(entries, sets, ["a", "b"])


@pytest.mark.parametrize("rows", [3, 4, 5, 15])
def test_many_small_corpora_leave_the_shares_as_they_are(rows):
    entries = {
        f"{k:03}": {
            "label": "ab"[k // rows % 2],
            "spk_id": "",
            "corpus": f"c{k // rows}",
        }
        for k in range(600)
    }
    sizes = {name: len(part) for name, part in cut(entries).items()}
    assert abs(sizes["valid"] - 60) <= 6
    assert abs(sizes["test"] - 60) <= 6


def test_another_seed_tests_other_speakers_although_sizes_differ():
    """100 speakers, no two with equally many utterances."""
    entries = {
        f"s{k}_{i}": {"label": "ab"[i % 2], "spk_id": f"s{k}"}
        for k in range(100)
        for i in range(20 + k)
    }
    tested = [
        {e["spk_id"] for e in cut(entries, seed)["test"].values()}
        for seed in range(20)
    ]
    shared = [len(one & two) / len(one) for one, two in zip(tested, tested[1:])]
    assert sum(shared) / len(shared) < 0.3
    assert len(set().union(*tested)) > 60
