"""Tokenisers that fit their model, and that do not."""

import json
import shutil

import pytest
import torch
from transformers import AutoTokenizer

from turbo_sb.encoders import make_text_encoder
from turbo_sb.utils.errors import InputError


@pytest.fixture
def changed(family_folder, tmp_path):
    """A copy of a family's folder with another tokeniser or config."""

    def write(name, change=None, **config):
        folder = tmp_path / name
        shutil.copytree(family_folder(name), folder)
        if change:
            tokenizer = AutoTokenizer.from_pretrained(folder)
            change(tokenizer)
            tokenizer.save_pretrained(folder)
        path = folder / "config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **config}))
        return str(folder)

    return write


class TestIds:
    @pytest.mark.parametrize(
        ("name", "token"),
        [("bert", "some"), ("roberta", "neu"), ("gpt2", "neu")],
    )
    def test_words_beyond_the_embedding(self, changed, name, token):
        folder = changed(name, lambda t: t.add_tokens([token, "words"]))
        with pytest.raises(
            InputError,
            match=rf"^text_encoder_source: .* rows: none for '{token}'",
        ):
            make_text_encoder(folder)

    def test_a_pad_token_that_was_added_is_not_needed(self, changed):
        """A common way to batch GPT-2, which has none."""
        folder = changed(
            "gpt2", lambda t: t.add_special_tokens({"pad_token": "[PAD]"})
        )
        encoder = make_text_encoder(folder).eval()
        rows = encoder.model.get_input_embeddings().num_embeddings
        assert encoder.tokenizer.pad_token_id == rows > encoder.pad_id

    def test_a_special_token_comes_only_where_it_is_spelt_out(self, changed):
        special = {"additional_special_tokens": ["<laughs>"]}
        folder = changed("bert", lambda t: t.add_special_tokens(special))
        encoder = make_text_encoder(folder).eval()
        tokens = encoder.tokenize("hello world")
        assert encoder(tokens[None], torch.ones(1)).isfinite().all()
        with pytest.raises(InputError, match="special token '<laughs>'"):
            encoder.tokenize("hello <laughs>")

    def test_a_vocabulary_without_an_unknown_token(self, changed, tmp_path):
        folder = changed("bert")
        shutil.os.remove(f"{folder}/tokenizer_config.json")
        with open(f"{folder}/vocab.txt", "w", encoding="utf-8") as file:
            file.write("[PAD]\n[CLS]\n[SEP]\nhello\n")
        with pytest.raises(InputError, match="UNK"):
            make_text_encoder(folder)


class TestLimit:
    @pytest.mark.parametrize("limit", [1, 2])
    def test_a_tokeniser_without_room_for_a_word(self, changed, limit):
        folder = changed(
            "bert", lambda t: setattr(t, "model_max_length", limit)
        )
        with pytest.raises(
            InputError, match=f"model_max_length .* {limit} tokens .* least 3"
        ):
            make_text_encoder(folder)

    def test_room_for_one(self, changed):
        folder = changed("bert", lambda t: setattr(t, "model_max_length", 3))
        encoder = make_text_encoder(folder)
        assert len(encoder.tokenize("hello world")) == encoder.max_tokens == 3

    def test_the_limit_is_logged(self, family_folder, caplog):
        with caplog.at_level("INFO"):
            make_text_encoder(family_folder("roberta")).log_settings()
        assert "texts cut at 40 tokens" in caplog.text

    def test_positions_that_cannot_be_counted(self, changed):
        folder = changed("roberta", pad_token_id=None)
        with pytest.raises(InputError, match="has no pad_token_id"):
            make_text_encoder(folder)
