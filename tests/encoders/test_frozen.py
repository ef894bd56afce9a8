"""Frozen layers: what is trained, and what the two halves compute."""

import pytest
import torch

from tests.encoders.cases import (
    CASES,
    difference,
    embed,
    make,
    pad,
    utterances,
    without_dropout,
)
from turbo_sb.utils.errors import InputError

every_case = pytest.mark.parametrize("case", sorted(CASES))
either_sum = pytest.mark.parametrize("layer_sum", [False, True])


def gradients(encoder, n_views=2, items=None):
    """Embeddings of a batch and the gradients of what is trained."""
    items = items or utterances(encoder)
    if items[0].is_floating_point():
        items = [item.to(encoder.dtype) for item in items]
    found = embed(encoder, items, n_views)
    generator = torch.Generator().manual_seed(1)
    weights = torch.randn(found.shape, generator=generator)
    if found.requires_grad:
        (found * weights.to(found.dtype)).sum().backward()
    named = encoder.named_parameters()
    return found, {n: p.grad for n, p in named if p.requires_grad}


class TestPrefix:
    """What is frozen runs once; the rest gets the gradients it always had."""

    @every_case
    @either_sum
    @pytest.mark.parametrize("number", [1, 2, "all"])
    def test_as_without(self, family_folder, case, layer_sum, number):
        if case == "albert" and number != "all":
            pytest.skip("its layers share their weights")
        given = {**without_dropout(case), "layer_sum": layer_sum}
        whole = make(case, family_folder, **given).double().train()
        cut = make(case, family_folder, frozen_layers=number, **given)
        cut = cut.double().train()
        if layer_sum:
            for encoder in (whole, cut):
                encoder.layer_sum.weights.data = torch.tensor([1.0, 0, 2])
        expected, all_gradients = gradients(whole)
        found, own = gradients(cut)
        assert difference(found, expected) <= 1e-12
        assert bool(own) == found.requires_grad
        for name, gradient in own.items():
            scale = max(g.abs().max() for g in all_gradients.values())
            error = (gradient - all_gradients[name]).abs().max()
            assert error <= 1e-10 * scale, name

    @every_case
    @pytest.mark.parametrize("number", [1, "all"])
    def test_each_utterance_alone(self, family_folder, case, number):
        """A float32 cache gives the gradients of the uncached run."""
        if case == "albert" and number != "all":
            pytest.skip("its layers share their weights")
        given = {**without_dropout(case), "layer_sum": True}
        encoder = make(case, family_folder, frozen_layers=number, **given)
        expected, all_gradients = gradients(encoder.train())
        rows = [
            encoder.frozen_prefix(item[None], [len(item)])[0][0]
            for item in utterances(encoder)
        ]
        encoder.zero_grad(set_to_none=True)
        found, own = gradients(encoder, items=rows)
        assert difference(found, expected) <= 1e-5
        scale = max(g.norm() for g in all_gradients.values())
        for name, gradient in own.items():
            error = (gradient - all_gradients[name]).norm()
            assert error <= 1e-5 * scale, name

    @every_case
    @pytest.mark.parametrize("number", [1, "all"])
    def test_it_has_no_dropout(self, family_folder, case, number):
        if case == "albert" and number != "all":
            pytest.skip("its layers share their weights")
        given = {"dropout": 0.3, "frozen_layers": number, "layer_sum": True}
        encoder = make(case, family_folder, **given).train()
        padded, relative = pad(utterances(encoder), encoder)
        lengths = [round(x * padded.shape[1]) for x in relative.tolist()]
        before = torch.random.get_rng_state()
        first, steps = encoder.frozen_prefix(padded, lengths)
        assert torch.equal(torch.random.get_rng_state(), before)
        assert torch.equal(first, encoder.frozen_prefix(padded, lengths)[0])
        assert first.dim() == 3 and max(steps) == first.shape[1]
        assert not first.requires_grad
        # It passes through as it is.
        assert encoder.frozen_prefix(first, steps) == (first, steps)

    @pytest.mark.parametrize("case", ["hubert-base", "whisper"])
    def test_layerdrop_leaves_out_none_of_it(self, family_folder, case):
        encoder = make(case, family_folder, frozen_layers=1, layerdrop=0.9)
        ran = [0, 0]
        for number, layer in enumerate(encoder.family.layers_of(encoder.model)):

            def count(*_, number=number):
                ran[number] += 1

            layer.register_forward_hook(count)
        for _ in range(4):
            embed(encoder.train(), utterances(encoder))
        assert ran[0] == 4 and ran[1] < 4

    def test_the_log_says_so(self, family_folder, caplog):
        for number, said in (
            (1, "layers 1 to 1 of 2 frozen"),
            ("all", "all 2"),
        ):
            with caplog.at_level("INFO"):
                make("bert", family_folder, frozen_layers=number).log_settings()
            assert said in caplog.text

    def test_spec_augment_is_refused(self, family_folder):
        given = {"frozen_layers": 1, "apply_spec_augment": True}
        with pytest.raises(
            InputError, match="apply_spec_augment: .* of the two"
        ):
            make("hubert-base", family_folder, **given)


