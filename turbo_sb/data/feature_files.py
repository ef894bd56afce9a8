"""Write and read one utterance's features, with their keys and a checksum.

The format is safetensors, which is read through a memory map and has bfloat16.

Authors
 * The turbo_sb developers 2026
"""

import zlib
from pathlib import Path

import safetensors.torch
import torch

from turbo_sb.utils.files import replacing

NAME = "features"


class DamagedFile(Exception):
    """A file does not hold what it should."""


def write_features(
    path: str | Path, features: torch.Tensor, keys: dict[str, str]
) -> None:
    """Write (frames, channels) to a file that appears whole or not at all."""
    # Two processes may write one file at once: the last one counts.
    path, features = Path(path), features.cpu().contiguous()
    path.parent.mkdir(parents=True, exist_ok=True)
    facts = {**keys, "checksum": checksum(features)}
    content = safetensors.torch.save({NAME: features}, facts)
    with replacing(path) as draft:
        draft.write_bytes(content)


def read_features(
    path: str | Path, keys: dict[str, str]
) -> torch.Tensor | None:
    """Map (frames, channels) into memory, if made with the same keys."""
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            facts, features = file.metadata() or {}, file.get_tensor(NAME)
    except FileNotFoundError:
        return None
    except (OSError, safetensors.SafetensorError) as error:
        raise DamagedFile(str(error)) from error
    for key, value in keys.items():
        if facts.get(key) != value:
            raise DamagedFile(f"its {key} is another")
    if features.dim() != 2 or facts.get("checksum") != checksum(features):
        raise DamagedFile("its checksum does not match its features")
    return features


def checksum(features: torch.Tensor) -> str:
    """Hash the bits, type and shape of a contiguous tensor."""
    shape = f"{features.dtype} {tuple(features.shape)}".encode()
    payload = features.view(torch.uint8).numpy()
    return f"{zlib.crc32(payload, zlib.crc32(shape)):08x}"
