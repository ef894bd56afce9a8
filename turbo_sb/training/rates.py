"""Learning rates by role, weight decay, and a schedule over all of them.

Authors
 * The turbo_sb developers 2026
"""

import difflib
import inspect
import json
import sys
from types import SimpleNamespace

import torch
from speechbrain.nnet import schedulers
from speechbrain.utils.checkpoints import (
    mark_as_loader,
    mark_as_saver,
    register_checkpoint_hooks,
)

from turbo_sb.encoders.layers import LayerSum
from turbo_sb.utils.errors import InputError

# A group's role to the name of its rate in the log.
ROLES = {"encoder": "lr", "head": "head_lr", "layer_sum": "layer_sum_lr"}
# What SpeechBrain's schedulers call their rate.
RATE_OF_SCHEDULER = ("lr", "lr_initial", "initial_value")
# And what they are called with, by step or by epoch.
BY_STEP = {"opt", "num_updates"}
BY_EPOCH = {"optim_list", "current_epoch", "current_loss", "metric_value"}
PLAIN = (int, float, str, list, dict, type(None))  # also bool


class Rates:
    """Which parameters learn at which rate.

    With the defaults, all have the optimiser's own, in one parameter group.

    Arguments
    ---------
    lr : float
        Of the encoders, and of all that have no rate of their own.
    head_lr : float, optional
        Of projections, classifier and a learnable temperature.
    layer_sum_lr : float, optional
        Of the weights of `layer_sum`.
    weight_decay : float
        Of matrices: biases, norms, layer weights and temperature have none.
    scheduler : object or str, optional
        Of speechbrain.nnet.schedulers, with `lr` as its own rate, or the name
        of such a class. All rates are multiplied by the same factor.
    options : dict, optional
        Keywords of the class, where `scheduler` is a name; its rate is `lr`.

    Raises
    ------
    InputError
        If a rate is invalid, or the scheduler is not one that can be called.

    Example
    -------
    >>> Rates(lr=1e-5, head_lr=1e-3).apart
    True
    """

    def __init__(
        self,
        lr: float,
        head_lr: float | None = None,
        layer_sum_lr: float | None = None,
        weight_decay: float = 0.0,
        scheduler: object = None,
        options: dict | None = None,
    ):
        self.lr, self.weight_decay = lr, weight_decay
        self.own = {"head": head_lr, "layer_sum": layer_sum_lr}
        if isinstance(scheduler, str):
            scheduler = _build(scheduler, lr, options or {})
        elif options:
            raise InputError(
                f"rates.options: {options}: they are of an lr_scheduler that "
                f"is named, as NoamScheduler; came {scheduler}."
            )
        self.scheduler = scheduler
        if scheduler is not None and not lr > 0:
            raise InputError(
                f"lr_scheduler: it scales lr, which is {lr}. Expected lr > 0."
            )
        if scheduler is not None:
            _called_with(scheduler)

    @property
    def apart(self) -> bool:
        """Whether there is more than the optimiser's own rate for all."""
        own = [rate for rate in self.own.values() if rate is not None]
        return bool(own or self.weight_decay)

    def groups(
        self, modules: torch.nn.Module, spare_vectors: bool = False
    ) -> list[dict]:
        """Sort the trainable parameters by role and by weight decay.

        Arguments
        ---------
        modules : torch.nn.Module
            All of a training; its ``model`` has ``encoders``.
        spare_vectors : bool
            Whether vectors are apart also without `weight_decay`.

        Returns
        -------
        groups : list of dict
            For an optimiser, without empty ones: ``params``, ``role``, and
            ``lr`` and ``weight_decay`` where they are not the optimiser's own.
        """
        role_of, found = _roles(modules), {}
        for parameter in modules.parameters():
            if not parameter.requires_grad:
                continue
            role = role_of.get(id(parameter), "head")
            vector = _is_vector(parameter)
            apart = vector and (spare_vectors or self.weight_decay > 0)
            group = found.setdefault((role, apart), {"params": []})
            group["params"].append(parameter)
        for (role, spared), group in found.items():
            group["role"] = role
            if self.own.get(role) is not None:
                group["lr"] = self.own[role]
            if spared:
                group["weight_decay"] = 0.0
            elif self.weight_decay:
                group["weight_decay"] = self.weight_decay
        order = list(ROLES)
        return [
            found[k] for k in sorted(found, key=lambda k: order.index(k[0]))
        ]


def _roles(modules):
    """Parameters' identities to roles; what is in no encoder is the head."""
    model = getattr(modules["model"], "module", modules["model"])  # of DDP
    roles = {id(p): "encoder" for p in model.encoders.parameters()}
    for module in model.encoders.modules():
        if isinstance(module, LayerSum):
            roles.update({id(p): "layer_sum" for p in module.parameters()})
    return roles


