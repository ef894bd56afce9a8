"""What both encoders share: where weights come from, and dropout.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
import re
import warnings
from pathlib import Path

import torch
from huggingface_hub.constants import HF_HUB_CACHE
from speechbrain.utils.logger import get_logger

from turbo_sb.utils.errors import InputError
from turbo_sb.utils.files import weights_only

logger = get_logger(__name__)

WEIGHTS = (".safetensors", ".bin", ".ckpt")
# Either of each is enough. Without any, Hugging Face would make up a tokeniser
# that knows no word.
EXTRACTOR = ("preprocessor_config.json", "processor_config.json")
TOKENIZER = (
    *("tokenizer.json", "vocab.txt", "vocab.json", "spm.model"),
    *("spiece.model", "sentencepiece.bpe.model", "tokenizer.model"),
)


def check_source(source, key, pretrained=True):
    """Refuse an encoder folder that cannot be loaded, before anything tries.

    Arguments
    ---------
    source : str
        Local folder, or hub name such as "facebook/wav2vec2-base".
    key : str
        The YAML key that gave it, for the message.
    pretrained : bool
        Whether weights are needed. Without, only a folder will do.

    Example
    -------
    >>> check_source("facebook/wav2vec2-base", "my_key")  # of the hub
    >>> check_source("./wav2vec2-base", "my_key")
    Traceback (most recent call last):
    ...
    turbo_sb.utils.errors.InputError: my_key: there is no folder ./wav2vec2-base.
    """
    folder = Path(source)
    if not pretrained and not folder.is_dir():
        raise InputError(
            f"{key}: {source} is no folder, from which an encoder is built "
            "with pretrained=False."
        )
    looks_local = source.startswith((".", "/", "~")) or source.count("/") > 1
    if not folder.is_dir():
        if looks_local:
            raise InputError(f"{key}: there is no folder {source}.")
        return
    names = sorted(path.name for path in folder.iterdir())
    has_weights = any(name.endswith(WEIGHTS) for name in names)
    if "config.json" not in names or not (has_weights or not pretrained):
        weights = " and weights (*.safetensors or *.bin)" if pretrained else ""
        raise InputError(
            f"{key}: the folder {source} holds no Hugging Face model. "
            f"Expected config.json{weights}; found {names or 'nothing'}."
        )


def check_preparation(source, key, expected):
    """Refuse a folder without what prepares an encoder's input.

    Arguments
    ---------
    source : str
        Local folder, or hub name, which passes.
    key : str
        The YAML key that gave it, for the message.
    expected : sequence of str
        Names of files of which one is needed: `EXTRACTOR` or `TOKENIZER`.

    Example
    -------
    >>> check_preparation(getfixture("tmp_path"), "my_key", EXTRACTOR)
    Traceback (most recent call last):
    ...
    turbo_sb.utils.errors.InputError: my_key: the folder ... lacks what prepares ...
    """
    if not Path(source).is_dir():
        return
    names = sorted(path.name for path in Path(source).iterdir())
    if not set(expected) & set(names):
        raise InputError(
            f"{key}: the folder {source} lacks what prepares the encoder's "
            f"input. Expected {' or '.join(expected)}; found {names}."
        )


@contextlib.contextmanager
def loading(source, key, pretrained=True):
    """Say what to do when an encoder cannot be loaded.

    Arguments
    ---------
    source : str
        Local folder or hub name.
    key : str
        The YAML key that gave it, for the message.
    pretrained : bool
        As in `check_source`.

    Yields
    ------
    str
        The folder in which the hub's files are kept, shared by all runs.

    Example
    -------
    >>> with loading("my/name", "my_key"):
    ...     raise OSError("there is no network")
    Traceback (most recent call last):
    ...
    turbo_sb.utils.errors.InputError: my_key: 'my/name' is no local folder, and ...
    """
    check_source(source, key, pretrained)
    try:
        with weights_only(), warnings.catch_warnings():
            # Of what SpeechBrain calls.
            warnings.filterwarnings("ignore", message=".*checkpointing_disable")
            yield HF_HUB_CACHE
    except InputError:
        raise
    except Exception as error:  # the hub's clients share no error class
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        if Path(source).is_dir():
            raise InputError(
                f"{key}: the folder {source} cannot be loaded: {reason}"
            ) from error
        raise InputError(
            f"{key}: {source!r} is no local folder, and the Hugging Face hub "
            f"does not give it ({reason}). Check the name and the network, "
            f"or fetch it elsewhere (hf download {source} --local-dir FOLDER) "
            f"and give --{key}=FOLDER."
        ) from error


def set_dropout(config, probabilities):
    """Set dropout in a config, before the layers are built from it.

    A built nn.Dropout keeps its own p: changing the config later does nothing.

    Arguments
    ---------
    config : transformers.PretrainedConfig
        Changed in place.
    probabilities : dict
        Config attribute to probability; None leaves the checkpoint's own.

    Returns
    -------
    config : transformers.PretrainedConfig

    Example
    -------
    >>> from transformers import BertConfig
    >>> set_dropout(BertConfig(), {"hidden_dropout_prob": 0.2}).hidden_dropout_prob
    0.2
    """
    for name, probability in probabilities.items():
        if probability is None:
            continue
        number = isinstance(probability, int | float)
        if not number or not 0 <= probability < 1:
            raise InputError(f"dropout: {probability} is not in [0, 1).")
        if not hasattr(config, name):
            raise InputError(
                f"{type(config).__name__} has no {name!r}, so dropout from "
                "the YAML would not reach this encoder's layers."
            )
        setattr(config, name, probability)
    return config


def effective_dropout(module):
    """Read dropout off the built layers, not off any config.

    Arguments
    ---------
    module : torch.nn.Module
        A built encoder or model.

    Returns
    -------
    probabilities : dict
        Layer name without its number to the probability in force.

    Example
    -------
    >>> layers = torch.nn.Sequential(torch.nn.Dropout(0.2), torch.nn.Dropout(0.2))
    >>> effective_dropout(torch.nn.ModuleDict({"layers": layers}))
    {'layers': 0.2}
    """
    found = {}
    for path, layer in module.named_modules():
        name = re.sub(r"(?:^|\.)\d+(?=\.|$)", "", path)
        if isinstance(layer, torch.nn.Dropout):
            found[name] = layer.p
            continue
        # Numbers, where dropout is a function: of attention, within its
        # kernel, and all over Whisper.
        for key, p in vars(layer).items():
            if key.endswith("dropout") and type(p) in (int, float):
                part = "" if key == "dropout" else key
                found[".".join(filter(None, (name, part)))] = p
    return found


def log_dropout(name, module):
    """Log the dropout in force, and warn when the views cannot differ.

    Arguments
    ---------
    name : str
        The encoder's name in the log.
    module : torch.nn.Module
        A built encoder.
    """
    found = effective_dropout(module)
    text = ", ".join(f"{path or name} {p:g}" for path, p in found.items())
    logger.info(f"{name}: dropout in force: {text or 'none'}")
    if not any(found.values()):
        logger.warning(
            f"{name}: all dropout is 0. Two views of an utterance would be "
            "identical, and an in-modal term only push utterances apart."
        )
