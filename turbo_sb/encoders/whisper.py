"""Whisper's encoder as an utterance encoder.

Authors
 * The turbo_sb developers 2026
"""

import torch
import torch.nn.functional as F
from speechbrain.integrations.huggingface.huggingface import (
    HFTransformersInterface,
)
from transformers import WhisperModel
from transformers.masking_utils import create_bidirectional_mask
from transformers.models.whisper.modeling_whisper import (
    WhisperEncoder as WhisperEncoderModel,
)

from turbo_sb.encoders.attention import use_given_masks
from turbo_sb.encoders.base import UtteranceEncoder
from turbo_sb.encoders.families import WHISPER
from turbo_sb.encoders.frozen import (
    first_layers,
    last_layers,
    queries_only,
)
from turbo_sb.encoders.loading import EXTRACTOR, loading
from turbo_sb.encoders.padding import padding_mask
from turbo_sb.encoders.whisper_frontend import (
    SHRINKS,
    check_sizes,
    cut,
    join,
    log_mel,
    mean_by_utterance,
    split,
    windows_of,
)
from turbo_sb.utils.errors import InputError

KEY = "audio_encoder_source"
WINDOWS = ("full", "own")


class WhisperEncoder(UtteranceEncoder, HFTransformersInterface):
    """Whisper's encoder, pooled over an utterance's own frames, with views.

    An embedding does not depend on the batch. Audio longer than 30 s is cut
    into windows of 30 s, and the mean is over all their frames. The decoder is
    not kept.

    Arguments
    ---------
    source : str
        Hub name, e.g. "openai/whisper-small", or a local folder in Hugging
        Face's format.
    dropout : "auto", float, optional
        Of every feed-forward layer and residual branch, and of the input
        with its positions. "auto" and None keep the checkpoint's, which is 0:
        Whisper was trained without, and embeds nothing with it.
    attention_dropout : float, optional
        Of the attention weights. None keeps the checkpoint's.
    layerdrop : float
        Probability to skip a layer.
    apply_spec_augment : bool
        Whether to mask the spectrogram in training.
    freeze_cnn : bool
        Whether to freeze the two convolutions. The positions always are.
    whisper_window : str
        "full": each window is filled up to 30 s with silence, as Whisper was
        trained. "own": the transformer sees the utterance alone, which is
        faster and not what Whisper was trained on (docs/results.md).
    layer_sum : bool
        As in `AudioEncoder`.
    frozen_layers : int or "all"
        As in `AudioEncoder`.
    pretrained : bool
        As in `AudioEncoder`.
    """

    # Why the feature cache does not take its convolutions alone.
    uncacheable = (
        "audio_encoder_source: the convolutions of Whisper take little time, "
        "and their output more room than the audio"
    )
    key, families, needs = KEY, {"whisper": WHISPER}, EXTRACTOR
    unused, layers_in = ("decoder.",), "encoder."
    more_channels = 1

    def __init__(
        self,
        source: str,
        dropout: float | str | None = "auto",
        attention_dropout: float | None = None,
        layerdrop: float = 0.0,
        apply_spec_augment: bool = False,
        freeze_cnn: bool = True,
        whisper_window: str = "full",
        layer_sum: bool = False,
        frozen_layers: int | str = 0,
        pretrained: bool = True,
    ):
        if whisper_window not in WINDOWS:
            raise InputError(
                f"whisper_window: {whisper_window!r} is not one of {WINDOWS}."
            )
        self.pretrained = pretrained
        self.rates = dropout, attention_dropout, None, layerdrop
        with loading(source, KEY, pretrained) as cache:
            super().__init__(source, cache)
            self.load_feature_extractor(source, cache_dir=cache)
        self.model.config.apply_spec_augment = apply_spec_augment
        use_given_masks(self.model)
        self.preparation = self.feature_extractor
        self.sample_rate = self.feature_extractor.sampling_rate
        check_sizes(self.feature_extractor, self.model.config, source, KEY)
        self.full = whisper_window == "full"
        self.freeze_cnn = freeze_cnn
        self.model.conv1.requires_grad_(not freeze_cnn)
        self.model.conv2.requires_grad_(not freeze_cnn)
        self.model.embed_positions.requires_grad_(False)
        self._settle(layer_sum, frozen_layers)

    def _from_pretrained(self, source, **settings):
        """Keep the encoder alone."""
        if self.pretrained:
            super()._from_pretrained(source, **settings)
            self.model = self.model.get_encoder()
        else:
            self.model = WhisperEncoderModel._from_config(
                self.config, dtype=torch.float32
            )

    def _description(self):
        silence = "of 30 s with silence" if self.full else "without silence"
        return f"{super()._description()}, windows {silence}"

    def inference_settings(self) -> dict:
        """Keywords of the constructor that change embeddings in evaluation."""
        window = "full" if self.full else "own"
        return {**super().inference_settings(), "whisper_window": window}

    def _pooled(self, wavs, lengths, n_views, every):
        """The last hidden state of each view, pooled, or all."""
        if wavs.dim() == 3:
            features, frames = wavs.repeat(n_views, 1, 1), lengths
        else:
            features, frames = self._features(wavs, lengths, n_views)
        x = self._with_positions(features)
        return self._run(self.model, x, frames * n_views, every)

    def _run(self, model, x, frames, every, own=None):
        """States of windows, pooled over the own frames of an utterance."""
        windows, owners = split(frames, self.longest)
        mask = padding_mask(windows, x.shape[1], x.device)
        if own is None:
            states = self._states(model, x, None if self.full else mask, every)
            return [mean_by_utterance(state, mask, owners) for state in states]
        # Of the silence behind, no output of the last layer is used.
        longest = int(own.sum(dim=1).max())
        mask = None if self.full else mask
        states = self._states(model, x, mask, every, longest)
        return [
            mean_by_utterance(state, own[:, : state.shape[1]], owners)
            for state in states
        ]

    def _run_prefix(self, wavs, lengths, every):
        """As all encoders; one more channel is 1 in an utterance's own frames.

        With silence up to 30 s, an utterance has more frames than its own.
        """
        features, frames = self._features(wavs, lengths, n_views=1)
        windows, owners = split(frames, self.longest)
        x = self._with_positions(features)
        mask = padding_mask(windows, x.shape[1], x.device)
        model = first_layers(self.model, self.family, self.n_frozen)
        *early, last = self._states(
            model, x, None if self.full else mask, every
        )
        rows = [mean_by_utterance(state, mask, owners) for state in early]
        own = torch.ones_like(last[..., :1])
        if mask is not None:
            own = own * mask[..., None]
        steps = [x.shape[1]] * len(windows) if self.full else windows
        return join(rows, torch.cat([last, own], dim=2), steps, owners)

    def _behind_prefix(self, prefix, lengths, n_views, every):
        if self.all_frozen:
            return super()._behind_prefix(prefix, lengths, n_views, every)
        prefix = prefix.to(self.dtype)
        n = self.n_frozen if every else 0
        early = prefix[:, :n, :-1].repeat(n_views, 1, 1).unbind(dim=1)
        steps = [own - n for own in lengths]
        x = windows_of(prefix[:, n:], steps, self.longest)
        x = x.repeat(n_views, 1, 1)
        model = last_layers(self.model, self.family, self.n_frozen)
        own = x[..., -1] > 0
        rest = self._run(model, x[..., :-1], steps * n_views, every, own)
        return [*early, *rest]

    def _unfrozen_prefix(self, wavs, lengths):
        """Output of frozen convolutions; else the inputs."""
        if self.freeze_cnn and not self._augments:
            return self._features(wavs, lengths, n_views=1)
        return wavs, lengths

    def frames(self, wavs: torch.Tensor, lengths: list[int]) -> list[int]:
        """Lengths of the transformer's sequences, all windows together."""
        if wavs.dim() == 3:
            return lengths
        found = [-(-length // self.hop) for length in lengths]
        if self.full:
            return [-(-own // self.longest) * self.longest for own in found]
        return found

    @property
    def hop(self) -> int:
        """Samples from one frame to the next: 320, or 20 ms."""
        return self.feature_extractor.hop_length * SHRINKS

    @property
    def longest(self) -> int:
        """Frames of a window: 1500, or 30 s."""
        return self.model.config.max_source_positions

    @property
    def _augments(self):
        return self.training and self.model.config.apply_spec_augment

    def _features(self, wavs, lengths, n_views):
        """(views * windows, frames, dim), and each utterance's own frames."""
        frames = [-(-length // self.hop) for length in lengths]
        windows, samples = cut(wavs, lengths, self.longest * self.hop)
        mel, own = log_mel(
            windows, samples, self.feature_extractor, self.hop, self.full
        )
        mel = mel.to(self.model.conv1.weight.dtype)
        if self._augments:  # another mask for each view
            mel = self._masked(mel.repeat(n_views, 1, 1), own * n_views)
            n_views = 1
        x = F.gelu(self.model.conv1(mel))
        x = F.gelu(self.model.conv2(x)).transpose(1, 2)
        return x.repeat(n_views, 1, 1), frames

    def _masked(self, mel, own):
        """Hugging Face's SpecAugment on own steps."""
        if mel.shape[2] < self.model.config.mask_time_length:
            return mel
        mask = padding_mask(own, mel.shape[2], mel.device)
        return WhisperModel._mask_input_features(self.model, mel, mask)

    def _with_positions(self, features):
        model = self.model
        x = features + model.embed_positions.weight[: features.shape[1]]
        return F.dropout(x, model.dropout, self.training)

    def _states(self, model, x, mask, every, longest=None):
        """The last hidden state, up to its longest, or all."""
        mask = create_bidirectional_mask(
            config=model.config, inputs_embeds=x, attention_mask=mask
        )
        states = [x]
        for layer in model.layers:
            drops = self.training and model.layerdrop
            if drops and torch.rand([]) < model.layerdrop:
                continue
            given = states[-1]
            if longest and mask is None and layer is model.layers[-1]:
                layer, given = queries_only(layer, given, longest)
            states.append(layer(given, mask))
        last = model.layer_norm(states[-1])
        return [*states[:-1], last] if every else [last]
