"""Parameter groups and schedules, against torch's optimisers with explicit groups."""

import math

import pytest
import torch
from speechbrain.nnet import schedulers

from turbo_sb.encoders.layers import LayerSum
from turbo_sb.training.rates import Rates, Schedule, learning_rates
from turbo_sb.utils.errors import InputError


class Encoder(torch.nn.Module):
    """A layer, a gain, and the weights of three hidden states."""

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(3, 3)
        self.gain = torch.nn.Parameter(torch.ones(1, 1, 5))
        self.layer_sum = LayerSum(3)


@pytest.fixture
def modules():
    model = torch.nn.Module()
    encoders = {"audio": Encoder(), "text": Encoder()}
    model.encoders = torch.nn.ModuleDict(encoders)
    model.classifier = torch.nn.Linear(3, 2)
    loss = torch.nn.Module()
    loss.temperature = torch.nn.Parameter(torch.tensor(0.07))
    return torch.nn.ModuleDict({"model": model, "loss": loss})


def named(modules, groups):
    """Groups as role to names, and their other keys."""
    names = {id(p): name for name, p in modules.named_parameters()}
    return [
        (
            [names[id(p)].split(".", 1)[1] for p in group["params"]],
            {k: v for k, v in group.items() if k != "params"},
        )
        for group in groups
    ]


class TestGroups:
    def test_one_for_each_role(self, modules):
        rates = Rates(lr=0.1, head_lr=0.2, layer_sum_lr=0.3)
        found = named(modules, rates.groups(modules))
        encoder, head, layers = found
        parts = ("gain", "layer.weight", "layer.bias")
        assert encoder == (
            [f"encoders.{k}.{p}" for k in ("audio", "text") for p in parts],
            {"role": "encoder"},  # at the optimiser's own rate
        )
        assert head == (
            ["classifier.weight", "classifier.bias", "temperature"],
            {"role": "head", "lr": 0.2},
        )
        assert layers[0] == [
            f"encoders.{k}.layer_sum.weights" for k in ("audio", "text")
        ]
        assert layers[1] == {"role": "layer_sum", "lr": 0.3}

    def test_only_matrices_decay(self, modules):
        groups = Rates(lr=0.1, weight_decay=0.5).groups(modules)
        decayed = [
            name
            for names, keys in named(modules, groups)
            for name in names
            if keys["weight_decay"] == 0.5
        ]
        layers = [f"encoders.{k}.layer.weight" for k in ("audio", "text")]
        assert decayed == [*layers, "classifier.weight"]
        rest = [g["weight_decay"] for g in groups if g["weight_decay"] != 0.5]
        assert rest == [0, 0, 0]

    def test_what_is_frozen_is_in_none(self, modules):
        modules["model"].encoders.requires_grad_(False)
        (group,) = Rates(lr=0.1, head_lr=0.2).groups(modules)
        assert group["role"] == "head"

    def test_defaults_need_none(self):
        assert not Rates(lr=0.1).apart
        assert Rates(lr=0.1, layer_sum_lr=0.0).apart

    def test_steps_equal_those_of_explicit_groups(self, modules):
        """Against Adam of torch, a rate each, whose decay is by hand."""
        rates = Rates(0.1, head_lr=0.02, layer_sum_lr=0.3, weight_decay=0.4)
        start = {k: p.detach().clone() for k, p in modules.named_parameters()}
        optimizer = torch.optim.Adam(
            rates.groups(modules), lr=0.1, decoupled_weight_decay=True
        )
        expected = {}
        for name, value in start.items():
            rate = 0.1 if "encoders" in name else 0.02
            rate = 0.3 if "layer_sum" in name else rate
            own = value.clone().requires_grad_()
            adam = torch.optim.Adam([own], lr=rate)
            for step in (1, 2):
                if name.endswith(("layer.weight", "classifier.weight")):
                    own.data *= 1 - rate * 0.4
                own.grad = torch.full_like(own, 0.5 * step)
                adam.step()
            expected[name] = own.detach()
        for step in (1, 2):
            for parameter in modules.parameters():
                parameter.grad = torch.full_like(parameter, 0.5 * step)
            optimizer.step()
        for name, parameter in modules.named_parameters():
            torch.testing.assert_close(parameter.detach(), expected[name])


# Class, its arguments, and whether it goes by steps.
SCHEDULERS = [
    ("WarmAndExpDecayLRSchedule", (0.1, 3, 9), True),
    ("LinearWarmupScheduler", (0.1, 3, 9), True),
    ("NoamScheduler", (0.1, 3), True),
    ("NoamIntervalScheduler", (0.1, 3, [4, 6], [0.5, 0.1]), True),
    ("LinearNoamScheduler", (0.1, 3, 2), True),
    ("CyclicCosineScheduler", (3, None, 9), True),
    ("InverseSquareRootScheduler", (3,), True),
    (
        "IntervalScheduler",
        ([{"steps": s, "lr": 0.1 / s} for s in (2, 5)],),
        True,
    ),
    ("WarmCoolDecayLRSchedule", (0.1, 3, 2, 9), True),
    ("TriStageLRSchedule", (0.1, 3, 2, 4, 9), True),
    ("NewBobScheduler", (0.1,), False),
    ("LinearScheduler", (0.1, 0.0, 9), False),
    ("StepScheduler", (0.1,), False),
    ("ReduceLROnPlateau", (1e-8, 0.5, 1, 2), False),
]