class TestFrozenLayers:
    # What is still trained where every layer is frozen.
    BEHIND = {
        **dict.fromkeys(
            ["wav2vec2-large", "hubert-large", "wavlm-large"],
            ["encoder.layer_norm"],
        ),
        "whisper": ["layer_norm"],
        "gpt2": ["ln_f"],
    }

    @pytest.mark.parametrize("case", sorted(set(CASES) - {"albert"}))
    def test_the_rest_is_trained(self, family_folder, case):
        encoder = make(case, family_folder, frozen_layers=1, dropout=0.2)
        encoder.train()
        one, two = embed(encoder, utterances(encoder), n_views=2)
        assert all(difference(*rows) > 0.01 for rows in zip(one, two))
        (one * torch.randn(one.shape)).sum().backward()
        layers = encoder.family.layers_of(encoder.model)
        assert not any(p.requires_grad for p in layers[0].parameters())
        assert all(p.requires_grad for p in layers[1].parameters())
        for name, parameter in encoder.named_parameters():
            assert (parameter.grad is not None) == parameter.requires_grad, name

    @pytest.mark.parametrize("case", sorted(set(CASES) - {"albert"}))
    def test_all_of_them(self, family_folder, case):
        """Then no backward pass runs through them."""
        encoder = make(case, family_folder, frozen_layers=2)
        named = encoder.model.named_parameters()
        trained = {n.rpartition(".")[0] for n, p in named if p.requires_grad}
        assert trained == set(self.BEHIND.get(CASES[case][0], []))

    @pytest.mark.parametrize("number", [3, -3, 0.5, True])
    def test_of_a_number_that_there_is_not(self, family_folder, number):
        with pytest.raises(InputError, match="from 0 to 2, the layers of BERT"):
            make("bert", family_folder, frozen_layers=number)

    @pytest.mark.parametrize("case", ["bert", "whisper", "wav2vec2-base"])
    def test_counted_from_the_end(self, family_folder, case):
        one = make(case, family_folder, frozen_layers=1)
        other = make(case, family_folder, frozen_layers=-1)
        assert (other.n_frozen, one.n_frozen) == (1, 1)
        trained = [
            [n for n, p in encoder.named_parameters() if p.requires_grad]
            for encoder in (one, other)
        ]
        assert trained[0] == trained[1]

    def test_of_shared_layers(self, family_folder):
        with pytest.raises(InputError, match="of ALBERT share"):
            make("albert", family_folder, frozen_layers=1)

    @pytest.mark.parametrize("case", ["hubert-base", "whisper"])
    def test_with_convolutions_that_are_to_be_trained(
        self, family_folder, case
    ):
        settings = {"frozen_layers": 1, "freeze_cnn": False}
        with pytest.raises(InputError, match="Use one of the two"):
            make(case, family_folder, **settings)
