"""Frozen layers, and a model cut in two behind them.

Both parts are Hugging Face's model, with fewer layers. Hidden states pass what
stands before the first layer of the second part.

Authors
 * The turbo_sb developers 2026
"""

import copy

import torch

from turbo_sb.encoders.families import Family
from turbo_sb.utils.errors import InputError

ALL = "all"


def freeze(
    model: torch.nn.Module, family: Family, n_layers: int | str
) -> list[torch.nn.Module]:
    """Freeze the first layers and all before them; return what is frozen."""
    layers, depth = family.layers_of(model), model.config.num_hidden_layers
    if n_layers != ALL:
        _check(family, n_layers, len(layers), depth)
    if n_layers == 0:
        return []
    if n_layers == ALL:
        frozen = [model]
    else:
        inputs = map(model.get_submodule, family.inputs_of(model))
        frozen = [*inputs, *layers[:n_layers]]  # also if it is below 0
    for part in frozen:
        part.requires_grad_(False)
    return [model] if is_frozen(model) else frozen


def _check(family, n_layers, n_own, depth):
    if type(n_layers) is not int or not -depth <= n_layers <= depth:
        raise InputError(
            f"frozen_layers: {n_layers}: expected a whole number from 0 to "
            f"{depth}, the layers of {family.name}; from -1, which is all but "
            f"the last one, to -{depth}; or all."
        )
    if n_layers and n_own < depth:
        raise InputError(
            f"frozen_layers: {n_layers}: the layers of {family.name} share "
            "their weights. Leave it at 0, or freeze all."
        )


def is_frozen(module: torch.nn.Module) -> bool:
    """Whether nothing of it is trained."""
    return not any(p.requires_grad for p in module.parameters())


class Same(torch.nn.Module):
    """In place of a part: hidden states pass as they are."""

    def forward(
        self, hidden=None, *_, inputs_embeds=None, **__
    ) -> torch.Tensor:
        """Return what is given."""
        return hidden if inputs_embeds is None else inputs_embeds


class Zero(torch.nn.Module):
    """In place of positions, which hidden states have already."""

    def forward(self, given) -> torch.Tensor:
        """Return what adds nothing."""
        return torch.zeros((), device=given.device)


BYPASS = {"same": Same, "zero": Zero, "none": lambda: None}


def first_layers(
    model: torch.nn.Module, family: Family, n_layers: int
) -> torch.nn.Module:
    """The model up to a layer, without a norm behind it, in evaluation mode."""
    parts = {family.layers: family.layers_of(model)[:n_layers]}
    if family.norm and family.norm_is_last(model):
        parts[family.norm] = Same()
    return _replaced(model, parts, training=False)


def last_layers(
    model: torch.nn.Module, family: Family, n_layers: int
) -> torch.nn.Module:
    """The model behind its first layers; it takes hidden states."""
    parts = {
        name: BYPASS[way]()
        for name, way in family.inputs_of(model).items()
        if way != "kept"
    }
    parts[family.layers] = family.layers_of(model)[n_layers:]
    return _replaced(model, parts, model.training)


class AttendingTo(torch.nn.Module):
    """Attention whose keys and values are of steps that are given."""

    def __init__(self, attention: torch.nn.Module, steps: torch.Tensor):
        super().__init__()
        self.attention, self.steps = attention, steps

    def forward(self, hidden_states: torch.Tensor, **settings) -> tuple:
        """Let these states attend."""
        return self.attention(
            hidden_states, key_value_states=self.steps, **settings
        )


def queries_only(
    layer: torch.nn.Module, hidden: torch.Tensor, longest: int
) -> tuple[torch.nn.Module, torch.Tensor]:
    """Whisper's layer for its first steps alone, which attend to all."""
    if "forward" in vars(layer):  # compiled, with the parts that it had
        return layer, hidden
    steps = layer.self_attn_layer_norm(hidden)
    parts = {"self_attn": AttendingTo(layer.self_attn, steps)}
    return _replaced(layer, parts, layer.training), hidden[:, :longest]


def _replaced(model, parts, training):
    """A copy with other parts; all else is shared, also what is trained."""
    copies = {"": _copy(model, training)}
    for path, part in parts.items():
        *owners, name = path.split(".")
        owner = copies[""]
        for depth, own in enumerate(owners, 1):
            where = ".".join(owners[:depth])
            if where not in copies:
                copies[where] = _copy(owner._modules[own], training)
                owner._modules[own] = copies[where]
            owner = copies[where]
        owner._modules[name] = part
    return copies[""]


def _copy(module, training):
    """A copy of the module alone, not of its parts or weights."""
    twin = copy.copy(module)
    twin._modules = dict(module._modules)
    twin.training = training
    return twin
