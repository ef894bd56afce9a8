"""Sessions and scenarios are held out at once, and nothing is tested twice."""

import itertools

import pytest

from turbo_sb.data.splits.protocols import N_FOLDS, cut_folds, fold_names, split
from turbo_sb.data.splits.scenarios import cells, scenario_groups
from turbo_sb.utils.errors import InputError

CLASSES = ("ang", "hap", "neu", "sad")
SESSIONS = [f"Session{k}" for k in range(1, 6)]
SCENARIOS = [*(f"impro0{k}" for k in range(1, 9)), "script01", "script02"]


def corpus(sessions=SESSIONS, scenarios=SCENARIOS, n_each=1):
    """n_each utterances of each class, scenario and session."""
    cells = itertools.product(sessions, scenarios, CLASSES, range(n_each))
    return {
        f"{session}_{scenario}_{emo}{number}": {
            "spk_id": f"of {session}",
            "session": session,
            "scenario": scenario,
            "label": emo,
        }
        for session, scenario, emo, number in cells
    }


def values(entries, field):
    return {entry[field] for entry in entries.values()}


def test_no_two_sets_share_a_session_or_a_scenario():
    entries = corpus()
    for fold in range(1, N_FOLDS["scenario"] + 1):
        sets = split(entries, "scenario", fold)
        for one, other in itertools.combinations(sets.values(), 2):
            for field in ("session", "scenario", "spk_id"):
                assert not values(one, field) & values(other, field)


def test_sizes_of_a_fold():
    """25 cells of 8: one is tested, one validates, 3 x 3 train."""
    sets = split(corpus(), "scenario", 7)
    assert [len(sets[s]) for s in ("train", "valid", "test")] == [72, 8, 8]


def test_first_five_folds_test_each_session_and_each_scenario_once():
    entries = corpus()
    tests = [split(entries, "scenario", k)["test"] for k in range(1, 6)]
    assert [values(test, "session") for test in tests] == [
        {name} for name in SESSIONS
    ]
    scenarios = [name for test in tests for name in values(test, "scenario")]
    assert sorted(scenarios) == SCENARIOS


def test_groups_have_about_one_size_and_mix_of_classes():
    """Five angry scenarios and five sad ones: a group has one of each."""
    entries = {
        f"{emo}{k}-{i}": {"scenario": f"{emo}{k}", "label": emo}
        for emo in ("ang", "sad")
        for k in range(5)
        for i in range(10 + k)
    }
    groups = scenario_groups(entries)
    for group in range(5):
        mine = [name for name in groups if groups[name] == group]
        assert sorted(name[:3] for name in mine) == ["ang", "sad"]


def test_order_of_entries_does_not_matter():
    entries = corpus()
    backwards = dict(reversed(entries.items()))
    assert cells(entries) == cells(backwards)
    assert split(entries, "scenario", 3) == split(backwards, "scenario", 3)


def test_cell_without_an_utterance_is_no_fold():
    entries = corpus(scenarios=SCENARIOS[:5])
    for name in list(entries):
        if name.startswith("Session2_impro03"):
            del entries[name]
    folds = cut_folds(entries, "scenario")
    assert len(folds) == len(fold_names(entries, "scenario")) == 24
    tested = [name for sets in folds.values() for name in sets["test"]]
    assert sorted(tested) == sorted(entries)


@pytest.mark.parametrize(
    ("sessions", "scenarios"),
    [
        (SESSIONS[:1], SCENARIOS),
        (SESSIONS[:2], SCENARIOS),
        (SESSIONS, SCENARIOS[:2]),
    ],
)
def test_too_few_to_hold_any_out(sessions, scenarios):
    with pytest.raises(InputError, match="three sessions and three scenarios"):
        split(corpus(sessions, scenarios), "scenario", 1)
