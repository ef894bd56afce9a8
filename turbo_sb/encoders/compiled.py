"""torch.compile where it pays: a transformer's layers.

Authors
 * The turbo_sb developers 2026
"""


def compile_layers(model, **settings):
    """Compile the layers of a transformer, in place.

    All layers of a model are one piece of code and are compiled once, for
    chunks with padding and without. Compiled whole, a model would be compiled
    anew whenever a batch is cut into chunks otherwise; and the names of its
    parameters, hence its checkpoints, would be others.

    Arguments
    ---------
    model : transformers.PreTrainedModel
        With an encoder of layers: wav2vec 2.0, HuBERT, WavLM, BERT, RoBERTa.
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
    encoder = model.encoder
    layers = encoder.layers if hasattr(encoder, "layers") else encoder.layer
    for layer in layers:
        # Sizes as variables: hardly a chunk is as long as another.
        layer.compile(dynamic=True, **settings)
