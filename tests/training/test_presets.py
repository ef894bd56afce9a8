"""--preset: several settings under one name, each of which may be given."""

import pytest

from turbo_sb.training.command_line import normalise
from turbo_sb.training.presets import PRESETS, expand_preset
from turbo_sb.utils.errors import InputError


@pytest.mark.parametrize(
    "spelt", ["--preset=last-layer", "--preset=last_layer"]
)
def test_settings_stand_for_the_name(spelt):
    found = normalise(["a.yaml", "--seed=1", spelt])
    assert found[:2] == ["a.yaml", "--seed=1"]
    assert {"--frozen_layers=-1", "--cache_features=true"} <= set(found)
    assert len(found) == 2 + len(PRESETS["last_layer"])


@pytest.mark.parametrize("order", [1, -1])
def test_what_is_given_too_wins(order):
    given = ["--preset=frozen", "--head-lr=0.1"][::order]
    found = normalise(["a.yaml", *given])
    assert [a for a in found if "head_lr" in a] == ["--head_lr=0.1"]


def test_twice_is_as_once():
    once = normalise(["a.yaml", "--preset=frozen"])
    assert normalise(once) == once


def test_the_papers_changes_nothing():
    assert expand_preset(["a.yaml", "--preset=paper"]) == ["a.yaml"]


@pytest.mark.parametrize(
    "given",
    [["--preset=laptop"], ["--preset"], ["--preset=paper", "--preset=frozen"]],
)
def test_unknown_or_two(given):
    with pytest.raises(InputError, match="expected one of paper, frozen"):
        expand_preset(["a.yaml", *given])
