"""An encoder's layers: their hidden states, a sum of these, and freezing.

Authors
 * The turbo_sb developers 2026
"""

import contextlib

import torch

from turbo_sb.utils.errors import InputError


class LayerSum(torch.nn.Module):
    """A learnt mean of all hidden states, in place of the last one alone.

    ``sum_l softmax(w)_l h_l``, as SUPERB (Yang et al., 2021) weighs frozen
    encoders. The hidden states are the input of the first layer and the
    output of each, the last one behind the encoder's final normalisation,
    where it has one.

    Arguments
    ---------
    n_states : int
        Layers and one. The weights start equal.

    Example
    -------
    >>> layer_sum = LayerSum(2)
    >>> layer_sum([torch.zeros(1, 3), torch.ones(1, 3)]).detach()
    tensor([[0.5000, 0.5000, 0.5000]])
    """

    def __init__(self, n_states):
        super().__init__()
        self.weights = torch.nn.Parameter(torch.zeros(n_states))

    def forward(self, states):
        """Weigh what was pooled of each hidden state.

        Arguments
        ---------
        states : list of (batch, dim) torch.Tensor
            Pooling is linear: to pool first and weigh then is the same, and
            keeps the sequences of one layer at a time.

        Returns
        -------
        embeddings : (batch, dim) torch.Tensor
        """
        stacked = torch.stack(states, dim=-1)
        if stacked.shape[-1] != len(self.weights):
            raise InputError(
                f"layer_sum: {stacked.shape[-1]} hidden states came, and "
                f"{len(self.weights)} were expected."
            )
        return (stacked * self.weights.softmax(dim=0)).sum(dim=-1)


@contextlib.contextmanager
def hidden_states(layers):
    """Keep what goes into the first of some layers and out of each.

    Arguments
    ---------
    layers : sequence of torch.nn.Module
        Of a transformer, which runs them in the block.

    Yields
    ------
    states : list of torch.Tensor
        Filled as the layers run.

    Example
    -------
    >>> layers = [torch.nn.Linear(2, 3), torch.nn.Linear(3, 1)]
    >>> with hidden_states(layers) as states:
    ...     _ = layers[1](layers[0](torch.ones(1, 2)))
    >>> [tuple(state.shape) for state in states]
    [(1, 2), (1, 3), (1, 1)]
    """
    states = []

    def keep(layer, inputs, output):
        if not states:
            states.append(inputs[0])
        states.append(output[0] if isinstance(output, tuple) else output)

    hooks = [layer.register_forward_hook(keep) for layer in layers]
    try:
        yield states
    finally:
        for hook in hooks:
            hook.remove()


def freeze_first(model, family, n_layers):
    """Freeze the first layers of an encoder and all that is before them.

    Their dropout stays, so that views still differ.

    Arguments
    ---------
    model : transformers.PreTrainedModel
        Changed in place.
    family : turbo_sb.encoders.families.Family
        Of the model.
    n_layers : int
        0 freezes nothing.

    Raises
    ------
    InputError
        If there are not so many layers, or they share their weights.

    Example
    -------
    >>> from transformers import BertConfig, BertModel
    >>> from turbo_sb.encoders.families import TEXT
    >>> model = BertModel(BertConfig(num_hidden_layers=2))
    >>> freeze_first(model, TEXT["bert"], 1)
    >>> [p.requires_grad for p in model.embeddings.parameters()][:1]
    [False]
    """
    layers, depth = family.layers_of(model), model.config.num_hidden_layers
    if type(n_layers) is not int or not 0 <= n_layers <= depth:
        raise InputError(
            f"frozen_layers: {n_layers}: expected a whole number from 0 to "
            f"{depth}, the layers of {family.name}."
        )
    if n_layers and len(layers) < depth:
        raise InputError(
            f"frozen_layers: {n_layers}: the layers of {family.name} share "
            "their weights. Leave it at 0."
        )
    if n_layers:
        before = set(family.inputs)
        # The one norm of a speech encoder is before its layers or behind.
        if not getattr(model.config, "do_stable_layer_norm", True):
            before.add("encoder.layer_norm")
        for name, part in model.named_modules():
            if name in before:
                part.requires_grad_(False)
        layers[:n_layers].requires_grad_(False)
