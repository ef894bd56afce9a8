"""The text encoder: independent of the batch, truncating, and with views."""

import pytest
import torch
from transformers import AutoTokenizer, BertModel

from turbo_sb.encoders import TextEncoder
from turbo_sb.encoders.dropout import effective_dropout
from turbo_sb.utils.errors import InputError

TEXTS = ["hello world, how are you", "hello", "", "world 42"]


def pad(encoder, texts):
    """(batch, tokens) and relative lengths, as SpeechBrain batches them."""
    tokens = [encoder.tokenize(text) for text in texts]
    padded = torch.nn.utils.rnn.pad_sequence(
        tokens, batch_first=True, padding_value=encoder.pad_id
    )
    return padded, torch.tensor([len(t) for t in tokens]) / padded.shape[1]


class TestEmbedding:
    @pytest.mark.parametrize("pooling", ["cls", "mean"])
    def test_alone_as_among_longer_ones(self, make_text, pooling):
        encoder = make_text(pooling=pooling).eval()
        together = encoder(*pad(encoder, TEXTS))[0]
        for found, text in zip(together, TEXTS):
            alone = encoder(*pad(encoder, [text]))[0, 0]
            assert (found - alone).norm() / alone.norm() <= 1e-4

    @pytest.mark.parametrize("pooling", ["cls", "mean"])
    def test_one_text_as_in_hugging_face(self, make_text, text_folder, pooling):
        encoder = make_text(pooling=pooling).eval()
        inputs = AutoTokenizer.from_pretrained(text_folder)(
            TEXTS[0], return_tensors="pt"
        )
        bert = BertModel.from_pretrained(text_folder, add_pooling_layer=False)
        hidden = bert.eval()(**inputs).last_hidden_state[0]
        expected = hidden[0] if pooling == "cls" else hidden.mean(dim=0)
        found = encoder(*pad(encoder, TEXTS[:1]))[0, 0]
        torch.testing.assert_close(found, expected)

    def test_what_stands_in_the_padding_does_not_matter(self, make_text):
        encoder = make_text(pooling="mean").eval()
        tokens, lens = pad(encoder, TEXTS)
        dirty = tokens.masked_fill(tokens == encoder.pad_id, 20)
        found, expected = encoder(dirty, lens), encoder(tokens, lens)
        torch.testing.assert_close(found, expected)

    def test_no_grad_stays_no_grad(self, make_text):
        """SpeechBrain's lobe turns the gradient on again."""
        encoder = make_text()
        with torch.no_grad():
            assert not encoder(*pad(encoder, TEXTS)).requires_grad

    def test_unknown_pooling_is_an_error(self, text_folder):
        with pytest.raises(
            InputError, match="text_encoder.pooling: 'max'.*cls.*mean"
        ):
            TextEncoder(text_folder, pooling="max")


class TestTokenize:
    def test_known_words_and_special_tokens(self, make_text):
        encoder = make_text()
        pieces = encoder.tokenizer.convert_ids_to_tokens(
            encoder.tokenize("Hello no!").tolist()
        )
        assert pieces == ["[CLS]", "hello", "n", "##o", "!", "[SEP]"]

    def test_truncates_at_the_models_limit(self, make_text):
        encoder = make_text()
        assert encoder.max_tokens == 512
        tokens = encoder.tokenize("hello " * 600)
        assert len(tokens) == 512
        assert tokens[-1] == encoder.tokenizer.sep_token_id
        assert encoder(tokens[None], torch.ones(1)).isfinite().all()

    def test_the_limit_is_the_positions_when_the_tokeniser_has_none(
        self, make_text, tmp_path
    ):
        encoder = make_text()
        encoder.tokenizer.model_max_length = int(1e30)
        encoder.tokenizer.save_pretrained(tmp_path)
        encoder.model.save_pretrained(tmp_path)
        assert TextEncoder(str(tmp_path)).max_tokens == 512

    def test_empty_text_has_the_special_tokens(self, make_text):
        assert len(make_text().tokenize("")) == 2


class TestDropout:
    def test_reaches_the_built_layers(self, make_text):
        found = effective_dropout(make_text(dropout=0.23).model)
        assert found["embeddings.dropout"] == 0.23
        assert found["encoder.layer.attention.output.dropout"] == 0.23
        assert found["encoder.layer.output.dropout"] == 0.23

    def test_of_attention(self, make_text):
        found = effective_dropout(make_text(attention_dropout=0.31).model)
        assert found["encoder.layer.attention.self.dropout"] == 0.31

    def test_none_keeps_the_checkpoints(self, make_text):
        found = effective_dropout(make_text(dropout=None).model)
        assert set(found.values()) == {0.1}

    def test_there_is_no_pooler(self, make_text):
        names = [name for name, _ in make_text().named_parameters()]
        assert not [name for name in names if "pooler" in name]

    def test_every_parameter_is_trained(self, make_text):
        assert all(p.requires_grad for p in make_text().parameters())


class TestViews:
    def test_differ_in_training(self, make_text):
        encoder = make_text().train()
        one, two = encoder(*pad(encoder, TEXTS), n_views=2)
        assert all((a - b).norm() / a.norm() > 0.01 for a, b in zip(one, two))

    def test_coincide_in_evaluation(self, make_text):
        encoder = make_text().eval()
        one, two = encoder(*pad(encoder, TEXTS), n_views=2)
        assert torch.equal(one, two)
        torch.testing.assert_close(encoder(*pad(encoder, TEXTS))[0], one)

    def test_are_stacked_view_by_view(self, make_text):
        encoder = make_text().eval()
        found = encoder(*pad(encoder, TEXTS), n_views=3)
        assert found.shape == (3, 4, encoder.dim)
        alone = encoder(*pad(encoder, TEXTS[1:2]))[0, 0]
        for view in found:
            torch.testing.assert_close(view[1], alone)
