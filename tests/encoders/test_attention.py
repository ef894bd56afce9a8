"""Masks of attention: small, and none where there is no padding."""

import pytest
import torch
from transformers import BertConfig, BertModel

from turbo_sb.encoders.attention import use_given_masks

STEPS = 29  # a size that nothing else has


def bert(**settings):
    torch.manual_seed(0)
    config = BertConfig(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        attention_probs_dropout_prob=0.0,
        hidden_dropout_prob=0.0,
        attn_implementation="sdpa",
        **settings,
    )
    return BertModel(config, add_pooling_layer=False)


def run(model, mask):
    """Its output, and the shapes of what it keeps for the backward pass."""
    tokens = torch.arange(3 * STEPS).reshape(3, STEPS)
    shapes = set()

    def keep(tensor):
        shapes.add(tuple(tensor.shape))
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda x: x):
        found = model(tokens, attention_mask=mask).last_hidden_state
    return found, shapes


@pytest.mark.parametrize("lengths", [[29, 29, 29], [29, 7, 1], None])
def test_no_mask_is_kept_for_every_query(lengths):
    """The numbers are Hugging Face's, which keeps one a layer."""
    mask = None
    if lengths:
        mask = torch.arange(STEPS) < torch.tensor(lengths)[:, None]
    plain, given = bert().train(), bert().train()
    use_given_masks(given)
    expected, kept = run(plain, mask)
    found, kept_here = run(given, mask)
    own = slice(None) if mask is None else mask
    torch.testing.assert_close(found[own], expected[own])
    assert not any(shape[-2:] == (STEPS, STEPS) for shape in kept_here)
    padded = lengths == [29, 7, 1]
    assert padded == any(shape[-2:] == (STEPS, STEPS) for shape in kept)


def test_a_mask_that_is_more_than_padding_is_written_out():
    """A decoder's: each query sees other keys."""
    plain, given = bert(is_decoder=True), bert(is_decoder=True)
    use_given_masks(given)
    mask = torch.arange(STEPS) < torch.tensor([29, 7, 1])[:, None]
    expected, found = (run(m.eval(), mask)[0] for m in (plain, given))
    torch.testing.assert_close(found[mask], expected[mask])
