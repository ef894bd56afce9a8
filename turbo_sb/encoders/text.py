"""BERT, similar encoders and GPT-2 as utterance encoders.

Authors
 * The turbo_sb developers 2026
"""

from inspect import signature

import torch
from speechbrain.integrations.huggingface.textencoder import (
    TextEncoder as TextEncoderLobe,
)
from transformers import MODEL_MAPPING, PretrainedConfig

from turbo_sb.encoders.attention import use_given_masks
from turbo_sb.encoders.base import UtteranceEncoder
from turbo_sb.encoders.families import TEXT
from turbo_sb.encoders.layers import hidden_states
from turbo_sb.encoders.loading import TOKENIZER, loading
from turbo_sb.encoders.pooling import last_step, masked_mean
from turbo_sb.encoders.token_ids import check_ids, limit_of
from turbo_sb.utils.errors import InputError

KEY = "text_encoder_source"
POOLINGS = ("auto", "cls", "last", "mean")


class TextEncoder(UtteranceEncoder, TextEncoderLobe):
    """SpeechBrain's TextEncoder lobe on token ids, pooled, with views.

    `tokenize` runs once, in the data pipeline, and truncates at the model's
    limit; the lobe tokenises in its forward pass, without a limit.

    Arguments
    ---------
    source : str
        Hub name, e.g. "google-bert/bert-base-uncased", or a local folder in
        Hugging Face's format: BERT, RoBERTa, XLM-RoBERTa, DeBERTa-v2 or v3,
        ALBERT, ELECTRA, GPT-2.
    dropout : float, optional
        Of the embeddings and of every layer. None keeps the checkpoint's.
    attention_dropout : float, optional
        Of the attention weights. None keeps the checkpoint's.
    pooling : str
        What is taken of the last hidden state: "cls", that of the first
        token; "last", of the last one; "mean", over all; "auto": "cls", or
        "last" of GPT-2, whose first token does not see the others.
    layer_sum : bool
        As in `AudioEncoder`.
    frozen_layers : int or "all"
        As in `AudioEncoder`.
    pretrained : bool
        As in `AudioEncoder`.

    Example
    -------
    >>> from turbo_sb.demo.encoders import build_encoders
    >>> audio, text = build_encoders(getfixture("tmp_path"))
    >>> encoder = TextEncoder(text)
    >>> tokens = encoder.tokenize("hello").unsqueeze(0)
    >>> encoder(tokens, torch.ones(1), n_views=2).shape
    torch.Size([2, 1, 64])
    """

    key, families, needs = KEY, TEXT, TOKENIZER
    unused = ("pooler.",)

    def __init__(
        self,
        source: str,
        dropout: float | None = 0.2,
        attention_dropout: float | None = None,
        pooling: str = "auto",
        layer_sum: bool = False,
        frozen_layers: int | str = 0,
        pretrained: bool = True,
    ):
        if pooling not in POOLINGS:
            raise InputError(
                f"text_encoder.pooling: {pooling!r} is not one of {POOLINGS}."
            )
        # Read while the lobe builds the model.
        self.pretrained, self.pooling = pretrained, pooling
        self.rates = dropout, attention_dropout
        with loading(source, KEY, pretrained) as cache:
            super().__init__(source, cache, freeze=False)
            self._settle_tokens(source)
        use_given_masks(self.model)
        self.preparation = self.tokenizer
        self._settle(layer_sum, frozen_layers)

    def _settle_tokens(self, source):
        """Find the limit of tokens, and ids for padding and for an empty text."""
        tokenizer, where = self.tokenizer, f"{KEY}: {source}"
        self.max_tokens = limit_of(
            tokenizer, self.model.config, self.family, where
        )
        self.rows = self.model.get_input_embeddings().num_embeddings
        known = tokenizer.pad_token_id, tokenizer.eos_token_id, 0
        # Masked or never seen, any token will do for padding: a pad token that
        # was added without a row of the embedding need not be used.
        self.pad_id = next(i for i in known if i is not None and i < self.rows)
        empty = tokenizer.bos_token_id, tokenizer.eos_token_id
        self.empty_id = next((i for i in empty if i is not None), None)
        if self.empty_id is None and not tokenizer("")["input_ids"]:
            raise InputError(
                f"{KEY}: the tokenizer of {source} makes no token of an empty "
                "text, and has neither bos_token nor eos_token to stand for it."
            )
        emitted = {tokenizer.unk_token_id, self.empty_id}
        emitted.update(tokenizer("\u2603")["input_ids"])  # of no vocabulary
        self.spelt_beyond = check_ids(tokenizer, self.rows, emitted, where)

    def _description(self):
        """Settings other than dropout."""
        cut = f"texts cut at {self.max_tokens} tokens"
        return ", ".join(filter(None, (super()._description(), cut)))

    def override_config(self, config: PretrainedConfig) -> PretrainedConfig:
        """Set dropout and pooling before the layers are built."""
        config = super().override_config(config)
        config.use_cache = False  # of decoders, for the next token
        if self.pooling == "auto":
            self.pooling = self.family.pooling
        if self.family.causal and self.pooling == "cls":
            raise InputError(
                "text_encoder.pooling: cls: the first token of "
                f"{self.family.name} does not see the others. Use last or mean."
            )
        return config

    def inference_settings(self) -> dict:
        """Keywords of the constructor that change embeddings in evaluation."""
        return {**super().inference_settings(), "pooling": self.pooling}

    def _model_settings(self):
        """Leave out the pooler, which nothing uses."""
        model_class = MODEL_MAPPING[type(self.config)]
        if "add_pooling_layer" in signature(model_class).parameters:
            return {"add_pooling_layer": False}
        return {}

    def tokenize(self, text: str) -> torch.Tensor:
        """Token ids with the model's special tokens, at most its limit.

        Arguments
        ---------
        text : str
            One utterance's words.

        Returns
        -------
        tokens : (tokens,) torch.LongTensor

        Raises
        ------
        InputError
            If it spells out a special token that the model does not embed.
        """
        encoded = self.tokenizer(
            text, truncation=True, max_length=self.max_tokens
        )
        # GPT-2's tokeniser makes no token of an empty text.
        ids = encoded["input_ids"] or [self.empty_id]
        if self.spelt_beyond and max(ids) >= self.rows:
            token = self.tokenizer.convert_ids_to_tokens(max(ids))
            raise InputError(
                f"the text {text[:50]!r} has the special token {token!r}, "
                f"which {KEY} does not embed. Take it out of the text."
            )
        return torch.tensor(ids)

    def _enter(self, tokens, lengths):
        return tokens, lengths

    def _states(self, model, x, mask, every):
        """The last hidden state, or all; of tokens, or of hidden states."""
        # A causal model never sees the padding behind.
        given = None if mask is None or self.family.causal else mask.long()
        kind = "input_ids" if x.dim() == 2 else "inputs_embeds"
        with hidden_states(self.family.layers_of(model)) as states:
            outputs = model(**{kind: x}, attention_mask=given)
        last = outputs.last_hidden_state
        return [*states, last] if every else [last]

    def _pool(self, hidden, mask):
        if self.pooling == "cls":
            return hidden[:, 0]
        pool = last_step if self.pooling == "last" else masked_mean
        return pool(hidden, mask)

    def frames(self, tokens: torch.Tensor, lengths: list[int]) -> list[int]:
        """Lengths of the transformer's sequences."""
        return lengths
