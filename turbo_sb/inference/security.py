"""Find what could run code in a folder, or fill the memory, before it is loaded.

Authors
 * The turbo_sb developers 2026
"""

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from turbo_sb.utils.errors import InputError

# Files that could hold code, and that nothing here writes or reads.
CODE = {".py", ".pyc", ".so", ".pkl", ".pickle", ".pt", ".pth", ".bin"}
CODE |= {".ckpt", ".joblib", ".h5", ".npy", ".npz", ".jinja"}
# Keys of Hugging Face's JSON files that name code, here or on the hub.
NAMES_CODE = {"auto_map", "custom_pipelines", "trust_remote_code"}
NAMES_CODE |= {"attribute_map"}  # which gives any of them another name
NAMES_CODE |= {"attn_implementation", "_attn_implementation", "use_kernels"}
NAMES_CODE |= {"_attn_implementation_internal", "quantization_config"}

# Of what transformers would look up among all that it has, these may be named.
TOKENIZERS = (
    *("Albert", "Bert", "DebertaV2", "Electra", "GPT2", "Roberta"),
    *("XLMRoberta", "Whisper", "Wav2Vec2CTC"),
)
CLASSES = {
    "tokenizer_class": {
        *(f"{name}Tokenizer" for name in TOKENIZERS),
        *(f"{name}TokenizerFast" for name in TOKENIZERS),
        *("PreTrainedTokenizerFast", "TokenizersBackend"),
    },
    "feature_extractor_type": {
        *("Wav2Vec2FeatureExtractor", "WhisperFeatureExtractor"),
    },
    "processor_class": {"Wav2Vec2Processor", "WhisperProcessor"},
    "image_processor_type": set(),
    "video_processor_type": set(),
}


# What an export has is less than half of each.
MOST_FILES, MOST_BYTES, DEEPEST = 1000, 2**25, 32
# Brackets and commas of a JSON file, each of which takes memory when parsed.
MOST_LISTS, MOST_VALUES = 10**6, 4 * 10**6
# Folders of git and of the hub's client, which nothing here reads.
UNREAD = (".git", ".cache")
# Where a regular file may be endless, or block whoever reads it.
SYSTEM = ("/proc/", "/sys/")
# Written by `turbo_sb.inference.neighbours`, which reads it when it is asked.
FACTS = "neighbours.json"
DISTRUST = "Do not trust this folder"


def refuse_code(folder: Path) -> None:
    """Reject pickles, Python files, JSON that names code, and no files."""
    for path in files_of(folder):
        name = path.name.lower()
        # Of weights in pieces: it names files of any kind.
        if path.suffix.lower() in CODE or name.endswith(".index.json"):
            raise InputError(
                f"{path}: a file of this kind can run code when it is loaded, "
                f"and no export has one. {DISTRUST}; if the file is yours, "
                "move it elsewhere."
            )
        if path == folder / FACTS or not name.endswith(".json"):
            continue
        if named := _names_code(path, read_json_of_others(path)):
            raise InputError(
                f"{path}: it has {named}, which names code to run. No export "
                "has that: do not trust this folder."
            )


def files_of(folder: Path) -> Iterator[Path]:
    """Yield the files, sorted; reject what is none, and links to folders."""
    waiting, found = [folder], []
    while waiting:
        for entry in sorted(os.scandir(waiting.pop()), key=lambda e: e.name):
            path = Path(entry.path)
            if path.parent == folder and entry.name in UNREAD:
                continue
            found.append(path)
            if len(found) > MOST_FILES:
                raise InputError(
                    f"{folder}: more than {MOST_FILES} files and folders in "
                    "it. Is it an export? Give its own folder."
                )
            if entry.is_dir(follow_symlinks=False):
                waiting.append(path)
                found.pop()
            else:
                _check_file(path)
    yield from sorted(found)


def _check_file(path):
    """The hub's cache links files, whose content is what is read here."""
    if path.is_symlink() and path.is_dir():
        raise InputError(
            f"{path}: a link to another folder, and no export has one. "
            f"{DISTRUST}."
        )
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}). Export or fetch the "
            "folder again."
        ) from error
    where = os.path.realpath(path)
    if not stat.S_ISREG(mode) or where.startswith(SYSTEM):
        raise InputError(
            f"{path}: a pipe, a device or another thing that is no file, and "
            f"no export has one. {DISTRUST}."
        )


def read_json_of_others(path: Path, most: int = MOST_BYTES) -> object:
    """Read JSON that may come from anybody: bounded in size and depth."""
    try:
        with open(path, "rb") as file:
            content = file.read(most + 1)
        lists = content.count(b"[") + content.count(b"{")
        values = content.count(b",")
        dense = lists > max(MOST_LISTS, most // 32)
        if dense or len(content) > most or values > max(MOST_VALUES, most // 8):
            raise InputError(
                f"{path}: {len(content):,} bytes or more, with {lists:,} lists "
                f"and {values:,} commas: no export has as many. {DISTRUST}."
            )
        return json.loads(content.decode("utf-8"))
    except InputError:
        raise
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"{path}: cannot be read as JSON ({error!s:.200}). Export or fetch "
            "the folder again."
        ) from error


def _names_code(path, content):
    """Return the first key that names code, at any depth."""
    waiting = [(content, 1)]
    while waiting:
        value, depth = waiting.pop()
        if depth > DEEPEST:
            raise InputError(
                f"{path}: lists in lists, more than {DEEPEST} deep: no export "
                f"has that. {DISTRUST}."
            )
        if isinstance(value, dict):
            # A tokenizer's vocabulary has any word for a key, with a number.
            found = [k for k in NAMES_CODE if value.get(k) not in (None, False)]
            if any(not isinstance(value[key], int | float) for key in found):
                return min(found)
            for key, known in CLASSES.items():
                own = value.get(key)
                if isinstance(own, str) and own not in known:
                    return f"{key}: {own!r:.60}"
            waiting += [(own, depth + 1) for own in value.values() if _has(own)]
        elif isinstance(value, list):
            waiting += [(own, depth + 1) for own in value if _has(own)]
    return None


def _has(value):
    """Whether there is something to look through."""
    return isinstance(value, dict | list) and bool(value)