def schedule_of(name, given):
    groups = [{"params": torch.zeros(1)}, {"params": torch.zeros(1), "lr": 1.0}]
    optimizer = torch.optim.SGD(groups, lr=0.1)
    return Schedule(getattr(schedulers, name)(*given), optimizer, 0.1)


def moved(schedule, first, last):
    """The rates of both groups, step by step or epoch by epoch."""
    found = []
    for number in range(first, last):
        schedule.before_step(number)
        found.append([g["lr"] for g in schedule.optimizer.param_groups])
        schedule.end_epoch(number, 1.0 + number % 3)
    return found


class TestSchedule:
    @pytest.mark.parametrize(("name", "given", "by_step"), SCHEDULERS)
    def test_rates_are_speechbrains(self, name, given, by_step):
        """Against the scheduler itself, on an optimiser of one group."""
        alone = getattr(schedulers, name)(*given)
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.1)
        expected = []
        for number in range(1, 9):
            if by_step:
                alone(
                    *(optimizer, number)[: len(schedule_of(name, given).names)]
                )
            expected.append(optimizer.param_groups[0]["lr"])
            if by_step:
                continue
            loss, takes = (
                1.0 + number % 3,
                {
                    "NewBobScheduler": lambda n, loss: (loss,),
                    "ReduceLROnPlateau": lambda n, loss: ([optimizer], n, loss),
                }.get(name, lambda n, loss: (n,)),
            )
            _, lr = alone(*takes(number, loss))
            schedulers.update_learning_rate(optimizer, lr)
        found = moved(schedule_of(name, given), 1, 9)
        assert [own for own, _ in found] == expected
        for own, head in found:
            assert head == pytest.approx(10 * own, rel=1e-12)
        assert len(set(expected)) > 1

    @pytest.mark.parametrize(("name", "given", "by_step"), SCHEDULERS)
    def test_goes_on_where_it_was_saved(self, name, given, by_step, tmp_path):
        whole = moved(schedule_of(name, given), 1, 9)
        first, second = schedule_of(name, given), schedule_of(name, given)
        assert moved(first, 1, 5) == whole[:4]
        first._save(tmp_path / "schedule.ckpt")
        second._recover(tmp_path / "schedule.ckpt")
        groups = second.optimizer.param_groups
        for group, saved in zip(groups, first.optimizer.param_groups):
            group["lr"] = saved["lr"]  # the optimiser's own checkpoint
        assert moved(second, 5, 9) == whole[4:]

    @pytest.mark.parametrize(
        "scheduler", [schedulers.CyclicLRScheduler(), object(), 0.5]
    )
    def test_another_kind_is_refused(self, scheduler):
        with pytest.raises(InputError, match="lr_scheduler: .* takes"):
            Rates(lr=0.1, scheduler=scheduler)

    def test_by_name(self):
        """Its rate is lr, whatever it calls it."""
        for name, options in (
            ("NoamScheduler", {"n_warmup_steps": 3}),
            (
                "WarmAndExpDecayLRSchedule",
                dict(n_warmup_steps=3, total_steps=9),
            ),
            ("NewBobScheduler", {}),
        ):
            found = Rates(lr=0.1, scheduler=name, options=options).scheduler
            given = getattr(schedulers, name)(0.1, **options)
            assert vars(found) == vars(given)

    @pytest.mark.parametrize(
        ("name", "options", "expected"),
        [
            ("NoamSchedule", {}, "no such class. Did you mean NoamScheduler"),
            ("NoamScheduler", {}, "n_warmup_steps.*It takes lr_initial"),
            ("NoamScheduler", {"warm": 1}, "warm"),
            ("torch", {}, "no such class"),
            (None, {"n_warmup_steps": 3}, "rates.options: .* named"),
        ],
    )
    def test_bad_names_and_options(self, name, options, expected):
        with pytest.raises(InputError, match=expected):
            Rates(lr=0.1, scheduler=name, options=options)

    def test_of_a_rate_of_0_is_refused(self):
        with pytest.raises(InputError, match="lr, which is 0"):
            Rates(lr=0, scheduler=schedulers.NoamScheduler(0, 3))


def test_rates_are_logged_by_role(modules):
    groups = Rates(lr=0.1, head_lr=0.2, weight_decay=0.5).groups(modules)
    optimizer = torch.optim.SGD(groups, lr=0.1)
    found = learning_rates(optimizer)
    assert found == {"lr": 0.1, "head_lr": 0.2, "layer_sum_lr": 0.1}
    assert not any(map(math.isnan, found.values()))
