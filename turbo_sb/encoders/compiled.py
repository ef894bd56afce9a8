"""torch.compile where it pays: a transformer's layers.

Authors
 * The turbo_sb developers 2026
"""

import torch

from turbo_sb.encoders.families import AUDIO, TEXT


def compile_layers(model, **settings):
    """Compile the layers of a transformer, in place.

    All layers of a model are one piece of code and are compiled once, for
    chunks with padding and without. Compiled whole, a model would be compiled
    anew whenever a batch is cut into chunks otherwise; and the names of its
    parameters, hence its checkpoints, would be others.

    Arguments
    ---------
    model : transformers.PreTrainedModel
        Of one of the families of `turbo_sb.encoders.families`.
    **settings
        Of torch.compile: mode, fullgraph, backend.

    Example
    -------
    >>> from transformers import BertConfig, BertModel
    >>> model = BertModel(BertConfig(num_hidden_layers=2))
    >>> names = list(model.state_dict())
    >>> compile_layers(model, mode="default")
    >>> list(model.state_dict()) == names
    True
    """
    family = {**AUDIO, **TEXT}[model.config.model_type]
    for layer in family.layers_of(model):
        # Sizes as variables: hardly a chunk is as long as another. Hooks, by
        # which hidden states are kept, stay outside of what is compiled.
        layer.forward = torch.compile(layer.forward, dynamic=True, **settings)
