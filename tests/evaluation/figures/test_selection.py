"""Which runs are shown, in which order, and how a caption names them."""

import pytest

from tests.evaluation.figures.run_folders import write_run
from turbo_sb.evaluation.figures.selection import (
    by_method,
    common_runs,
    describe,
    of_protocol,
)
from turbo_sb.training.run_folder import FinishedRun, find_runs
from turbo_sb.utils.errors import InputError


def run(method="turbo", fold=1, seed=1, protocol="speaker10"):
    facts = {"protocol": protocol, "fold": fold, "seed": seed}
    return FinishedRun("out", method, facts)


class TestProtocol:
    RUNS = [run(), run(protocol="random10")]

    def test_one_needs_no_choice(self):
        assert of_protocol(self.RUNS[:1]) == self.RUNS[:1]

    def test_a_choice_leaves_its_own(self):
        assert of_protocol(self.RUNS, "random10") == self.RUNS[1:]

    def test_several_are_named(self):
        with pytest.raises(InputError, match="random10, speaker10"):
            of_protocol(self.RUNS)

    def test_an_unknown_one_is_refused(self):
        with pytest.raises(InputError, match="--protocol=x: no run .*speaker"):
            of_protocol(self.RUNS[:1], "x")


def test_methods_are_in_the_papers_order_then_by_name(tmp_path):
    for name in ("zero", "turbo", "asr", "cross_modal", "vanilla", "turbo"):
        write_run(tmp_path, name, seed=len(list(tmp_path.rglob("*.csv"))))
    groups = by_method(find_runs(tmp_path))
    order = ["vanilla", "cross_modal", "turbo", "asr", "zero"]
    assert list(groups) == order
    assert [len(own) for own in groups.values()] == [1, 1, 2, 1, 1]


@pytest.mark.parametrize(
    ("runs", "text"),
    [
        ([run()], "protocol speaker10; 1 run: turbo 1; fold 1; seed 1"),
        (
            [run(fold=f, seed=s) for f in (1, 2, 3, 4) for s in (7, 9)],
            "protocol speaker10; 8 runs: turbo 8; folds 1 to 4; seeds 7, 9",
        ),
        (
            [run(fold=3), run("svm", seed=None)],
            "protocol speaker10; 2 runs: turbo 1, svm 1; folds 1, 3; seed 1",
        ),
        (
            [run("svm", seed=None)],
            "protocol speaker10; 1 run: svm 1; fold 1; no seed",
        ),
    ],
)
def test_describe(runs, text):
    assert describe(runs) == text


class TestCommonRuns:
    RUNS = [
        *(run("vanilla", fold, seed) for fold in (1, 2) for seed in (1, 2)),
        *(run("turbo", 1, 2), run("turbo", 2, 1), run("turbo", 2, 2)),
    ]

    @pytest.mark.parametrize(
        ("fold", "seed", "key"),
        [(None, None, (1, 2)), (2, None, (2, 1)), (2, 2, (2, 2))],
    )
    def test_all_are_of_one_fold_and_seed(self, fold, seed, key):
        found = common_runs(self.RUNS, fold, seed)
        assert list(found) == ["vanilla", "turbo"]
        assert {(r.fold, r.seed) for r in found.values()} == {key}
        assert [r.method for r in found.values()] == list(found)

    def test_what_a_method_lacks_is_refused(self):
        message = (
            "--fold=1 --seed=1: .*all methods have:\n"
            "  fold 1, seed 2\n  fold 2, seed 1\n  fold 2, seed 2\n"
        )
        with pytest.raises(InputError, match=message):
            common_runs(self.RUNS, 1, 1)

    def test_nothing_in_common_is_no_error_unasked(self):
        runs = [run("vanilla", 1), run("turbo", 2)]
        assert common_runs(runs) == {}
