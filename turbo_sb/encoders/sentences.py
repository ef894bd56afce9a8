"""The pooling that a sentence encoder was trained with.

sentence-transformers saves it beside the model: modules.json names a folder,
whose config.json says how tokens become one vector.

Authors
 * The turbo_sb developers 2026
"""

import json

from speechbrain.utils.logger import get_logger
from transformers.utils import cached_file

logger = get_logger(__name__)

MODULES = "modules.json"
# Beside a model that was copied without modules.json.
TRACES = ("sentence_bert_config.json", "config_sentence_transformers.json")
# Names of versions before 5, which have a flag each, and after.
KNOWN = {
    "cls_token": "cls",
    "cls": "cls",
    "mean_tokens": "mean",
    "mean": "mean",
    "lasttoken": "last",
}
FLAG = "pooling_mode_"


def sentence_pooling(source: str, key: str) -> tuple[str, str] | None:
    """Pooling of a sentence encoder, and what says so; None for another."""
    modules = _read(source, MODULES) or []
    folders = [m["path"] for m in modules if m["type"].endswith(".Pooling")]
    if not folders:
        found = modules or any(_find(source, name) for name in TRACES)
        return ("mean", "a sentence encoder") if found else None
    name = f"{folders[0]}/config.json"
    settings = _read(source, name)
    if settings is None:
        return "mean", f"{MODULES}; there is no {name}"
    modes = _modes(settings)
    if len(modes) == 1 and modes[0] in KNOWN:
        return KNOWN[modes[0]], name
    logger.warning(
        f"{key}: {source}: {name} says {' and '.join(modes) or 'nothing'}; "
        "expected cls, mean or the last token. The mean is taken: set "
        "text_encoder.pooling for another."
    )
    return "mean", name


def _modes(settings):
    """Names of all poolings that are side by side."""
    if "pooling_mode" in settings:
        modes = settings["pooling_mode"]
        return [modes] if isinstance(modes, str) else list(modes)
    flags = [key for key, on in settings.items() if on and key.startswith(FLAG)]
    return [key.removeprefix(FLAG) for key in flags]


def _find(source, name):
    """A file's path, in a folder or fetched from the hub; None without one."""
    return cached_file(
        source,
        name,
        _raise_exceptions_for_gated_repo=False,
        _raise_exceptions_for_missing_entries=False,
        _raise_exceptions_for_connection_errors=False,
    )


def _read(source, name):
    if (path := _find(source, name)) is None:
        return None
    with open(path, encoding="utf-8") as file:
        return json.load(file)
