"""wav2vec 2.0, HuBERT and WavLM as utterance encoders.

Authors
 * The turbo_sb developers 2026
"""

import torch
from speechbrain.integrations.huggingface.wav2vec2 import Wav2Vec2

from turbo_sb.encoders.attention import use_given_masks, use_kernel
from turbo_sb.encoders.base import UtteranceEncoder
from turbo_sb.encoders.cnn import Convolutions
from turbo_sb.encoders.families import SPEECH
from turbo_sb.encoders.layers import hidden_states
from turbo_sb.encoders.loading import EXTRACTOR, loading
from turbo_sb.encoders.pooling import masked_mean

KEY = "audio_encoder_source"


class AudioEncoder(UtteranceEncoder, Convolutions, Wav2Vec2):
    """SpeechBrain's Wav2Vec2 lobe, pooled, with views and without padding.

    An embedding does not depend on the batch: every statistic is over the
    utterance's own samples and frames, while the lobe's normalisations include
    padding. The convolutions have no dropout and run once for all views.

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
        Whether to freeze the convolutions; their backward pass is not run.
    layer_sum : bool
        Whether to use a learnt weighted mean of all hidden states.
    frozen_layers : int or "all"
        How many of the first layers are frozen, with what is before them.
        They run in evaluation mode, once for all views.
    pretrained : bool
        False builds the model with random weights from a folder that
        `save_config` wrote.

    Example
    -------
    >>> import torch
    >>> from turbo_sb.demo.encoders import build_encoders
    >>> folder = getfixture("tmp_path")
    >>> audio, text = build_encoders(folder)
    >>> encoder = AudioEncoder(audio)
    >>> wavs = torch.rand(3, 8000)
    >>> encoder(wavs, torch.tensor([1.0, 0.5, 0.7]), n_views=2).shape
    torch.Size([2, 3, 64])
    """

    key, families, needs = KEY, SPEECH, EXTRACTOR
    unused = ("masked_spec_embed",)  # drawn where a file has none

    def __init__(
        self,
        source: str,
        dropout: float | None = 0.2,
        attention_dropout: float | None = None,
        feature_dropout: float | None = None,
        layerdrop: float = 0.0,
        apply_spec_augment: bool = False,
        freeze_cnn: bool = True,
        layer_sum: bool = False,
        frozen_layers: int | str = 0,
        pretrained: bool = True,
    ):
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
        self._settle(layer_sum, frozen_layers)

    def _enter(self, wavs, lengths):
        """The CNN's output and own frames."""
        if wavs.dim() == 2:
            return self.convolve(wavs, lengths)
        return wavs.to(self._precision), lengths

    def _states(self, model, features, mask, every):
        """The last hidden state, or all."""
        with hidden_states(self.family.layers_of(model)) as states:
            # Behind the final normalisation, where there is one.
            last = self._contextualise(model, features, mask)
        return [*states, last] if every else [last]

    _pool = staticmethod(masked_mean)

    def _unfrozen_prefix(self, wavs, lengths):
        """Features and frames of a frozen CNN; else the inputs."""
        if self.freeze_cnn and wavs.dim() == 2:
            return self.convolve(wavs, lengths)
        return wavs, lengths

    def _behind(self):
        return super()._behind() if self.frozen else [self.model.encoder]

    def prefix_numbers(self, lengths: list[int]) -> int:
        """As for all encoders; of the CNN, if nothing else is frozen."""
        if self.frozen:
            return super().prefix_numbers(lengths)
        frames = sum(length / self.hop for length in lengths)
        return round(frames * self.model.config.conv_dim[-1])

    def frames(self, wavs: torch.Tensor, lengths: list[int]) -> list[int]:
        """Approximate lengths of the transformer's sequences."""
        hop = self.hop if wavs.dim() == 2 else 1
        return [max(1, length // hop) for length in lengths]

    def _contextualise(self, model, features, mask):
        """Feature projection and transformer: (rows, frames, dim)."""
        hidden = model.feature_projection(features)
        if isinstance(hidden, tuple):  # wav2vec 2.0, WavLM; HuBERT has no more
            hidden = hidden[0]
        if features.shape[1] >= model.config.mask_time_length:
            hidden = model._mask_hidden_states(hidden, attention_mask=mask)
        return model.encoder(hidden, attention_mask=mask).last_hidden_state

    @property
    def _precision(self):
        return next(self.model.feature_projection.parameters()).dtype

    def _freeze_unused(self, apply_spec_augment):
        """Freeze unused parameters, as DDP expects a gradient of each other."""
        if not apply_spec_augment and hasattr(self.model, "masked_spec_embed"):
            self.model.masked_spec_embed.requires_grad_(False)
        if self.freeze_cnn:
            self.model.feature_extractor.requires_grad_(False)
