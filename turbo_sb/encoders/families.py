"""Names that each family of encoders has for the same things.

Authors
 * The turbo_sb developers 2026
"""

from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING

from turbo_sb.utils.errors import InputError

if TYPE_CHECKING:  # they take seconds to import
    import torch
    from transformers import PretrainedConfig


@dataclass(frozen=True)
class Family:
    """One architecture: keys of its config and parts of its model."""

    name: str
    dropout: tuple
    attention_dropout: str
    layers: str
    # What runs before the layers, to how it is bypassed where hidden states
    # are given: "same" passes them on, "zero" adds nothing, "none" is left
    # out, "kept" is used by the layers too.
    inputs: dict
    norm: str | None = None  # behind the layers
    feature_dropout: str | None = None
    layerdrop: str | None = None
    pooling: str = "cls"
    offset_positions: bool = False
    refused: dict = field(default_factory=dict)

    def dropout_settings(
        self,
        dropout: float | None,
        attention: float | None,
        feature: float | None = None,
        layer: float | None = None,
    ) -> dict[str, float | None]:
        """Keys of the config to probabilities; None keeps the checkpoint's."""
        settings = dict.fromkeys(self.dropout, dropout)
        settings[self.attention_dropout] = attention
        if self.feature_dropout:
            settings[self.feature_dropout] = feature
        if self.layerdrop:
            settings[self.layerdrop] = layer
        return settings

    @property
    def causal(self) -> bool:
        """Whether a token sees only those before it."""
        return self.pooling == "last"

    def inputs_of(self, model: "torch.nn.Module") -> dict[str, str]:
        """`inputs` that this model has; a norm may be one of them."""
        found = dict(self.inputs)
        if self.norm and not self.norm_is_last(model):
            found[self.norm] = "same"
        names = {name for name, _ in model.named_modules()}
        return {name: way for name, way in found.items() if name in names}

    def norm_is_last(self, model: "torch.nn.Module") -> bool:
        """A speech encoder's one norm is either before or behind its layers."""
        return getattr(model.config, "do_stable_layer_norm", True)

    def layers_of(self, model: "torch.nn.Module") -> "torch.nn.ModuleList":
        """The transformer layers of a model of this family."""
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
        inputs={
            "feature_extractor": "none",
            "feature_projection": "same",
            "encoder.pos_conv_embed": "zero",
            "encoder.dropout": "same",
        },
        norm="encoder.layer_norm",
        refused={"add_adapter": ADAPTER, "conv_pos_batch_norm": POSITION_NORM},
    )


def _bert(name, layers="encoder.layer", **settings):
    return Family(
        name,
        dropout=("hidden_dropout_prob",),
        attention_dropout="attention_probs_dropout_prob",
        layers=layers,
        inputs={
            "embeddings": "same",
            "embeddings_project": "same",  # ELECTRA's
            # DeBERTa-v2's. Its relative positions are of all layers.
            "encoder.conv": "none",
            "encoder.rel_embeddings": "kept",
            "encoder.LayerNorm": "kept",
        },
        **settings,
    )


WHISPER = Family(
    "Whisper",
    dropout=("dropout", "activation_dropout"),
    attention_dropout="attention_dropout",
    layerdrop="encoder_layerdrop",
    layers="layers",
    # Its windows are run by turbo_sb.encoders.whisper.
    inputs=dict.fromkeys(("conv1", "conv2", "embed_positions"), "kept"),
    norm="layer_norm",
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
        inputs={"wte": "none", "wpe": "zero", "drop": "same"},
        norm="ln_f",
        pooling="last",
    ),
}


def find_family(
    config: "PretrainedConfig", families: dict[str, Family], key: str
) -> Family:
    """Look up a config's family; reject what would run wrongly."""
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
