"""Attention with small masks, and without waiting for the device.

Authors
 * The turbo_sb developers 2026
"""

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask
from transformers.models.wavlm.modeling_wavlm import WavLMAttention

NAME = "sdpa_with_given_mask"


def use_given_masks(model: torch.nn.Module) -> None:
    """Give padding masks to a model's scaled dot-product attention as they are.

    Hugging Face waits for the device to find out whether a mask has padding,
    and expands each mask over all queries: 0.5 GB a layer for 64 rows of 29 s.
    """
    if model.config._attn_implementation == "sdpa":
        AttentionInterface.register(NAME, sdpa_attention_forward)
        AttentionMaskInterface.register(NAME, _mask)
        model.set_attn_implementation(NAME)


def _mask(
    *args, attention_mask=None, allow_is_bidirectional_skip=False, **kwargs
):
    """A mask of shape (rows, 1, 1, steps), or None."""
    if not allow_is_bidirectional_skip:  # it is more than padding
        return sdpa_mask(*args, attention_mask=attention_mask, **kwargs)
    if attention_mask is None:
        return None
    return attention_mask.bool()[:, None, None, :]


class KernelAttention(WavLMAttention):
    """WavLM's attention by torch's kernel, which stores no attention weights.

    It keeps the scores in float32, also in bfloat16.
    """

    def torch_multi_head_self_attention(
        self, hidden_states, attention_mask, gated_position_bias, *_
    ) -> tuple:
        """Attend with a bias by relative position; return no weights."""
        shape = *hidden_states.shape[:2], self.num_heads, -1
        query, key, value = (
            projection(hidden_states).view(shape).transpose(1, 2)
            for projection in (self.q_proj, self.k_proj, self.v_proj)
        )
        bias = gated_position_bias.unflatten(0, (-1, self.num_heads))
        if attention_mask is not None:
            away = ~attention_mask.bool()[:, None, None, :]
            bias = bias.masked_fill(away, -torch.inf)
        attended = F.scaled_dot_product_attention(
            query,
            key,
            value,
            attn_mask=bias.to(query.dtype),
            dropout_p=self.dropout if self.training else 0.0,
        )
        return self.out_proj(attended.transpose(1, 2).flatten(2)), None


def use_kernel(layers: Iterable[torch.nn.Module]) -> None:
    """Let WavLM's layers attend by torch's kernel, with the same results."""
    attentions = [
        layer.attention
        for layer in layers
        if type(getattr(layer, "attention", None)) is WavLMAttention
    ]
    for attention in attentions:
        attention.__class__ = KernelAttention
    for attention in attentions[1:]:
        # The first layer that runs makes the bias of all. Its weight stays
        # registered with layer 1 alone.
        vars(attention)["rel_attn_embed"] = attentions[0].rel_attn_embed
