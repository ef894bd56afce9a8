"""The weighted sum of hidden states, and where they are taken."""

import pytest
import torch

from tests.encoders.cases import CASES, difference, embed, make, utterances
from turbo_sb.encoders.layers import LayerSum, hidden_states
from turbo_sb.utils.errors import InputError


class TestLayerSum:
    def test_begins_as_the_mean(self):
        states = [torch.randn(2, 3) for _ in range(4)]
        found = LayerSum(4)(states)
        torch.testing.assert_close(found, torch.stack(states).mean(dim=0))

    def test_by_hand(self):
        """Weights of 1 to 3, after the softmax."""
        layer_sum = LayerSum(2)
        layer_sum.weights.data = torch.tensor([0.0, 3.0]).clamp(min=1).log()
        found = layer_sum([torch.zeros(1, 2), torch.full((1, 2), 4.0)])
        torch.testing.assert_close(found, torch.full((1, 2), 3.0))

    def test_another_number_of_states_is_an_error(self):
        with pytest.raises(InputError, match="2 hidden states came, and 3"):
            LayerSum(3)([torch.zeros(1, 1)] * 2)

    @pytest.mark.parametrize("case", ["hubert-large", "whisper", "deberta-v2"])
    def test_all_weight_on_the_last_is_the_encoder_without(
        self, family_folder, case
    ):
        plain = make(case, family_folder).eval()
        encoder = make(case, family_folder, layer_sum=True).eval()
        encoder.layer_sum.weights.data[-1] = 100.0
        found, expected = (embed(x, utterances(x)) for x in (encoder, plain))
        assert difference(found, expected) <= 1e-6

    def test_off_there_is_no_parameter(self, family_folder):
        encoder = make("bert", family_folder)
        names = [name for name, _ in encoder.named_parameters()]
        assert not [name for name in names if "layer_sum" in name]


class TestHiddenStates:
    def test_of_layers_that_give_tuples(self):
        class Pair(torch.nn.Module):
            def forward(self, x):
                return x + 1, None

        layers = [Pair(), Pair()]
        with hidden_states(layers) as states:
            x = torch.zeros(1)
            for layer in layers:
                x = layer(x)[0]
        assert [state.item() for state in states] == [0, 1, 2]

    def test_leaves_no_hook_behind(self):
        layer = torch.nn.Identity()
        with pytest.raises(KeyError):
            with hidden_states([layer]) as states:
                raise KeyError
        layer(torch.zeros(1))
        assert not states and not layer._forward_hooks


class TestFrozenLayers:
    # What is still trained where every layer is frozen. DeBERTa's relative
    # positions are of all layers.
    BEHIND = {
        **dict.fromkeys(
            ["wav2vec2-large", "hubert-large", "wavlm-large"],
            ["encoder.layer_norm"],
        ),
        "whisper": ["layer_norm"],
        "gpt2": ["ln_f"],
        "deberta-v3": ["encoder.rel_embeddings", "encoder.LayerNorm"],
        "deberta-v2": ["encoder.rel_embeddings"],
    }

    @pytest.mark.parametrize("case", sorted(set(CASES) - {"albert"}))
    def test_the_rest_is_trained(self, family_folder, case):
        encoder = make(case, family_folder, frozen_layers=1).train()
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

    @pytest.mark.parametrize("number", [3, -1, 0.5, True])
    def test_of_a_number_that_there_is_not(self, family_folder, number):
        with pytest.raises(InputError, match="from 0 to 2, the layers of BERT"):
            make("bert", family_folder, frozen_layers=number)

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
