"""What all utterance encoders share.

Authors
 * The turbo_sb developers 2026
"""

import copy
import json
import re
from functools import partial
from pathlib import Path

import torch
from speechbrain.utils.logger import get_logger
from transformers import AutoConfig, AutoModel, PretrainedConfig

from turbo_sb.encoders.dropout import log_dropout, set_dropout
from turbo_sb.encoders.families import find_family
from turbo_sb.encoders.frozen import ALL, first_layers, freeze, last_layers
from turbo_sb.encoders.layers import LayerSum, evaluating
from turbo_sb.encoders.loading import check_preparation, loading
from turbo_sb.encoders.padding import absolute, padding_mask
from turbo_sb.encoders.weights import fill, load_whole
from turbo_sb.utils.errors import InputError

logger = get_logger(__name__)


class UtteranceEncoder:
    """First base class, before one of SpeechBrain's Hugging Face lobes.

    A subclass has the YAML `key` of its source, its `families`, the files that
    it `needs` beside config and weights, and beginnings of the names of weights
    that are `unused`. It sets `pretrained` and `rates`
    before the lobe builds the model, then `preparation`, and calls `_settle`.
    """

    layers_in = ""  # the part of the file's model that has the layers
    prefix = ""  # of a wrapper, before the names of weights in the file
    n_frozen, frozen = 0, ()  # layers, and all parts that are frozen

    def forward(
        self,
        inputs: torch.Tensor,
        relative: torch.Tensor | list[float],
        n_views: int = 1,
    ) -> torch.Tensor:
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

    def embed(
        self, inputs: torch.Tensor, lengths: list[int], n_views: int = 1
    ) -> torch.Tensor:
        """`forward`, with the lengths as numbers of steps.

        Arguments
        ---------
        inputs : (batch, time, ...) torch.Tensor
            Padded waveforms or token ids, or what `frozen_prefix` makes of
            them.
        lengths : list of int
            Number of each row's own samples, tokens or frames.
        n_views : int
            Number of dropout draws.

        Returns
        -------
        embeddings : (views, batch, dim) torch.Tensor
        """
        every = self.layer_sum is not None
        if self.frozen:
            inputs, lengths = self.frozen_prefix(inputs, lengths)
            states = self._behind_prefix(inputs, lengths, n_views, every)
        else:
            states = self._pooled(inputs, lengths, n_views, every)
        joint = self.layer_sum(states) if every else states[-1]
        return joint.unflatten(0, (n_views, -1))

    def train(self, mode: bool = True) -> "UtteranceEncoder":
        """Set the mode; what frozen layers run in is evaluation mode.

        Arguments
        ---------
        mode : bool
            Whether to train.

        Returns
        -------
        self : UtteranceEncoder
        """
        super().train(mode)
        for part in self.frozen:
            part.eval()
        return self

    @property
    def all_frozen(self) -> bool:
        """Whether nothing but a layer sum is trained."""
        return list(self.frozen) == [self.model]

    def frozen_prefix(
        self, inputs: torch.Tensor, lengths: list[int]
    ) -> tuple[torch.Tensor, list[int]]:
        """What frozen layers make of the inputs, the same for all views.

        Arguments
        ---------
        inputs : (batch, time, ...) torch.Tensor
            As `embed` takes them. What this method returned passes as it is.
        lengths : list of int
            Number of each row's own samples, tokens or frames.

        Returns
        -------
        prefix : (batch, rows, dim) torch.Tensor
            All frozen: each pooled state that is used. Else, with a layer
            sum, the pooled input of each frozen layer, and then the input
            of the first layer that is trained, step by step.
        lengths : list of int
            Number of each utterance's own rows.
        """
        if not self.frozen:
            return self._unfrozen_prefix(inputs, lengths)
        if inputs.dim() == 3:
            return inputs, lengths
        every = self.layer_sum is not None
        # Older versions of transformers draw for LayerDrop and drop nothing.
        undrawn = torch.random.fork_rng(devices=[])
        with torch.no_grad(), evaluating(self), undrawn:
            if not self.all_frozen:
                return self._run_prefix(inputs, lengths, every)
            states = self._pooled(inputs, lengths, 1, every)
            return torch.stack(states, dim=1), [len(states)] * len(lengths)

    def frozen_copy(self) -> "UtteranceEncoder":
        """A copy that has `frozen_prefix`, without what is trained.

        Returns
        -------
        encoder : UtteranceEncoder
            On the same device; without the tokeniser.
        """
        memo = {id(part): torch.nn.Identity() for part in self._behind()}
        tokenizer = getattr(self, "tokenizer", None)
        return copy.deepcopy(self, memo | {id(tokenizer): None}).eval()

    def all_frozen_copy(self) -> "UtteranceEncoder":
        """A copy whose `frozen_prefix` gives every pooled state.

        Returns
        -------
        encoder : UtteranceEncoder
            On the same device; with the same tokeniser.
        """
        kept = {id(self.preparation): self.preparation}
        twin = copy.deepcopy(self, kept).requires_grad_(False)
        twin.frozen, twin.n_frozen = (twin.model,), ALL
        twin.layer_sum = LayerSum(self.model.config.num_hidden_layers + 1)
        return twin.eval()

    def _behind(self):
        """Parts that `frozen_prefix` does not run."""
        if self.all_frozen:
            return []
        return self.family.layers_of(self.model)[self.n_frozen :]

    def prefix_numbers(self, lengths: list[int]) -> int:
        """How many numbers `frozen_prefix` gives.

        Arguments
        ---------
        lengths : list of int
            Samples or tokens of each utterance.

        Returns
        -------
        n_numbers : int
        """
        every = self.layer_sum is not None
        if self.all_frozen:
            depth = self.model.config.num_hidden_layers
            return len(lengths) * (depth + 1 if every else 1) * self.dim
        early = self.n_frozen * len(lengths) if every else 0
        steps = sum(self.frames(torch.empty(1, 1), lengths))
        return (early + steps) * (self.dim + self.more_channels)

    more_channels = 0  # of the prefix, beside those of hidden states

    def _unfrozen_prefix(self, inputs, lengths):
        """What is before the layers and has no dropout."""
        return inputs, lengths

    def _run_prefix(self, inputs, lengths, every):
        model = first_layers(self.model, self.family, self.n_frozen)
        x, steps = self._enter(inputs, lengths)
        mask = padding_mask(steps, x.shape[1], x.device)
        *early, last = self._states(model, x, mask, every)
        rows = [self._pool(state, mask)[:, None] for state in early]
        lengths = [len(rows) + own for own in steps]
        return torch.cat([*rows, last], dim=1), lengths

    def _behind_prefix(self, prefix, lengths, n_views, every):
        """The states that `_pooled` gives, from what `frozen_prefix` gives."""
        prefix = prefix.to(self.dtype).repeat(n_views, 1, 1)
        if self.all_frozen:
            return prefix.unbind(dim=1)
        n = self.n_frozen if every else 0
        early, x = prefix[:, :n].unbind(dim=1), prefix[:, n:]
        steps = [own - n for own in lengths] * n_views
        model = last_layers(self.model, self.family, self.n_frozen)
        return [*early, *self._run(model, x, steps, every)]

    def _pooled(self, inputs, lengths, n_views, every):
        """The last hidden state of each view, pooled, or all."""
        x, steps = self._enter(inputs, lengths)
        # All views share what is before the layers.
        x = x.repeat(n_views, *[1] * (x.dim() - 1))
        return self._run(self.model, x, steps * n_views, every)

    def _run(self, model, x, steps, every):
        mask = padding_mask(steps, x.shape[1], x.device)
        states = self._states(model, x, mask, every)
        return [self._pool(state, mask) for state in states]

    @property
    def dtype(self) -> torch.dtype:
        """Of the weights of the first layer."""
        layer = self.family.layers_of(self.model)[0]
        return next(layer.parameters()).dtype

    @torch.no_grad()
    def pooled_states(
        self, inputs: torch.Tensor, lengths: list[int]
    ) -> torch.Tensor:
        """Pool every hidden state, in evaluation mode and without gradients.

        Arguments
        ---------
        inputs : (batch, time) torch.Tensor
            Padded waveforms or token ids.
        lengths : list of int
            Number of each row's own samples or tokens.

        Returns
        -------
        states : (layers + 1, batch, dim) torch.Tensor
            The input of the first layer and the output of each, the last one
            behind the final normalisation, if there is one.
        """
        with evaluating(self):
            return torch.stack(self._pooled(inputs, lengths, 1, every=True))

    def override_config(self, config: PretrainedConfig) -> PretrainedConfig:
        """Check the config and set its dropout before the layers are built."""
        self.family = find_family(config, self.families, self.key)
        check_preparation(config.name_or_path, self.key, self.needs)
        return set_dropout(config, self.family.dropout_settings(*self.rates))

    def log_settings(self) -> None:
        """Log the settings of the built model."""
        name = self.key.removesuffix("_source").replace("_", " ")
        if not self.all_frozen:
            log_dropout(name, self.model)
        if description := self._description():
            logger.info(f"{name}: {description}")

    def _description(self):
        """Settings other than dropout."""
        config, said = self.model.config, []
        if self.family.layerdrop:
            said = [
                f"layerdrop {getattr(config, self.family.layerdrop):g}",
                f"SpecAugment {'on' if config.apply_spec_augment else 'off'}",
                f"CNN {'frozen' if self.freeze_cnn else 'trained'}",
            ]
        if self.prefix:  # said at loading too, before there is a log.txt
            said.append(f"{self.prefix} left out of the file's names")
        if self.frozen:
            said.append(self._frozen_words())
        if self.layer_sum is not None:
            said.append(f"weighted sum of {len(self.layer_sum.weights)} states")
        return ", ".join(said)

    def _frozen_words(self):
        depth = self.model.config.num_hidden_layers
        if self.all_frozen:
            return f"all {depth} layers frozen, no dropout in force"
        return f"layers 1 to {self.n_frozen} of {depth} frozen, with inputs"

    def inference_settings(self) -> dict:
        """Keywords of the constructor that change embeddings in evaluation."""
        return {"layer_sum": self.layer_sum is not None}

    def save_config(self, folder: str | Path) -> None:
        """Write the files that ``pretrained=False`` builds the encoder from.

        Arguments
        ---------
        folder : str or pathlib.Path
            Gets config.json and the files of the tokeniser or of the feature
            extractor; no weights.
        """
        save_plain(folder, self.model.config, self.preparation)

    def _from_pretrained(self, source, **settings):
        """Build the model in float32; some files have float16."""
        own = {"dtype": torch.float32, **self._model_settings()}
        if self.pretrained:
            read = partial(self._read, source, **own, **settings)
            path = f"{self.layers_in}{self.family.layers}"
            layers = path, self.config.num_hidden_layers
            where = f"{self.key}: {source}"
            self.model = load_whole(read, self.unused, where, layers)
        else:
            self.model = AutoModel.from_config(
                self.config, trust_remote_code=False, **own
            )

    def _read(self, source, prefix, **settings):
        """The lobe's model, and what does not fit without a prefix of names."""
        self.prefix = prefix
        super()._from_pretrained(
            source,
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # refused later, by name
            key_mapping={f"^{re.escape(prefix)}": ""} if prefix else None,
            **settings,
        )
        if "model" in self._modules:  # of SpeechBrain's .ckpt
            return self._modules.pop("model"), self.fit
        return self.__dict__.pop("model")

    def _load_sb_pretrained_parameters(self, path):
        """Load SpeechBrain's .ckpt, and keep what does not fit."""
        state = self._modify_state_dict(path)
        if state is None:
            state = torch.load(path, map_location="cpu", weights_only=True)
        state = {k.removeprefix(self.prefix): v for k, v in state.items()}
        self.fit = fill(self.model, state)

    def _model_settings(self):
        """More keywords of the model's constructor."""
        return {}

    def _settle(self, layer_sum, frozen_layers):
        """Freeze layers and add the layer sum, once the model is built."""
        config = self.model.config
        self._check_frozen(frozen_layers)
        # A tuple: its parts are registered in the model.
        self.frozen = tuple(freeze(self.model, self.family, frozen_layers))
        self.n_frozen = frozen_layers
        if isinstance(frozen_layers, int) and frozen_layers < 0:
            self.n_frozen += config.num_hidden_layers
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

    def _check_frozen(self, frozen_layers):
        """Reject settings that frozen layers would silently undo."""
        if frozen_layers and not getattr(self, "freeze_cnn", True):
            raise InputError(
                f"frozen_layers: {frozen_layers} freezes the convolutions too, "
                "and freeze_cnn: False trains them. Use one of the two."
            )
        if (
            frozen_layers
            and getattr(self.model.config, "apply_spec_augment", False)
            and self.family.layerdrop
        ):
            raise InputError(
                "apply_spec_augment: True masks the input of the first layer "
                f"in training, and frozen_layers: {frozen_layers} keeps that "
                "layer in evaluation mode. Use one of the two."
            )


def config_of(
    source: str, key: str, pretrained: bool = True
) -> PretrainedConfig:
    """Load an encoder's config without its weights."""
    with loading(source, key, pretrained) as cache:
        return AutoConfig.from_pretrained(
            source, cache_dir=cache, trust_remote_code=False
        )


# Keys with paths of this machine.
OF_THIS_MACHINE = ("name_or_path", "_file")


def save_plain(folder: str | Path, *parts) -> None:
    """Write configs, tokenisers and feature extractors, without local paths."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    for part in parts:
        part.save_pretrained(folder)
    for path in Path(folder).glob("*config.json"):
        settings = json.loads(path.read_text(encoding="utf-8"))
        kept = {
            key: value
            for key, value in settings.items()
            if not key.endswith(OF_THIS_MACHINE)
        }
        text = json.dumps(kept, indent=2, ensure_ascii=False) + "\n"
        path.write_text(text, encoding="utf-8")
