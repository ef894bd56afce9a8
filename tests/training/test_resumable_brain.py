"""The training loop's own mechanisms; tests/recipes/test_bad_days.py runs it."""

import csv
import signal
import time
from types import SimpleNamespace

import pytest
import torch

from turbo_sb.training import resumable_brain
from turbo_sb.training.epoch_averages import Averages
from turbo_sb.training.resumable_brain import GO_ON, SAVE, STOP, ResumableBrain
from turbo_sb.utils.errors import InputError


def two_groups(parameters):
    """Two weights in two parameter groups, plain SGD of step 1."""
    return torch.optim.SGD([{"params": [p]} for p in parameters], lr=1.0)


class Constant(ResumableBrain):
    """Whose loss is its factor times its weights' sum; one utterance, "u"."""

    def compute_forward(self, batch, stage):
        weights = [self.modules[name].weight for name in "ab"]
        total = torch.stack(weights).sum()
        return {"logits": total[None, None, None], "views": {}}

    def compute_objectives(self, outputs, batch, stage):
        loss = self.factor * outputs["logits"].sum()
        self.agreed = torch.tensor(self.wish())
        self.note_step(["u"], outputs, {"ce": loss.detach()})
        return loss


@pytest.fixture
def make(tmp_path):
    def make_brain(factor=1.0, policy="stop", **options):
        modules = {name: torch.nn.Linear(1, 1, bias=False) for name in "ab"}
        for module in modules.values():
            torch.nn.init.ones_(module.weight)
        brain = Constant(
            modules,
            opt_class=two_groups,
            hparams={
                "seed": 1,
                "epoch_counter": SimpleNamespace(current=3),
                "output_folder": str(tmp_path),
            },
            run_opts={"device": "cpu", "max_grad_norm": 10.0, **options},
            nonfinite_loss=policy,
        )
        brain.init_optimizers()
        brain.factor, brain.averages = factor, Averages()
        brain.step = 1
        brain.noted, brain.losses, brain.saved_at = [], [], 0.0
        return brain

    return make_brain


class TestClipping:
    def test_covers_all_parameter_groups(self, make):
        """Gradients 3 and 4 have norm 5, and are clipped to norm 1."""
        brain = make(max_grad_norm=1.0)
        weights = [brain.modules[name].weight for name in "ab"]
        for weight, gradient in zip(weights, (3.0, 4.0)):
            weight.grad = torch.full_like(weight, gradient)
        brain.losses = [torch.tensor(0.0)]
        brain.optimizers_step()
        moved = [1 - weight.item() for weight in weights]
        assert moved == pytest.approx([0.6, 0.8], abs=1e-5)
        assert [weight.grad for weight in weights] == [None, None]
        assert brain.optimizer_step == 1

    def test_leaves_a_small_gradient(self, make):
        brain = make(factor=3.0)
        brain.fit_batch(None)
        assert brain.modules["a"].weight.item() == pytest.approx(1 - 3.0)


class TestNoNumber:
    @pytest.mark.parametrize("factor", [float("nan"), float("inf")])
    def test_no_step_is_taken(self, factor, make, tmp_path):
        brain = make(factor, policy="skip")
        loss = brain.fit_batch(None)
        assert not loss.isfinite()
        assert brain.modules["a"].weight.item() == 1
        assert brain.modules["a"].weight.grad is None
        assert (brain.optimizer_step, brain.averages.means()) == (0, {})
        with open(tmp_path / "nonfinite.csv", newline="") as file:
            (row,) = csv.DictReader(file)
        expected = ("3", "1", str(factor), "u", "yes")
        assert tuple(row.values()) == expected

    def test_a_gradient_alone_counts(self, make):
        brain = make(policy="skip")
        weight = brain.modules["a"].weight
        weight.register_hook(lambda gradient: gradient * float("nan"))
        assert brain.fit_batch(None).isfinite()
        assert weight.item() == 1

    def test_stop_is_one_message_of_all(self, make):
        with pytest.raises(
            InputError, match="epoch 3, step 1: the loss is inf"
        ):
            make(float("inf")).fit_batch(None)

    def test_training_goes_on_after_it(self, make):
        brain = make(float("nan"), policy="skip")
        brain.fit_batch(None)
        brain.factor = 1.0
        brain.fit_batch(None)
        assert brain.modules["a"].weight.item() == 0
        assert brain.averages.means() == {"ce": 2.0}

    def test_patience_is_speechbrains(self, make):
        brain = make(float("nan"), policy="skip", nonfinite_patience=2)
        for _ in range(2):
            brain.fit_batch(None)
        with pytest.raises(InputError, match="more than --nonfinite_patience"):
            brain.fit_batch(None)

    def test_accumulated_steps_are_left_out_together(self, make, tmp_path):
        brain = make(float("nan"), policy="skip", grad_accumulation_factor=2)
        brain.fit_batch(None)
        brain.step, brain.factor = 2, 1.0
        brain.fit_batch(None)
        assert brain.modules["a"].weight.item() == 1
        assert (tmp_path / "nonfinite.csv").read_text().count(",u,") == 2


