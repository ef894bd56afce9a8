"""Which dropout an encoder's layers have."""

import logging

import pytest
import torch
from transformers import BertConfig, DistilBertConfig, Wav2Vec2Config

from turbo_sb.encoders.dropout import (
    effective_dropout,
    log_dropout,
    set_dropout,
)
from turbo_sb.utils.errors import InputError


class TestSetDropout:
    def test_sets_and_none_keeps(self):
        config = set_dropout(
            Wav2Vec2Config(hidden_dropout=0.3, activation_dropout=0.4),
            {"hidden_dropout": 0.2, "activation_dropout": None},
        )
        assert (config.hidden_dropout, config.activation_dropout) == (0.2, 0.4)

    @pytest.mark.parametrize("probability", [-0.1, 1, 2])
    def test_probability_error(self, probability):
        with pytest.raises(InputError, match=f"dropout: {probability} is not"):
            set_dropout(BertConfig(), {"hidden_dropout_prob": probability})

    def test_a_config_without_the_attribute_is_an_error(self):
        """Setting it would change no layer."""
        with pytest.raises(InputError, match="DistilBertConfig has no"):
            set_dropout(DistilBertConfig(), {"hidden_dropout_prob": 0.2})


class TestEffectiveDropout:
    def test_reads_layers_and_attention_and_joins_numbers(self):
        attention = torch.nn.Identity()
        attention.dropout = 0.3
        layer = {"out": torch.nn.Dropout(0.2), "attention": attention}
        layers = [torch.nn.ModuleDict(layer) for _ in range(2)]
        module = torch.nn.ModuleDict({"layers": torch.nn.ModuleList(layers)})
        assert effective_dropout(module) == {
            "layers.out": 0.2,
            "layers.attention": 0.3,
        }

    def test_reads_dropout_that_is_a_number(self):
        """Whisper's; also where it is 0, a whole number."""
        layer = torch.nn.Identity()
        layer.dropout, layer.activation_dropout, layer.size = 0, 0.1, 3
        found = effective_dropout(torch.nn.ModuleList([layer]))
        assert found == {"": 0, "activation_dropout": 0.1}

    def test_log_names_what_is_in_force(self, caplog):
        with caplog.at_level(logging.INFO):
            log_dropout(
                "audio", torch.nn.ModuleDict({"out": torch.nn.Dropout(0.2)})
            )
        assert "audio: dropout in force: out 0.2" in caplog.text
