"""What the families of encoders call the same things.

Authors
 * The turbo_sb developers 2026
"""

from dataclasses import dataclass, field
from operator import attrgetter

from turbo_sb.utils.errors import InputError


@dataclass(frozen=True)
class Family:
    """One architecture, as Hugging Face's configs and models name its parts.

    Arguments
    ---------
    name : str
        For messages.
    dropout : tuple of str
        Keys of the config for feed-forward layers and residual branches.
    attention_dropout : str
        Key of the config.
    layers : str
        Where a model has its transformer layers.
    inputs : tuple of str
        What a model has before them.
    feature_dropout : str, optional
        Key of the config.
    layerdrop : str, optional
        Key of the config.
    pooling : str
        Which token stands for a text.
    offset_positions : bool
        Whether the ids up to that of the padding are no positions, as with
        fairseq.
    refused : dict
        Key of the config to why a model with it cannot be used.

    Example
    -------
    >>> TEXT["gpt2"].pooling, TEXT["bert"].pooling
    ('last', 'cls')
    """

    name: str
    dropout: tuple
    attention_dropout: str
    layers: str
    inputs: tuple
    feature_dropout: str | None = None
    layerdrop: str | None = None
    pooling: str = "cls"
    offset_positions: bool = False
    refused: dict = field(default_factory=dict)

    def dropout_settings(self, dropout, attention, feature=None, layer=None):
        """Say which keys of the config dropout goes to.

        Arguments
        ---------
        dropout : float, optional
            None keeps the checkpoint's, here as below.
        attention : float, optional
            Of the attention weights.
        feature : float, optional
            Behind the CNN.
        layer : float, optional
            Probability to skip a layer.

        Returns
        -------
        settings : dict
            Config attribute to probability.

        Example
        -------
        >>> TEXT["gpt2"].dropout_settings(0.2, None)
        {'resid_pdrop': 0.2, 'embd_pdrop': 0.2, 'attn_pdrop': None}
        """
        settings = dict.fromkeys(self.dropout, dropout)
        settings[self.attention_dropout] = attention
        if self.feature_dropout:
            settings[self.feature_dropout] = feature
        if self.layerdrop:
            settings[self.layerdrop] = layer
        return settings

    @property
    def causal(self):
        """Whether a token sees only those before it."""
        return self.pooling == "last"

    def layers_of(self, model):
        """The transformer layers of a model.

        Arguments
        ---------
        model : transformers.PreTrainedModel
            Of this family.

        Returns
        -------
        layers : torch.nn.ModuleList
        """
        return attrgetter(self.layers)(model)


ADAPTER = "has an adapter behind its layers, which would be left out"
POSITION_NORM = (
    "normalises over the batch before its layers (conv_pos_batch_norm), so "
    "that an embedding would depend on the other utterances"
)


def _speech(name):
    return Family(
        name,
        dropout=("hidden_dropout", "activation_dropout"),
        attention_dropout="attention_dropout",
        feature_dropout="feat_proj_dropout",
        layerdrop="layerdrop",
        layers="encoder.layers",
        inputs=(
            *("feature_extractor", "feature_projection"),
            "encoder.pos_conv_embed",
        ),
        refused={"add_adapter": ADAPTER, "conv_pos_batch_norm": POSITION_NORM},
    )


def _bert(name, layers="encoder.layer", **settings):
    return Family(
        name,
        dropout=("hidden_dropout_prob",),
        attention_dropout="attention_probs_dropout_prob",
        layers=layers,
        # The second is ELECTRA's; the third, DeBERTa-v2's, goes around its
        # first layer.
        inputs=("embeddings", "embeddings_project", "encoder.conv"),
        **settings,
    )


WHISPER = Family(
    "Whisper",
    dropout=("dropout", "activation_dropout"),
    attention_dropout="attention_dropout",
    layerdrop="encoder_layerdrop",
    layers="layers",
    inputs=("conv1", "conv2", "embed_positions"),
)
# By the model_type of a config.
SPEECH = {
    "wav2vec2": _speech("wav2vec 2.0"),
    "hubert": _speech("HuBERT"),
    "wavlm": _speech("WavLM"),
}
AUDIO = {**SPEECH, "whisper": WHISPER}
TEXT = {
    "bert": _bert("BERT"),
    "roberta": _bert("RoBERTa", offset_positions=True),
    "xlm-roberta": _bert("XLM-RoBERTa", offset_positions=True),
    "electra": _bert("ELECTRA"),
    "albert": _bert(
        "ALBERT", layers="encoder.albert_layer_groups.0.albert_layers"
    ),
    "deberta-v2": _bert("DeBERTa-v2 or v3"),
    "gpt2": Family(
        "GPT-2",
        dropout=("resid_pdrop", "embd_pdrop"),
        attention_dropout="attn_pdrop",
        layers="h",
        inputs=("wte", "wpe"),
        pooling="last",
    ),
}


def find_family(config, families, key):
    """Look up a config's family, and refuse what would run wrongly.

    Arguments
    ---------
    config : transformers.PretrainedConfig
        As loaded.
    families : dict
        The families that can be used.
    key : str
        The YAML key that gave the encoder, for the message.

    Returns
    -------
    family : Family

    Raises
    ------
    InputError
        If it is none of `families`, or a variant that is refused.

    Example
    -------
    >>> from transformers import BertConfig
    >>> find_family(BertConfig(), TEXT, "text_encoder_source").name
    'BERT'
    """
    family = families.get(config.model_type)
    if family is None:
        *names, last = (known.name for known in families.values())
        raise InputError(
            f"{key}: {config.name_or_path} is a {config.model_type}; expected "
            f"{', '.join(names)} or {last}."
        )
    for name, reason in family.refused.items():
        if getattr(config, name, False):
            raise InputError(
                f"{key}: {config.name_or_path} {reason} ({name}: True). Use "
                "another checkpoint."
            )
    return family
