"""Attention whose mask does not make the host wait for the device.

Authors
 * The turbo_sb developers 2026
"""

from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

NAME = "sdpa_with_given_mask"


def use_given_masks(model):
    """Let a model's scaled dot-product attention take masks unseen.

    Hugging Face looks into each mask for padding, to leave out one that has
    none, and waits for the device to know. Here, a mask is only given where
    there is padding (`turbo_sb.encoders.lengths.padding_mask`).

    Arguments
    ---------
    model : transformers.PreTrainedModel
        Changed in place, if it has this kind of attention.

    Example
    -------
    >>> from transformers import BertConfig, BertModel
    >>> config = BertConfig(num_hidden_layers=1, attn_implementation="sdpa")
    >>> model = BertModel(config)
    >>> use_given_masks(model)
    >>> model.config._attn_implementation
    'sdpa_with_given_mask'
    """
    if model.config._attn_implementation == "sdpa":
        AttentionInterface.register(NAME, sdpa_attention_forward)
        AttentionMaskInterface.register(NAME, _mask)
        model.set_attn_implementation(NAME)


def _mask(*args, **kwargs):
    """Hugging Face's own, but for the look into it."""
    return sdpa_mask(*args, **{**kwargs, "allow_is_bidirectional_skip": False})
