"""Attention whose mask is small, and does not make the host wait.

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
    there is padding (`turbo_sb.encoders.lengths.padding_mask`). It also writes
    one out for each query, of which torch keeps a copy a layer for the
    backward pass: 0.5 GB a layer for 64 rows of 29 s.

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


def _mask(
    *args, attention_mask=None, allow_is_bidirectional_skip=False, **kwargs
):
    """(rows, 1, 1, steps), or None: the same keys for all queries."""
    if not allow_is_bidirectional_skip:  # it is more than padding
        return sdpa_mask(*args, attention_mask=attention_mask, **kwargs)
    if attention_mask is None:
        return None
    return attention_mask.bool()[:, None, None, :]
