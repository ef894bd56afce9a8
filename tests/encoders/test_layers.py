"""The weighted sum of hidden states, and where they are taken."""

import pytest
import torch

from tests.encoders.cases import difference, embed, make, utterances
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
        assert [state.item() for state in states] == [0, 1]

    def test_leaves_no_hook_behind(self):
        layer = torch.nn.Identity()
        with pytest.raises(KeyError):
            with hidden_states([layer]) as states:
                raise KeyError
        layer(torch.zeros(1))
        assert not states and not layer._forward_pre_hooks
