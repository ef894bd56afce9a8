"""Which folds an epoch counts for, and where a training goes on from.

tests/recipes/test_shared_training.py compares the bytes.
"""

from types import SimpleNamespace

import pytest

from turbo_sb.training.early_stopping import EarlyStopping
from turbo_sb.training.shared_training import SharedTraining
from turbo_sb.utils.errors import InputError


class Fold:
    """Of a number of epochs done, and more to do; with a checkpoint's step."""

    def __init__(self, number, done, limit, step=0):
        self.number, self.folder, self.step = number, f"fold{number}", step
        self.counter = EarlyStopping(limit=limit, patience=9)
        self.counter.current = done
        self.facts, self.others = {"fold": number}, {}
        self.namespace = SimpleNamespace(
            fold=number, epoch_counter=self.counter, checkpointer=object()
        )

    def find_epoch(self):
        """It is given."""

    def use_counter(self):
        """There is no checkpointer."""


def take(*folds, **options):
    brain = SharedTraining(run_opts={"device": "cpu", **options})
    brain.take(list(folds))
    return brain


def test_epochs_count_for_those_that_need_them():
    brain = take(Fold(1, 0, 5), Fold(2, 2, 3), Fold(3, 4, 4))
    found = []
    for epoch in brain._epochs():
        present = [fold.number for fold in brain.present]
        assert brain.facts["fold"] == present[0]
        assert brain._result_folders() == [f"fold{k}" for k in present]
        found.append((epoch, present))
    assert found == [(1, [1]), (2, [1]), (3, [1, 2]), (4, [1]), (5, [1])]


@pytest.mark.parametrize(
    ("folds", "expected"),
    [
        ([(1, 3, 9), (2, 2, 9)], 2),  # the least far
        ([(1, 2, 9), (2, 2, 9, 40)], 2),  # within the next epoch
        ([(1, 2, 2), (2, 3, 9)], 2),  # the other has ended
        ([(1, 2, 2), (2, 2, 2)], 1),  # both have
    ],
)
def test_goes_on_from_the_last_state_that_none_has_missed(folds, expected):
    brain = take(*(Fold(*each) for each in folds))
    assert brain.hparams.fold == expected


def test_one_fold_alone_needs_no_checkpoint():
    brain = take(Fold(1, 0, 5))
    assert (brain.folds, brain.facts) == ((), {"fold": 1})


def test_a_trial_is_of_one_fold():
    with pytest.raises(InputError, match="leave out also_folds"):
        take(Fold(1, 0, 5), Fold(2, 0, 5), debug=True)
