"""Where encoders come from, and what their dropout is."""

import json
import logging

import pytest
import torch
from transformers import BertConfig, DistilBertConfig, Wav2Vec2Config

from turbo_sb.encoders.policy import (
    EXTRACTOR,
    TOKENIZER,
    check_preparation,
    check_source,
    effective_dropout,
    loading,
    log_dropout,
    set_dropout,
)
from turbo_sb.utils.errors import InputError


class TestCheckSource:
    @pytest.mark.parametrize(
        "source", ["/no/such", "./none", "~/none", "a/b/c"]
    )
    def test_what_looks_like_a_folder_must_be_one(self, source):
        with pytest.raises(InputError, match=f"my_key: .*{source}"):
            check_source(source, "my_key")

    def test_a_hub_name_passes(self):
        check_source("facebook/wav2vec2-base", "my_key")

    def test_a_folder_with_a_model_passes(self, audio_folder):
        check_source(audio_folder, "my_key")

    @pytest.mark.parametrize(
        ("names", "found"),
        [
            ([], "found nothing"),
            (["config.json"], r"found \['config.json'\]"),
            (["model.safetensors"], r"found \['model.safetensors'\]"),
        ],
    )
    def test_a_folder_without_one_is_an_error(self, tmp_path, names, found):
        for name in names:
            (tmp_path / name).touch()
        with pytest.raises(InputError, match=f"holds no Hugging.*{found}"):
            check_source(str(tmp_path), "my_key")

    def test_without_pretraining_weights_are_not_needed(self, tmp_path):
        (tmp_path / "config.json").touch()
        check_source(str(tmp_path), "my_key", pretrained=False)
        with pytest.raises(InputError, match="config.json and weights"):
            check_source(str(tmp_path), "my_key")

    @pytest.mark.parametrize("source", ["a/name", "/no/such"])
    def test_without_pretraining_only_a_folder_will_do(self, source):
        with pytest.raises(InputError, match=f"my_key: {source} is no folder"):
            check_source(source, "my_key", pretrained=False)


class TestCheckPreparation:
    def test_a_hub_name_passes(self):
        check_preparation("facebook/wav2vec2-base", "my_key", EXTRACTOR)

    @pytest.mark.parametrize("name", TOKENIZER)
    def test_either_file_will_do(self, tmp_path, name):
        with pytest.raises(InputError, match="my_key: .* or vocab.txt or"):
            check_preparation(str(tmp_path), "my_key", TOKENIZER)
        (tmp_path / name).touch()
        check_preparation(str(tmp_path), "my_key", TOKENIZER)


class TestLoading:
    def test_the_hub_unreachable(self):
        with pytest.raises(InputError) as raised:
            with loading("some/model", "my_key"):
                raise OSError("We couldn't connect\nto the hub")
        message = str(raised.value)
        assert "(We couldn't connect)" in message
        assert "--my_key=FOLDER" in message

    def test_a_folder_that_is_damaged(self, tmp_path):
        (tmp_path / "config.json").write_text(json.dumps({}))
        (tmp_path / "model.safetensors").touch()
        with pytest.raises(InputError, match="cannot be loaded: no header"):
            with loading(str(tmp_path), "my_key"):
                raise RuntimeError("no header")

    def test_an_error_without_words_gives_its_name(self):
        with pytest.raises(InputError, match=r"\(KeyError\)"):
            with loading("some/model", "my_key"):
                raise KeyError

    def test_an_input_error_passes_as_it_is(self):
        with pytest.raises(InputError, match="^dropout: 2$"):
            with loading("some/model", "my_key"):
                raise InputError("dropout: 2")


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

    def test_log_warns_when_all_dropout_is_0(self, caplog):
        with caplog.at_level(logging.WARNING):
            log_dropout("audio encoder", torch.nn.Dropout(0.2))
            assert not caplog.records
            log_dropout("audio encoder", torch.nn.Dropout(0.0))
        assert "Two views of an utterance would be identical" in caplog.text

    def test_log_names_what_is_in_force(self, caplog):
        with caplog.at_level(logging.INFO):
            log_dropout(
                "audio", torch.nn.ModuleDict({"out": torch.nn.Dropout(0.2)})
            )
        assert "audio: dropout in force: out 0.2" in caplog.text
