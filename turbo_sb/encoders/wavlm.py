"""WavLM's attention by the kernel that the other encoders have.

Authors
 * The turbo_sb developers 2026
"""

import torch
import torch.nn.functional as F
from transformers.models.wavlm.modeling_wavlm import WavLMAttention


class KernelAttention(WavLMAttention):
    """Hugging Face's, without writing out the weights that nobody reads.

    In bfloat16 it also rounds less: the kernel keeps the scores in float32,
    where they are otherwise rounded, and what an utterance's neighbours
    change of that is magnified.
    """

    def torch_multi_head_self_attention(
        self, hidden_states, attention_mask, gated_position_bias, *_
    ):
        """Attend, with a bias by relative position.

        Arguments
        ---------
        hidden_states : (batch, steps, dim) torch.Tensor
            Queries, keys and values.
        attention_mask : (batch, steps) torch.BoolTensor, optional
            True on own steps.
        gated_position_bias : (batch * heads, steps, steps) torch.Tensor
            Added to the scores.
        *_
            Older transformers also ask for the weights.

        Returns
        -------
        outputs : (batch, steps, dim) torch.Tensor
        weights : None
        """
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


def use_kernel(layers):
    """Let WavLM's layers attend by torch's kernel; the numbers are the same.

    Arguments
    ---------
    layers : sequence of torch.nn.Module
        Changed in place, where their attention is WavLM's.

    Example
    -------
    >>> layer = torch.nn.Module()
    >>> layer.attention = WavLMAttention(8, 2)
    >>> use_kernel([layer])
    >>> type(layer.attention).__name__
    'KernelAttention'
    """
    for layer in layers:
        if type(getattr(layer, "attention", None)) is WavLMAttention:
            layer.attention.__class__ = KernelAttention
