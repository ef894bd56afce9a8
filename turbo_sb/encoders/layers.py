"""An encoder's layers: hidden states, their sum, compiling.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
from collections.abc import Iterator, Sequence

import torch

from turbo_sb.encoders.families import AUDIO, TEXT
from turbo_sb.utils.errors import InputError


class LayerSum(torch.nn.Module):
    """sum_l softmax(w)_l h_l, as SUPERB (Yang et al., 2021) weighs layers."""

    def __init__(self, n_states: int):
        super().__init__()
        self.weights = torch.nn.Parameter(torch.zeros(n_states))

    def forward(self, states: list[torch.Tensor]) -> torch.Tensor:
        """Weigh pooled hidden states; pooling is linear, so the order is free."""
        stacked = torch.stack(states, dim=-1)
        if stacked.shape[-1] != len(self.weights):
            raise InputError(
                f"layer_sum: {stacked.shape[-1]} hidden states came, and "
                f"{len(self.weights)} were expected."
            )
        return (stacked * self.weights.softmax(dim=0)).sum(dim=-1)


@contextlib.contextmanager
def hidden_states(
    layers: Sequence[torch.nn.Module],
) -> Iterator[list[torch.Tensor]]:
    """Collect the input of each layer."""
    states = []

    def keep(_, inputs):
        """Keep the layer's input."""
        states.append(inputs[0])

    hooks = [layer.register_forward_pre_hook(keep) for layer in layers]
    try:
        yield states
    finally:
        for hook in hooks:
            hook.remove()


@contextlib.contextmanager
def evaluating(module: torch.nn.Module) -> Iterator[None]:
    """Put a module into evaluation mode for a while, and each part back."""
    modes = {part: part.training for part in module.modules()}
    module.eval()
    try:
        yield
    finally:
        for part, training in modes.items():
            part.training = training


def compile_layers(model: torch.nn.Module, **settings) -> None:
    """Compile each layer in place, with the settings of torch.compile.

    A model compiled whole would be compiled again for other chunks, and its
    parameters would have other names.
    """
    family = {**AUDIO, **TEXT}[model.config.model_type]
    for layer in family.layers_of(model):
        # Chunks differ in length: dynamic. Hooks stay outside.
        layer.forward = torch.compile(layer.forward, dynamic=True, **settings)
