"""Early stopping, and its state through SpeechBrain's Checkpointer."""

import pytest
from speechbrain.utils.checkpoints import Checkpointer

from turbo_sb.training.early_stopping import EarlyStopping
from turbo_sb.utils.errors import InputError


def run(epochs, scores):
    """Run until it stops or the scores are used up; the epochs that ran."""
    ran = []
    for score, epoch in zip(scores, epochs):  # no epoch without a score
        ran.append(epoch)
        epochs.update(score)
    return ran


class TestStopping:
    @pytest.mark.parametrize(
        ("patience", "scores", "ran", "best"),
        [
            (2, [0.5, 0.7, 0.6, 0.6, 0.9], 4, 2),
            (1, [0.5, 0.4, 0.9], 2, 1),
            (3, [0.1, 0.2, 0.3, 0.4, 0.5], 5, 5),
            (2, [0.0, 0.0, 0.0, 1.0], 3, 1),  # the first score counts
            (2, [-5, -4, -6, -6, 0], 4, 2),
        ],
    )
    def test_patience_counts_epochs_without_a_rise(
        self, patience, scores, ran, best
    ):
        epochs = EarlyStopping(limit=100, patience=patience)
        assert run(epochs, scores) == list(range(1, ran + 1))
        assert epochs.best_epoch == best

    def test_an_equal_score_is_not_a_rise(self):
        epochs = EarlyStopping(limit=100, patience=2)
        assert run(epochs, [0.5] * 10) == [1, 2, 3]
        assert epochs.best_epoch == 1

    def test_the_limit_holds(self):
        assert run(EarlyStopping(3, patience=5), [1, 2, 3, 4]) == [1, 2, 3]

    @pytest.mark.parametrize(
        ("limit", "patience"), [(0, 5), (5, 0), (-1, 5), (5, -1)]
    )
    def test_arguments_are_at_least_1(self, limit, patience):
        with pytest.raises(InputError, match=f"{limit} and {patience}"):
            EarlyStopping(limit, patience)


class TestCheckpoints:
    @staticmethod
    def recovered(folder, saved, end_of_epoch=True, **settings):
        """A new object with what a checkpoint of the old one holds."""
        Checkpointer(folder, {"epochs": saved}).save_checkpoint(
            end_of_epoch=end_of_epoch
        )
        settings = {"limit": 100, "patience": 3, **settings}
        epochs = EarlyStopping(**settings)
        Checkpointer(folder, {"epochs": epochs}).recover_if_possible()
        return epochs

    def test_after_an_epoch_the_count_goes_on(self, tmp_path):
        saved = EarlyStopping(limit=100, patience=3)
        scores = [0.5, 0.7, 0.6, 0.6, 0.6, 0.9]
        run(saved, scores[:3])
        epochs = self.recovered(tmp_path, saved)
        assert (epochs.best_epoch, epochs.best_score) == (2, 0.7)
        # One bad epoch before and two after: as without the interruption.
        assert run(epochs, scores[3:]) == [4, 5]

    def test_within_an_epoch_that_epoch_is_run_again(self, tmp_path):
        saved = EarlyStopping(limit=100, patience=3)
        run(saved, [0.5, 0.7])
        next(saved)
        epochs = self.recovered(tmp_path, saved, end_of_epoch=False)
        assert next(epochs) == 3
        assert (epochs.best_epoch, epochs.best_score) == (2, 0.7)

    def test_within_the_first_epoch_there_is_no_best_yet(self, tmp_path):
        saved = EarlyStopping(limit=100, patience=3)
        next(saved)
        epochs = self.recovered(tmp_path, saved, end_of_epoch=False)
        assert run(epochs, [-1.0]) == [1]
        assert epochs.best_epoch == 1

    def test_a_stopped_run_stays_stopped(self, tmp_path):
        saved = EarlyStopping(limit=100, patience=1)
        run(saved, [0.5, 0.4, 0.3])
        assert run(self.recovered(tmp_path, saved, patience=1), [1]) == []

    def test_the_yaml_may_raise_limit_and_patience(self, tmp_path):
        """They are settings, not state."""
        saved = EarlyStopping(limit=2, patience=1)
        run(saved, [0.5, 0.4])
        assert run(self.recovered(tmp_path, saved), [0.3, 0.3, 0.3]) == [3, 4]