def _is_vector(parameter):
    """Whether it is a bias, a gain or the like; dimensions of 1 do not count.

    wav2vec 2.0's positional convolution has its gains as (1, 1, kernel).
    """
    return sum(size > 1 for size in parameter.shape) < 2


def learning_rates(optimizer: torch.optim.Optimizer) -> dict[str, float]:
    """Name the rates of an optimiser, for the log.

    Arguments
    ---------
    optimizer : torch.optim.Optimizer
        Of a training.

    Returns
    -------
    rates : dict
        ``lr``, and ``head_lr`` and ``layer_sum_lr`` where they are apart.

    Example
    -------
    >>> learning_rates(torch.optim.SGD(torch.nn.Linear(1, 1).parameters(), 0.5))
    {'lr': 0.5}
    """
    groups = optimizer.param_groups
    return {ROLES[g.get("role", "encoder")]: g["lr"] for g in groups}


@register_checkpoint_hooks
class Schedule:
    """One of SpeechBrain's schedulers, for all parameter groups of an optimiser.

    They set one rate for all groups. Here, it moves `lr`, and every group keeps
    its ratio to it. By step, it is called before the step that its rate is for.

    >>> from speechbrain.nnet.schedulers import LinearWarmupScheduler
    >>> groups = [{"params": torch.zeros(1), "lr": lr} for lr in (0.1, 1.0)]
    >>> optimizer = torch.optim.SGD(groups)
    >>> schedule = Schedule(LinearWarmupScheduler(0.1, 2, 9), optimizer, lr=0.1)
    >>> schedule.before_step(1)
    >>> [group["lr"] for group in optimizer.param_groups]
    [0.05, 0.5]
    """

    def __init__(self, scheduler, optimizer, lr):
        self.scheduler, self.optimizer = scheduler, optimizer
        self.names = _called_with(scheduler)
        self.ratios = [group["lr"] / lr for group in optimizer.param_groups]
        # In the optimiser's place, so that it sets one rate, that of `lr`.
        self.leader = SimpleNamespace(param_groups=[{"lr": lr}])

    def before_step(self, number) -> None:
        """Set the rates of a step of the optimiser, counted from 1."""
        if set(self.names) <= BY_STEP:
            self._call({"opt": self.leader, "num_updates": number})

    def end_epoch(self, epoch, loss) -> None:
        """Set the next epoch's rates, given the validation loss of this one."""
        if set(self.names) <= BY_STEP:
            return
        given = {"optim_list": [self.leader], "current_epoch": epoch}
        given |= {"current_loss": loss, "metric_value": loss}
        _, self.leader.param_groups[0]["lr"] = self._call(given)
        self._apply()

    def _call(self, given):
        found = self.scheduler(*(given[name] for name in self.names))
        self._apply()
        return found

    def _apply(self):
        lr = self.leader.param_groups[0]["lr"]
        for group, ratio in zip(self.optimizer.param_groups, self.ratios):
            group["lr"] = ratio * lr

    @mark_as_saver
    def _save(self, path):
        # Not by the scheduler's own hooks: some have none, or leave a part out.
        found = vars(self.scheduler).items()
        state = {key: value for key, value in found if isinstance(value, PLAIN)}
        saved = {"lr": self.leader.param_groups[0]["lr"], "state": state}
        with open(path, "w", encoding="utf-8") as file:
            json.dump(saved, file)

    @mark_as_loader
    def _recover(self, path, end_of_epoch=True):
        with open(path, encoding="utf-8") as file:
            saved = json.load(file)
        vars(self.scheduler).update(saved["state"])
        self.leader.param_groups[0]["lr"] = saved["lr"]


def _build(name, lr, options):
    """A scheduler of SpeechBrain by its name, whose rate is `lr`."""
    kind = getattr(schedulers, name, None)
    if not isinstance(kind, type):
        known = vars(sys.modules[schedulers.NoamScheduler.__module__])
        close = difflib.get_close_matches(name, known, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise InputError(
            f"lr_scheduler: {name}: speechbrain.nnet.schedulers has no such "
            f"class.{hint}"
        )
    taken = inspect.signature(kind).parameters
    own = {key: lr for key in RATE_OF_SCHEDULER if key in taken}
    try:
        return kind(**{**own, **options})
    except (TypeError, ValueError, ArithmeticError) as error:
        raise InputError(
            f"rates.options: {options} of lr_scheduler: {name}: {error}. It "
            f"takes {', '.join(taken)}."
        ) from error


def _called_with(scheduler):
    """The names of what a scheduler takes, if they are known."""
    names = []
    if callable(scheduler):
        names = list(inspect.signature(scheduler).parameters)
    if not names or not (set(names) <= BY_STEP or set(names) <= BY_EPOCH):
        raise InputError(
            f"lr_scheduler: {type(scheduler).__name__} takes {names}. Expected "
            "one of speechbrain.nnet.schedulers that takes the optimiser at "
            "each step, as NoamScheduler, or an epoch or a metric, as "
            "NewBobScheduler."
        )
    return names
