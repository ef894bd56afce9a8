"""What all encoders share: the states of all layers, pooled."""

import pytest
import torch

from tests.encoders.cases import (
    AUDIO_CASES,
    CASES,
    TEXTS,
    difference,
    hugging_face,
    make,
    pad,
    utterances,
)

# Hugging Face has no window without silence.
CASES = sorted(set(CASES) - {"whisper, own window", "bert, last"})


def states_of(encoder, items):
    """Pool the states of a batch."""
    padded, _ = pad(items, encoder)
    return encoder.pooled_states(padded, [len(item) for item in items])


class TestPooledStates:
    @pytest.mark.parametrize("case", CASES)
    def test_are_those_of_hugging_face(self, family_folder, case):
        """In training mode too, whatever the other rows are."""
        encoder = make(case, family_folder).train()
        items = utterances(encoder)[:3]
        found = states_of(encoder, items)
        given = items if case in AUDIO_CASES else TEXTS
        for row, item in enumerate(given[:2]):
            folder = encoder.config.name_or_path
            expected = hugging_face(case, folder, item)
            assert difference(found[:, row], expected) <= 1e-5

    def test_leave_each_part_in_its_mode(self, family_folder):
        encoder = make("bert", family_folder).train()
        encoder.model.embeddings.eval()
        before = [part.training for part in encoder.modules()]
        found = states_of(encoder, utterances(encoder))
        assert not found.requires_grad and torch.is_grad_enabled()
        assert [part.training for part in encoder.modules()] == before
        assert len(set(before)) == 2
