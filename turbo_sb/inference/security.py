"""Find what could run code in a folder, before anything is loaded.

Authors
 * The turbo_sb developers 2026
"""

import json

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


def refuse_code(folder) -> None:
    """Reject pickles, Python files, and JSON that names code."""
    for path in sorted(folder.rglob("*")):
        if path.relative_to(folder).parts[0] == ".git":
            continue
        # The hub's cache links files, whose content is what is read here.
        if path.is_symlink() and path.is_dir():
            raise InputError(
                f"{path}: a link to another folder, and no export has one. Do "
                "not trust this folder."
            )
        name = path.name.lower()
        # Of weights in pieces: it names files of any kind.
        if path.suffix.lower() in CODE or name.endswith(".index.json"):
            raise InputError(
                f"{path}: a file of this kind can run code when it is loaded, "
                "and no export has one. Do not trust this folder; if the file "
                "is yours, move it elsewhere."
            )
        if name.endswith(".json") and (named := _names_code(path)):
            raise InputError(
                f"{path}: it has {named}, which names code to run. No export "
                "has that: do not trust this folder."
            )


def _names_code(path):
    """Return the first key that names code, at any depth."""
    try:
        waiting = [json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path}: cannot be read as JSON ({error}). Export or fetch the "
            "folder again."
        ) from error
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            # A tokenizer's vocabulary has any word for a key, with a number.
            found = [k for k in NAMES_CODE if value.get(k) not in (None, False)]
            if any(not isinstance(value[key], int | float) for key in found):
                return min(found)
            for key, known in CLASSES.items():
                own = value.get(key)
                if isinstance(own, str) and own not in known:
                    return f"{key}: {own}"
            waiting += value.values()
        elif isinstance(value, list) and value:
            if not all(isinstance(item, str) for item in value):
                waiting += value
    return None
