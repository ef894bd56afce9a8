"""Looks that differ, and stay."""

from turbo_sb.demo.figure import COLOURS
from turbo_sb.evaluation.figures.style import looks, wrap


def test_the_papers_methods_look_as_in_the_demo():
    assert {m: looks([])[m].colour for m in COLOURS} == COLOURS


def test_twenty_methods_differ_and_neighbours_differ_in_grey():
    names = [f"m{n:02}" for n in range(17)]
    found = looks([*names, *COLOURS])
    assert len(set(found.values())) == 20
    others = [found[name] for name in names]
    for one, other in zip(others, others[1:]):
        assert one.marker != other.marker and one.dashes != other.dashes


def test_the_order_of_the_runs_does_not_matter():
    assert looks(["b", "a", "turbo"]) == looks(["turbo", "a", "b", "a"])


def test_one_folder_around_all_changes_no_look():
    known = looks([])
    found = looks(["cv/turbo", "cv/vanilla"])
    assert found["cv/turbo"] == known["turbo"]
    found = looks(["asr/turbo", "turbo"])
    assert found["turbo"] == known["turbo"] != found["asr/turbo"]


def test_long_names_are_broken_and_short_ones_are_not():
    assert wrap("turbo") == "turbo"
    assert wrap("asr/turbo_x", width=5) == "asr/\nturbo_\nx"
