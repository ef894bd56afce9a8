"""The files that an encoder is built from when its weights come elsewhere.

Authors
 * The turbo_sb developers 2026
"""

import json
from pathlib import Path

# Where a file lay on this machine is nobody else's business, nor of use.
OF_THIS_MACHINE = ("name_or_path", "_file")


def save_plain(folder, *parts):
    """Write configs, tokenisers and feature extractors, without weights.

    Arguments
    ---------
    folder : str or pathlib.Path
        Is made if need be.
    *parts
        Have Hugging Face's ``save_pretrained``.

    Example
    -------
    >>> from transformers import BertConfig
    >>> folder = getfixture("tmp_path")
    >>> save_plain(folder, BertConfig(name_or_path="/home/me/bert"))
    >>> "/home/me" in (folder / "config.json").read_text()
    False
    """
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
