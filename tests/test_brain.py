"""The Brain's own mechanisms; tests/recipes runs it as a whole."""

from types import SimpleNamespace

import pytest
import speechbrain as sb
import torch
from speechbrain.dataio.batch import PaddedBatch
from torch.utils.data import DistributedSampler

from turbo_sb.brain import TurboBrain, mean_terms
from turbo_sb.errors import InputError
from turbo_sb.losses import JointLoss, TurboLoss


def brain_with_two_groups(max_grad_norm):
    """Two weights in two parameter groups, plain SGD of step 1."""
    modules = {name: torch.nn.Linear(1, 1, bias=False) for name in "ab"}
    brain = TurboBrain(
        modules,
        opt_class=lambda parameters: torch.optim.SGD(
            [{"params": [p]} for p in parameters], lr=1.0
        ),
        run_opts={"device": "cpu", "max_grad_norm": max_grad_norm},
    )
    brain.init_optimizers()
    return brain


def test_clipping_covers_all_parameter_groups():
    """Gradients 3 and 4 have norm 5, and are clipped to norm 1."""
    brain = brain_with_two_groups(max_grad_norm=1.0)
    weights = [brain.modules[name].weight for name in "ab"]
    for weight, gradient in zip(weights, (3.0, 4.0)):
        torch.nn.init.zeros_(weight)
        weight.grad = torch.full_like(weight, gradient)
    brain.optimizers_step()
    moved = [-weight.item() for weight in weights]
    assert moved == pytest.approx([0.6, 0.8], abs=1e-5)
    assert [weight.grad for weight in weights] == [None, None]
    assert brain.optimizer_step == 1


def test_a_small_gradient_is_not_clipped():
    brain = brain_with_two_groups(max_grad_norm=10.0)
    weight = brain.modules["a"].weight
    torch.nn.init.zeros_(weight)
    weight.grad = torch.full_like(weight, 3.0)
    brain.optimizers_step()
    assert weight.item() == pytest.approx(-3.0)


def test_data_order_follows_the_seed_on_several_ranks(make_model):
    """SpeechBrain's sampler would shuffle alike for every seed."""
    hparams = {"loss": JointLoss(None, lambda_ce=1), "seed": 7}
    brain = TurboBrain(
        {"model": make_model()}, hparams=hparams, run_opts={"device": "cpu"}
    )
    sampler = DistributedSampler(range(8), num_replicas=2, rank=0)
    brain.train_sampler = sampler
    brain.on_fit_start()
    assert sampler.seed == 7


class Constant(TurboBrain):
    """Whose loss is what its hparams say, times its one weight."""

    def compute_forward(self, batch, stage):
        return self.modules.a.weight.sum()

    def compute_objectives(self, outputs, batch, stage):
        return outputs * self.hparams.factor


@pytest.mark.parametrize("factor", [float("nan"), float("inf"), 1.0])
def test_a_loss_that_is_not_finite_ends_the_training(factor):
    """Its check is at the step's end, where the host has the loss."""
    brain = Constant(
        {"a": torch.nn.Linear(1, 1)},
        opt_class=lambda parameters: torch.optim.SGD(parameters, lr=0.0),
        hparams={"factor": factor},
        run_opts={"device": "cpu", "nonfinite_patience": 0},
    )
    brain.init_optimizers()
    brain.step, brain.nonfinite_count = 1, 0
    if factor == 1:
        assert brain.fit_batch(None).isfinite()
        return
    with pytest.raises(ValueError, match="not finite"):
        brain.fit_batch(None)


def test_lengths_are_read_on_the_host():
    """A model that gets them as tensors would wait for the device."""
    given = []

    def model(signal, wav_lens, tokens, token_lens, n_views):
        given.extend([wav_lens, token_lens, n_views])

    class Modules:
        """Of which `modules.model` is a function here."""

    brain = SimpleNamespace(
        hparams=SimpleNamespace(loss=JointLoss(TurboLoss())),
        modules=Modules,
        device="cpu",
    )
    Modules.model = staticmethod(model)
    examples = [
        {"signal": torch.ones(n), "tokens": torch.ones(2 * n)} for n in (2, 4)
    ]
    batch = PaddedBatch(examples)
    TurboBrain.compute_forward(brain, batch, sb.Stage.TRAIN)
    assert given == [[0.5, 1.0], [0.5, 1.0], 2]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"jit": True}, "--jit"),
        ({"compile_module_keys": ["model"]}, "--compile_module_keys"),
        ({"compile": True, "compile_mode": "max-autotune"}, "max-autotune"),
    ],
)
def test_ways_of_compiling_that_do_not_work_are_refused(
    make_model, options, message
):
    brain = TurboBrain(
        {"model": make_model()}, run_opts={"device": "cpu", **options}
    )
    with pytest.raises(InputError, match=message):
        brain._compile()


def test_mean_of_the_terms():
    steps = [
        {"ce": torch.tensor(v), "in": torch.tensor(2.0)} for v in (1.0, 3.0)
    ]
    assert mean_terms(steps) == {"ce": 2.0, "in": 2.0}


def test_learnable_temperature_is_saved_and_a_fixed_one_is_not(make_model):
    for learnable, names in ((True, ["loss"]), (False, [])):
        contrastive = TurboLoss(learnable_temperature=learnable)
        found = []
        brain = TurboBrain(
            {"model": make_model()},
            hparams={"loss": JointLoss(contrastive)},
            run_opts={"device": "cpu"},
        )
        brain.checkpointer = SimpleNamespace(
            add_recoverable=lambda name, _, found=found: found.append(name),
            recover_if_possible=lambda: None,
        )
        brain.on_fit_start()
        assert found == names


def test_joint_training_overfits_eight_utterances(make_model):
    """The gradient reaches everything that it takes to learn by heart."""
    torch.manual_seed(0)
    model = make_model(freeze_cnn=False)
    loss = JointLoss(TurboLoss(), lambda_ce=0.5)
    lengths = torch.ones(8)
    targets = torch.arange(8) % 4
    wavs, tokens = torch.randn(8, 4000), torch.randint(10, 60, (8, 6))
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(120):
        outputs = model(wavs, lengths, tokens, lengths, n_views=2)
        value, terms = loss(outputs, targets)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    assert terms["ce"] < 0.2
    assert sum(terms.values()) - terms["ce"] < 6 * 0.5
    model.eval()
    logits = model(wavs, lengths, tokens, lengths)["logits"][0]
    assert (logits.argmax(dim=-1) == targets).all()
