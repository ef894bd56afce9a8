"""Find and load the files of an encoder, with errors that say what to do.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

from huggingface_hub.constants import HF_HUB_CACHE
from speechbrain.utils.logger import get_logger
from transformers.utils import logging as transformers_logging

from turbo_sb.utils.errors import InputError
from turbo_sb.utils.files import weights_only

logger = get_logger(__name__)

WEIGHTS = (".safetensors", ".bin", ".ckpt")
POINTER, POINTER_SIZE = b"version https://git-lfs", 1024  # bytes, at most
# One of each is enough. Without any, Hugging Face makes an empty tokeniser.
EXTRACTOR = ("preprocessor_config.json", "processor_config.json")
TOKENIZER = (
    *("tokenizer.json", "vocab.txt", "vocab.json", "spm.model"),
    *("spiece.model", "sentencepiece.bpe.model", "tokenizer.model"),
)


def check_source(source: str, key: str, pretrained: bool = True) -> None:
    """Reject a folder that holds no encoder."""
    folder = Path(source)
    if not pretrained and not folder.is_dir():
        raise InputError(
            f"{key}: {source} is not a folder. pretrained=False builds an encoder "
            "from a local folder."
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
    _check_pointers(folder, key)


def _check_pointers(folder, key):
    """Reject what Git LFS leaves in place of large files: a few lines of text."""
    found = []
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.stat().st_size < POINTER_SIZE:
            with open(path, "rb") as file:
                if file.read(len(POINTER)) == POINTER:
                    found.append(path.name)
    if found:
        raise InputError(
            f"{key}: the folder {folder} holds pointers of Git LFS in place of "
            f"{', '.join(found)}. Fetch the files: git lfs pull in it, or hf "
            "download."
        )


def check_preparation(source: str, key: str, expected: Sequence[str]) -> None:
    """Reject a folder without a tokeniser or a feature extractor."""
    if not Path(source).is_dir():
        return
    names = sorted(path.name for path in Path(source).iterdir())
    if not set(expected) & set(names):
        raise InputError(
            f"{key}: the folder {source} lacks the files that prepare the "
            f"encoder's input. Expected {' or '.join(expected)}; found {names}."
        )


@contextlib.contextmanager
def _bars_of(source):
    """Show progress bars for what comes from the hub, not for a local folder."""
    shown = transformers_logging.is_progress_bar_enabled()
    if Path(source).is_dir():
        transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            transformers_logging.enable_progress_bar()


@contextlib.contextmanager
def loading(source: str, key: str, pretrained: bool = True) -> Iterator[str]:
    """Yield the hub's cache folder; turn errors of loading into InputError."""
    check_source(source, key, pretrained)
    try:
        with weights_only(), warnings.catch_warnings(), _bars_of(source):
            warnings.filterwarnings("ignore", message=".*checkpointing_disable")
            yield HF_HUB_CACHE
    except InputError:
        raise
    except Exception as error:  # the hub's clients share no error class
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        reason = reason.rstrip(".")
        if Path(source).is_dir():
            raise InputError(
                f"{key}: the folder {source} cannot be loaded: {reason}. If a "
                "file is damaged or not whole, fetch it again."
            ) from error
        raise InputError(
            f"{key}: {source!r} is not a local folder, and cannot be fetched "
            f"from the Hugging Face hub ({reason}). Check the name and the network, "
            f"or fetch it elsewhere (hf download {source} --local-dir FOLDER) "
            f"and give --{key}=FOLDER."
        ) from error