class TestFp16:
    """A scaler looks for large gradients; what is no number is ours."""

    @pytest.fixture
    def make_scaled(self, make):
        def make_brain(factor=1.0, scale=8.0, **options):
            brain = make(factor, policy="skip", **options)
            brain.scaler = torch.amp.GradScaler("cpu", init_scale=scale)
            return brain

        return make_brain

    def spoil(self, brain):
        weight = brain.modules["a"].weight
        weight.register_hook(lambda gradient: gradient * float("inf"))

    def test_a_large_gradient_halves_the_scale(self, make_scaled, tmp_path):
        brain = make_scaled()
        self.spoil(brain)
        brain.fit_batch(None)
        assert brain.scaler.get_scale() == 4
        assert brain.modules["a"].weight.item() == 1
        assert not (tmp_path / "nonfinite.csv").exists()

    def test_one_that_no_scale_mends_is_told(self, make_scaled, tmp_path):
        brain = make_scaled(nonfinite_patience=0)
        self.spoil(brain)
        with pytest.raises(InputError, match="gradient is NaN"):
            for _ in range(5):
                brain.fit_batch(None)
        assert (tmp_path / "nonfinite.csv").exists()

    def test_a_loss_that_is_none_counts(self, make_scaled, tmp_path):
        brain = make_scaled(float("nan"), grad_accumulation_factor=2)
        brain.fit_batch(None)
        brain.step, brain.factor = 2, 1.0
        brain.fit_batch(None)
        assert (tmp_path / "nonfinite.csv").exists()
        assert (brain.optimizer_step, brain.averages.means()) == (0, {})


class TestLeaving:
    def test_at_the_end_of_an_epoch(self, make):
        """The checkpoint first."""
        brain, saved = make(), []
        brain.hparams.epoch_counter = SimpleNamespace(
            current=3, best_epoch=3, update=lambda score: None
        )
        brain.checkpointer = SimpleNamespace(save_and_keep=saved.append)
        brain.save_epoch(0.5)
        brain.notice = SimpleNamespace(given=True, number=signal.SIGTERM)
        with pytest.raises(SystemExit) as end:
            brain.save_epoch(0.5)
        assert (len(saved), end.value.code) == (2, 75)

    @pytest.mark.parametrize("agreed", [SAVE, STOP])
    def test_within_one_it_is_what_all_agreed_on(self, agreed, make):
        """Though the notice came to another process."""
        brain, saved = make(), []
        brain.checkpointer = SimpleNamespace(
            save_and_keep=lambda meta, end_of_epoch: saved.append(meta)
        )
        brain.agreed = agreed
        if agreed == STOP:
            with pytest.raises(SystemExit):
                brain._save_intra_epoch_ckpt()
        else:
            brain._save_intra_epoch_ckpt()
        assert saved[0]["epoch"] == 3 and saved[0]["step"] == 1


class TestWhenToSave:
    def wishes(self, brain, given=False, minutes=0.0):
        brain.notice = SimpleNamespace(given=given)
        brain.saved_at = time.monotonic() - 60 * minutes
        return brain.wish()

    def test_a_notice_comes_first(self, make):
        brain = make(ckpt_interval_minutes=15)
        assert self.wishes(brain) == GO_ON
        assert self.wishes(brain, minutes=16) == SAVE
        assert self.wishes(brain, minutes=16, given=True) == STOP

    def test_never_by_time_if_so_set(self, make):
        brain = make(ckpt_interval_minutes=0)
        assert self.wishes(brain, minutes=10_000) == GO_ON

    def test_the_highest_wish_of_a_step_counts(self, make, monkeypatch):
        brain = make()
        monkeypatch.setattr(
            resumable_brain,
            "gather_batch",
            lambda outputs, columns, sizes: (
                outputs,
                {**columns, "wish": torch.tensor([GO_ON, STOP, SAVE])},
            ),
        )
        brain.train_sampler = SimpleNamespace(sizes=[1, 1, 1])
        brain.notice = SimpleNamespace(given=False)
        _, targets = brain.gather({}, torch.tensor([7]))
        assert targets.tolist() == [7] and brain.agreed == STOP

    def test_not_within_an_accumulated_gradient(self, make):
        """What the optimiser has not had yet is in no checkpoint."""
        brain = make(grad_accumulation_factor=2, ckpt_interval_steps=2)
        brain.checkpointer, brain.agreed = object(), SAVE
        for step, expected in ((3, False), (4, True)):
            brain.step = step
            assert brain._should_save_intra_epoch_ckpt(0, 2) == expected


def test_draws_of_a_step_depend_on_no_step_before(make, monkeypatch):
    class Drawing(Constant):
        def compute_forward(self, batch, stage):
            drawn.append(torch.rand(()).item())
            return super().compute_forward(batch, stage)

    def draws(steps):
        drawn.clear()
        brain = make()
        brain.__class__ = Drawing
        for brain.step in steps:
            brain.fit_batch(None)
        return list(drawn)

    drawn = []
    monkeypatch.setenv("RANK", "0")
    first = draws([1])
    monkeypatch.setenv("RANK", "1")
    assert draws([1]) != first  # each process masks its own utterances
    assert draws([1, 2, 3])[1:] == draws([2, 3])
    assert len(set(draws([1, 2, 3]))) == 3
