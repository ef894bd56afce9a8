"""wav2vec 2.0 and its kin as encoders whose embeddings ignore the batch.

Authors
 * The turbo_sb developers 2026
"""

import math

import torch
import torch.nn.functional as F
from speechbrain.integrations.huggingface.wav2vec2 import Wav2Vec2
from speechbrain.utils.logger import get_logger

from turbo_sb.encoders.attention import use_given_masks
from turbo_sb.encoders.base import UtteranceEncoder
from turbo_sb.encoders.families import SPEECH, find_family
from turbo_sb.encoders.layers import hidden_states
from turbo_sb.encoders.lengths import padding_mask
from turbo_sb.encoders.policy import (
    EXTRACTOR,
    check_preparation,
    loading,
    log_dropout,
    set_dropout,
)
from turbo_sb.encoders.unpadded import group_norm, normalize_wavs
from turbo_sb.encoders.wavlm import use_kernel
from turbo_sb.pooling import masked_mean

logger = get_logger(__name__)

KEY = "audio_encoder_source"
FROZEN_ROWS = 8  # utterances that a frozen CNN takes at a time


class AudioEncoder(UtteranceEncoder, Wav2Vec2):
    """SpeechBrain's Wav2Vec2 lobe, pooled, with views and without padding.

    The lobe's normalisations (of the waveform, and the group norm of the
    first convolution) include padding, so that an utterance's embedding
    depends on its batch. Here every statistic is over the utterance's own
    samples and frames. The convolutions have no dropout and run once,
    whatever the number of views.

    Arguments
    ---------
    source : str
        Hub name, e.g. "facebook/wav2vec2-base", or a local folder in Hugging
        Face's format: wav2vec 2.0, also XLS-R, HuBERT or WavLM.
    dropout : float, optional
        Of every feed-forward layer and residual branch of the transformer.
        None keeps the checkpoint's.
    attention_dropout : float, optional
        Of the attention weights. None keeps the checkpoint's.
    feature_dropout : float, optional
        Of the projection between CNN and transformer. None keeps the
        checkpoint's.
    layerdrop : float
        Probability to skip a layer. With more than 0 under DDP,
        --find_unused_parameters is needed.
    apply_spec_augment : bool
        Whether to mask time steps in training. The paper has none.
    freeze_cnn : bool
        Whether to freeze the convolutions, whose backward pass is then not
        run either.
    layer_sum : bool
        Whether a learnt mean of all hidden states takes the place of the
        last; see `turbo_sb.encoders.layers.LayerSum`.
    pretrained : bool
        False: `source` is a folder of `save_config`, and the weights, random
        here, come from elsewhere.

    Example
    -------
    >>> from turbo_sb.demo.encoders import build_encoders
    >>> folder = getfixture("tmp_path")
    >>> audio, text = build_encoders(folder)
    >>> encoder = AudioEncoder(audio)
    >>> wavs = torch.rand(3, 8000)
    >>> encoder(wavs, torch.tensor([1.0, 0.5, 0.7]), n_views=2).shape
    torch.Size([2, 3, 64])
    """

    def __init__(
        self,
        source,
        dropout=0.2,
        attention_dropout=None,
        feature_dropout=None,
        layerdrop=0.0,
        apply_spec_augment=False,
        freeze_cnn=True,
        layer_sum=False,
        pretrained=True,
    ):
        # Read while the lobe builds the model.
        self.pretrained = pretrained
        self.rates = dropout, attention_dropout, feature_dropout, layerdrop
        with loading(source, KEY, pretrained) as cache:
            super().__init__(
                source, cache, apply_spec_augment=apply_spec_augment
            )
        use_given_masks(self.model)
        use_kernel(self.family.layers_of(self.model))
        self.preparation = self.feature_extractor
        self.sample_rate = self.feature_extractor.sampling_rate
        self.freeze_cnn = freeze_cnn
        self._freeze_unused(apply_spec_augment)
        self._settle(layer_sum)

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
        self.family = find_family(config, SPEECH, KEY)
        check_preparation(config.name_or_path, KEY, EXTRACTOR)
        return set_dropout(config, self.family.dropout_settings(*self.rates))

    def log_settings(self):
        """Log what is in force, read off the built model."""
        log_dropout("audio encoder", self.model)
        config = self.model.config
        logger.info(
            f"audio encoder: layerdrop {config.layerdrop:g}, "
            f"SpecAugment {'on' if config.apply_spec_augment else 'off'}, "
            f"CNN {'frozen' if self.freeze_cnn else 'trained'}"
        )

    def embed(self, wavs, lengths, n_views=1):
        """`forward`, with the lengths in samples or frames.

        Arguments
        ---------
        wavs : (batch, samples) or (batch, frames, channels) torch.Tensor
            Padded waveforms at the encoder's ``sample_rate``, or what the CNN
            makes of them.
        lengths : list of int
            Number of each row's own samples or frames.
        n_views : int
            Number of dropout draws.

        Returns
        -------
        embeddings : (views, batch, dim) torch.Tensor
        """
        if wavs.dim() == 2:
            # With frozen parameters, this makes no graph: no backward pass.
            features, frames = self.convolve(wavs, lengths)
        else:
            features, frames = wavs.to(self._precision), lengths
        # Views are stacked behind the CNN, whose output they share.
        features = features.repeat(n_views, 1, 1)
        mask = padding_mask(
            frames * n_views, features.shape[1], features.device
        )
        return self._pool(features, mask).unflatten(0, (n_views, -1))

    def _pool(self, features, mask):
        """The mean over own frames, of the last hidden state or of all."""
        if self.layer_sum is None:
            return masked_mean(self.contextualise(features, mask), mask)
        with hidden_states(self.family.layers_of(self.model)) as states:
            # Behind the final normalisation, where there is one.
            last = self.contextualise(features, mask)
        states = [*states[:-1], last]
        return self.layer_sum([masked_mean(state, mask) for state in states])

    def frozen_prefix(self, wavs, lengths):
        """What has neither dropout nor a gradient, if anything: the CNN.

        Arguments
        ---------
        wavs : (batch, samples) or (batch, frames, channels) torch.Tensor
            As in `embed`.
        lengths : list of int
            As in `embed`.

        Returns
        -------
        inputs : torch.Tensor
            Of the same embeddings: features, or `wavs` where the CNN is
            trained.
        lengths : list of int
        """
        if self.freeze_cnn and wavs.dim() == 2:
            return self.convolve(wavs, lengths)
        return wavs, lengths

    def frames(self, wavs, lengths):
        """How long the transformer's sequences are, about.

        Arguments
        ---------
        wavs : (batch, samples) or (batch, frames, channels) torch.Tensor
            As in `embed`.
        lengths : list of int
            As in `embed`.

        Returns
        -------
        frames : list of int
        """
        hop = self.hop if wavs.dim() == 2 else 1
        return [max(1, length // hop) for length in lengths]

    def convolve(self, wavs, samples):
        """The CNN over each utterance's own samples.

        Arguments
        ---------
        wavs : (batch, samples) torch.Tensor
            Padded waveforms.
        samples : list of int
            Number of each waveform's own samples.

        Returns
        -------
        features : (batch, frames, channels) torch.Tensor
            The first ``frames[i]`` of row i do not depend on other rows.
        frames : list of int
            Number of each utterance's own frames.
        """
        if self.normalize_wav:
            wavs = normalize_wavs(wavs, samples)
        # An utterance too short for one frame is padded with silence.
        needed = self.min_samples
        wavs = F.pad(wavs, (0, max(0, needed - wavs.shape[1])))
        samples = [max(needed, own) for own in samples]
        # Without a graph, a few rows at a time take little memory: the first
        # activation of 64 utterances of 15 s would be 6 GB.
        rows = FROZEN_ROWS if self.freeze_cnn else len(wavs)
        features, frames = [], []
        for start, part in zip(range(0, len(wavs), rows), wavs.split(rows)):
            x, own = self._cnn(part, samples[start : start + rows])
            features.append(x)
            frames += own
        return torch.cat(features).transpose(1, 2), frames

    def _cnn(self, wavs, samples):
        """Hugging Face's feature encoder, but for padding."""
        x = wavs.unsqueeze(1)
        for layer in self.model.feature_extractor.conv_layers:
            conv = layer.conv
            kernel, stride = conv.kernel_size[0], conv.stride[0]
            samples = [(own - kernel) // stride + 1 for own in samples]
            norm = getattr(layer, "layer_norm", None)
            if isinstance(norm, torch.nn.GroupNorm):
                x = layer.activation(group_norm(conv(x), samples, norm))
            else:
                x = layer(x)
        return x, samples

    def contextualise(self, features, mask):
        """Feature projection and transformer, where all dropout is.

        Arguments
        ---------
        features : (rows, frames, channels) torch.Tensor
            Output of the CNN.
        mask : (rows, frames) torch.Tensor, optional
            True on valid frames. None: all are.

        Returns
        -------
        sequences : (rows, frames, dim) torch.Tensor
        """
        hidden = self.model.feature_projection(features)
        if isinstance(hidden, tuple):  # wav2vec 2.0, WavLM; HuBERT has no more
            hidden = hidden[0]
        if features.shape[1] >= self.model.config.mask_time_length:
            hidden = self.model._mask_hidden_states(hidden, attention_mask=mask)
        return self.model.encoder(hidden, attention_mask=mask).last_hidden_state

    @property
    def _precision(self):
        return next(self.model.feature_projection.parameters()).dtype

    @property
    def hop(self):
        """Samples from one frame to the next; 320 for wav2vec 2.0."""
        layers = self.model.feature_extractor.conv_layers
        return math.prod(layer.conv.stride[0] for layer in layers)

    @property
    def min_samples(self):
        """How many samples make one frame; 400 for wav2vec 2.0."""
        needed = 1
        for layer in reversed(self.model.feature_extractor.conv_layers):
            kernel, stride = layer.conv.kernel_size[0], layer.conv.stride[0]
            needed = (needed - 1) * stride + kernel
        return needed

    def _freeze_unused(self, apply_spec_augment):
        """DDP waits for the gradient of every parameter that wants one."""
        if not apply_spec_augment and hasattr(self.model, "masked_spec_embed"):
            self.model.masked_spec_embed.requires_grad_(False)
        if self.freeze_cnn:
            self.model.feature_extractor.requires_grad_(False)
