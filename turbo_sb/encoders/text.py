"""BERT as an utterance encoder on token ids, with views.

Authors
 * The turbo_sb developers 2026
"""

from inspect import signature

import torch
from speechbrain.integrations.huggingface.textencoder import (
    TextEncoder as TextEncoderLobe,
)
from transformers import MODEL_MAPPING

from turbo_sb.encoders.attention import use_given_masks
from turbo_sb.encoders.lengths import absolute, padding_mask
from turbo_sb.encoders.policy import loading, log_dropout, set_dropout
from turbo_sb.errors import InputError
from turbo_sb.pooling import masked_mean

KEY = "text_encoder_source"
POOLINGS = ("cls", "mean")


class TextEncoder(TextEncoderLobe):
    """SpeechBrain's TextEncoder lobe on token ids, pooled, with views.

    The lobe tokenises in its forward pass, without a limit; here `tokenize`
    runs once, in the data pipeline, and truncates at the model's limit.

    Arguments
    ---------
    source : str
        Hub name, e.g. "google-bert/bert-base-uncased", or a local folder in
        Hugging Face's format.
    dropout : float, optional
        Of the embeddings and of every layer. None keeps the checkpoint's.
    attention_dropout : float, optional
        Of the attention weights. None keeps the checkpoint's.
    pooling : str
        "cls", the first token's last hidden state, or "mean" over the tokens.

    Example
    -------
    >>> from turbo_sb.demo.encoders import build_encoders
    >>> audio, text = build_encoders(getfixture("tmp_path"))
    >>> encoder = TextEncoder(text)
    >>> tokens = encoder.tokenize("hello").unsqueeze(0)
    >>> encoder(tokens, torch.ones(1), n_views=2).shape
    torch.Size([2, 1, 64])
    """

    def __init__(
        self, source, dropout=0.2, attention_dropout=None, pooling="cls"
    ):
        if pooling not in POOLINGS:
            raise InputError(
                f"text_pooling: {pooling!r} is not one of {POOLINGS}."
            )
        # Read by override_config, which the lobe calls while it builds.
        self.config_overrides = {
            "hidden_dropout_prob": dropout,
            "attention_probs_dropout_prob": attention_dropout,
        }
        with loading(source, KEY) as cache:
            super().__init__(source, cache, freeze=False)
        use_given_masks(self.model)
        self.pooling = pooling
        self.dim = self.model.config.hidden_size
        self.pad_id = self.tokenizer.pad_token_id
        self.max_tokens = min(
            self.tokenizer.model_max_length,
            self.model.config.max_position_embeddings,
        )

    def log_settings(self):
        """Log what is in force, read off the built model."""
        log_dropout("text encoder", self.model)

    def override_config(self, config):
        """Put the dropout of the YAML into the config that builds the layers.

        Arguments
        ---------
        config : transformers.PretrainedConfig
            As loaded from the source.

        Returns
        -------
        config : transformers.PretrainedConfig
        """
        if not hasattr(config, "hidden_dropout_prob"):
            raise InputError(
                f"{KEY}: {config.name_or_path} is a {config.model_type}; "
                "expected BERT or an encoder configured like it (RoBERTa, ...)."
            )
        return set_dropout(config, self.config_overrides)

    def _from_pretrained(self, source, **kwargs):
        """Leave out the pooler: its parameters would be left unused."""
        model_class = MODEL_MAPPING[type(self.config)]
        if "add_pooling_layer" in signature(model_class).parameters:
            kwargs["add_pooling_layer"] = False
        super()._from_pretrained(source, **kwargs)

    def tokenize(self, text):
        """Token ids with the model's special tokens, at most its limit.

        Arguments
        ---------
        text : str
            One utterance's words.

        Returns
        -------
        tokens : (tokens,) torch.LongTensor
        """
        encoded = self.tokenizer(
            text, truncation=True, max_length=self.max_tokens
        )
        return torch.tensor(encoded["input_ids"])

    def forward(self, tokens, token_lens, n_views=1):
        """Embed each text `n_views` times, with fresh dropout each time.

        Arguments
        ---------
        tokens : (batch, tokens) torch.LongTensor
            Padded token ids.
        token_lens : (batch,) torch.Tensor or list of float
            Relative lengths in [0, 1].
        n_views : int
            Number of dropout draws.

        Returns
        -------
        embeddings : (views, batch, dim) torch.Tensor
        """
        lengths = absolute(token_lens, tokens.shape[1])
        return self.embed(tokens, lengths, n_views)

    def embed(self, tokens, lengths, n_views=1):
        """`forward`, with the lengths in tokens.

        Arguments
        ---------
        tokens : (batch, tokens) torch.LongTensor
            Padded token ids.
        lengths : list of int
            Number of each text's own tokens.
        n_views : int
            Number of dropout draws.

        Returns
        -------
        embeddings : (views, batch, dim) torch.Tensor
        """
        tokens = tokens.repeat(n_views, 1)
        mask = padding_mask(lengths * n_views, tokens.shape[1], tokens.device)
        hidden = self.model(tokens, attention_mask=mask).last_hidden_state
        pooled = (
            hidden[:, 0] if self.pooling == "cls" else masked_mean(hidden, mask)
        )
        return pooled.unflatten(0, (n_views, -1))

    def frozen_prefix(self, tokens, lengths):
        """Nothing: dropout begins with BERT's embeddings.

        Arguments
        ---------
        tokens : (batch, tokens) torch.LongTensor
            As in `embed`.
        lengths : list of int
            As in `embed`.

        Returns
        -------
        tokens : (batch, tokens) torch.LongTensor
        lengths : list of int
        """
        return tokens, lengths

    def frames(self, tokens, lengths):
        """How long the transformer's sequences are.

        Arguments
        ---------
        tokens : (batch, tokens) torch.LongTensor
            As in `embed`.
        lengths : list of int
            As in `embed`.

        Returns
        -------
        frames : list of int
        """
        return lengths
