"""What all utterance encoders share.

Authors
 * The turbo_sb developers 2026
"""

import torch
from speechbrain.utils.logger import get_logger
from transformers import AutoConfig, AutoModel

from turbo_sb.encoders.families import find_family
from turbo_sb.encoders.layers import LayerSum, freeze_first
from turbo_sb.encoders.lengths import absolute
from turbo_sb.encoders.policy import (
    check_preparation,
    loading,
    log_dropout,
    set_dropout,
)
from turbo_sb.encoders.saving import save_plain
from turbo_sb.utils.errors import InputError

logger = get_logger(__name__)


class UtteranceEncoder:
    """Goes before one of SpeechBrain's Hugging Face lobes among the bases.

    A subclass has the `key` that gives its source, its `families`, and the
    files that it `needs` beside config and weights. Before the lobe builds
    the model, it sets `pretrained` and the `rates` of dropout, and after,
    `preparation`, and calls `_settle`.
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
        self.family = find_family(config, self.families, self.key)
        check_preparation(config.name_or_path, self.key, self.needs)
        return set_dropout(config, self.family.dropout_settings(*self.rates))

    def log_settings(self):
        """Log what is in force, read off the built model."""
        name = self.key.removesuffix("_source").replace("_", " ")
        log_dropout(name, self.model)
        if description := self._description():
            logger.info(f"{name}: {description}")

    def _description(self):
        """What else there is to say."""
        config, said = self.model.config, []
        if self.family.layerdrop:
            said = [
                f"layerdrop {getattr(config, self.family.layerdrop):g}",
                f"SpecAugment {'on' if config.apply_spec_augment else 'off'}",
                f"CNN {'frozen' if self.freeze_cnn else 'trained'}",
            ]
        if self.layer_sum is not None:
            said.append(f"weighted sum of {len(self.layer_sum.weights)} states")
        return ", ".join(said)

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
            self.model = AutoModel.from_config(
                self.config, trust_remote_code=False, **own
            )

    def _model_settings(self):
        """Keywords of the model's constructor."""
        return {}

    def _settle(self, layer_sum, frozen_layers):
        """What needs the built model."""
        config = self.model.config
        if frozen_layers and not getattr(self, "freeze_cnn", True):
            raise InputError(
                f"frozen_layers: {frozen_layers} freezes the convolutions too, "
                "and freeze_cnn: False trains them. Use one of the two."
            )
        freeze_first(self.model, self.family, frozen_layers)
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
        return AutoConfig.from_pretrained(
            source, cache_dir=cache, trust_remote_code=False
        )
