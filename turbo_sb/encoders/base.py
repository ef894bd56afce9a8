"""What all utterance encoders share.

Authors
 * The turbo_sb developers 2026
"""

import torch
from transformers import AutoConfig, AutoModel

from turbo_sb.encoders.layers import LayerSum
from turbo_sb.encoders.lengths import absolute
from turbo_sb.encoders.policy import loading
from turbo_sb.encoders.saving import save_plain
from turbo_sb.errors import InputError


class UtteranceEncoder:
    """Goes before one of SpeechBrain's Hugging Face lobes among the bases.

    A subclass sets `family` and `pretrained` before the lobe builds the
    model, and calls `_settle` after.
    """

    def forward(self, inputs, relative, n_views=1):
        """Embed each utterance `n_views` times, with fresh dropout each time.

        Arguments
        ---------
        inputs : (batch, time, ...) torch.Tensor
            Padded waveforms or token ids, as `embed` takes them.
        relative : (batch,) torch.Tensor or list of float
            Relative lengths in [0, 1].
        n_views : int
            Number of dropout draws.

        Returns
        -------
        embeddings : (views, batch, dim) torch.Tensor
        """
        return self.embed(inputs, absolute(relative, inputs.shape[1]), n_views)

    def inference_settings(self):
        """What the embeddings in evaluation depend on, beside the weights.

        Returns
        -------
        settings : dict
            Keywords of the constructor to plain values.
        """
        return {"layer_sum": self.layer_sum is not None}

    def save_config(self, folder):
        """Write what the encoder is built from with ``pretrained=False``.

        Arguments
        ---------
        folder : str or pathlib.Path
            Gets config.json and the files of the tokeniser or of the feature
            extractor; no weights.
        """
        save_plain(folder, self.model.config, self.preparation)

    def _from_pretrained(self, source, **settings):
        """Build the model; in float32, whatever its file has.

        Hugging Face keeps the precision of the file. Some are in float16,
        which Adam does not train.
        """
        own = {"dtype": torch.float32, **self._model_settings()}
        if self.pretrained:
            super()._from_pretrained(source, **own, **settings)
        else:
            self.model = AutoModel.from_config(self.config, **own)

    def _model_settings(self):
        """Keywords of the model's constructor."""
        return {}

    def _settle(self, layer_sum):
        """What needs the built model."""
        config = self.model.config
        self.dim = config.hidden_size
        self.layer_sum = None
        if layer_sum:
            if self.family.layerdrop and getattr(config, self.family.layerdrop):
                raise InputError(
                    "layer_sum: True takes the output of every layer, and "
                    f"layerdrop: {getattr(config, self.family.layerdrop)} "
                    "leaves some out. Use one of the two."
                )
            self.layer_sum = LayerSum(config.num_hidden_layers + 1)


def config_of(source, key, pretrained=True):
    """Load a config alone.

    Arguments
    ---------
    source : str
        Hub name or local folder.
    key : str
        The YAML key that gave it, for the message.
    pretrained : bool
        Whether a folder has to have weights as well.

    Returns
    -------
    config : transformers.PretrainedConfig
    """
    with loading(source, key, pretrained) as cache:
        return AutoConfig.from_pretrained(source, cache_dir=cache)
