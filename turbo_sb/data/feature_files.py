"""One utterance's features in a file that says what it is.

The format is safetensors, which is read through a memory map and knows
bfloat16. Beside the tensor, a file holds the keys of what it was made from,
and a checksum.

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
    """A file does not hold what it should.

    Example
    -------
    >>> raise DamagedFile("its checksum is another")
    Traceback (most recent call last):
    ...
    turbo_sb.data.feature_files.DamagedFile: its checksum is another
    """


def write_features(path, features, keys):
    """Write a file that is there whole or not at all.

    Two processes may write one file at once: the last one counts.

    Arguments
    ---------
    path : str or pathlib.Path
        The file; its folder is made if it is not there.
    features : (frames, channels) torch.Tensor
        Of any type of floats.
    keys : dict
        What they were made from, str to str.

    Example
    -------
    >>> path = getfixture("tmp_path") / "new" / "a.safetensors"
    >>> write_features(path, torch.tensor([[1.5]]), {"model": "ab"})
    >>> read_features(path, {"model": "ab"})
    tensor([[1.5000]])
    """
    path, features = Path(path), features.cpu().contiguous()
    path.parent.mkdir(parents=True, exist_ok=True)
    facts = {**keys, "checksum": checksum(features)}
    content = safetensors.torch.save({NAME: features}, facts)
    with replacing(path) as draft:
        draft.write_bytes(content)


def read_features(path, keys):
    """Read a file, if it holds what was made from the same.

    Arguments
    ---------
    path : str or pathlib.Path
        The file.
    keys : dict
        As in `write_features`.

    Returns
    -------
    features : (frames, channels) torch.Tensor
        Memory-mapped. None if there is no such file.

    Raises
    ------
    DamagedFile
        If it is cut short, was changed, or was made from something else.
    """
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            facts, features = file.metadata() or {}, file.get_tensor(NAME)
    except FileNotFoundError:
        return None
    except (OSError, safetensors.SafetensorError) as error:
        raise DamagedFile(str(error)) from error
    for key, value in keys.items():
        if facts.get(key) != value:
            raise DamagedFile(f"it is of another {key}")
    if features.dim() != 2 or facts.get("checksum") != checksum(features):
        raise DamagedFile("its checksum is not that of its features")
    return features


def checksum(features):
    """What changes with any bit of the features, and with their shape.

    Arguments
    ---------
    features : (frames, channels) torch.Tensor
        Contiguous, on the CPU.

    Returns
    -------
    checksum : str

    Example
    -------
    >>> checksum(torch.zeros(2, 3)) == checksum(torch.zeros(3, 2))
    False
    """
    shape = f"{features.dtype} {tuple(features.shape)}".encode()
    payload = features.view(torch.uint8).numpy()
    return f"{zlib.crc32(payload, zlib.crc32(shape)):08x}"
