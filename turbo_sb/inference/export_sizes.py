"""The sizes of an export's model: no more than its weights hold.

A configuration of a few bytes may ask for any number of layers of any width.
Before a model is built, the names and shapes in the header of its weights say how
much that can be.

Authors
 * The turbo_sb developers 2026
"""

import json
import math
from pathlib import Path

from torch.utils._python_dispatch import TorchDispatchMode

from turbo_sb.encoders.families import AUDIO, TEXT
from turbo_sb.inference.security import read_json_of_others
from turbo_sb.utils.errors import InputError

# Of a header: the largest models of the known families have 2,000 tensors.
MOST_HEADER, MOST_TENSORS = 2**23, 20_000
MOST_CONFIG = 2**20  # bytes
LARGEST = 10**7  # number in a configuration: sizes, and ids of tokens
# Numbers for which transformers fills lists before it makes a layer.
COUNTS = ("layers", "n_layer", "num_labels", "_groups", "group_num")
MOST_COUNTED, MOST_ITEMS = 10_000, 1000
# What Whisper's filters are computed from, and the files that say it: from the
# second, transformers takes it first.
PREPARERS = ("preprocessor_config.json", "processor_config.json")
PREPARATION = {
    "feature_size": 1024,
    "n_fft": 2**14,
    "hop_length": 2**12,
    "chunk_length": 600,
}
# How a recogniser searches, with the memory that it takes: of Whisper, 5 beams
# and 448 tokens. A cache may be made for all tokens before the first.
GENERATION = {
    "num_beams": 16,
    "num_beam_groups": 16,
    "num_return_sequences": 16,
    "num_assistant_tokens": 1024,
    "max_length": 4096,
    "max_new_tokens": 4096,
    "min_length": 4096,
    "min_new_tokens": 4096,
    "max_cache_len": 4096,
}
SHORTEST_HOP = 16  # samples from a frame to the next
FAMILIES = {"audio": AUDIO, "text": TEXT}
# What is made beside the weights: buffers, and tensors that are not kept.
MORE_TENSORS, MORE_BYTES = 1000, 2**28


def check_sizes(folder: Path, modalities: list[str]) -> None:
    """Reject configurations and headers that no model of this package has."""
    for path in sorted(folder.rglob("*.safetensors")):
        read_shapes(path)
    for path in sorted(folder.rglob("*config.json")):
        _check_config(path)
    for name in modalities:
        path = folder / name / "config.json"
        config = read_json_of_others(path, MOST_CONFIG)
        own, known = config.get("model_type"), FAMILIES[name]
        if not isinstance(own, str) or own not in known:
            raise InputError(
                f"{path}: model_type: {own!r:.60}; expected one of "
                f"{sorted(known)}."
            )
        hops = config.get("conv_stride", [SHORTEST_HOP])
        good = isinstance(hops, list) and all(type(x) is int for x in hops)
        if not good or min(hops) < 1 or math.prod(hops) < SHORTEST_HOP:
            raise InputError(
                f"{path}: conv_stride: {hops!r:.60}; expected whole numbers, "
                f"whose product is {SHORTEST_HOP} or more."
            )


def _check_config(path):
    """Check the numbers of a JSON file of Hugging Face."""
    config = read_json_of_others(path, MOST_CONFIG)
    if not isinstance(config, dict):
        raise InputError(f"{path}: expected an object, it is {config!r:.60}.")
    # A tokenizer says that there is no limit by a number of 31 digits.
    skipped = path.name == "tokenizer_config.json"
    bounds = PREPARATION if path.name in PREPARERS else GENERATION
    waiting = [] if skipped else [(None, config)]
    while waiting:
        key, value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.items()
        elif isinstance(value, list):
            waiting += [(key, item) for item in value]
            _check_length(path, key, value)
        most = bounds.get(key, LARGEST)
        if isinstance(key, str) and key.endswith(COUNTS):
            most = MOST_COUNTED
        kinds = int | float if key in bounds else int
        if isinstance(value, kinds) and not -LARGEST <= value <= most:
            raise InputError(
                f"{path}: {key!s:.60}: {value!r:.60}; expected {most:,} at "
                "most. Export or fetch the folder again."
            )


def _check_length(path, key, items):
    """Reject a list with more than one item for each of some 1,000 layers."""
    if path.name == "config.json" and len(items) > MOST_ITEMS:
        raise InputError(
            f"{path}: {key!s:.60}: a list of {len(items):,}; expected "
            f"{MOST_ITEMS:,} at most. Export or fetch the folder again."
        )


def read_shapes(path: Path) -> dict[str, list[int]]:
    """Names and shapes in the header of a safetensors file."""
    try:
        return _read_header(path)
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"{path}: cannot be read as safetensors ({error!s:.200}). Export or "
            "fetch the folder again."
        ) from error


def _read_header(path):
    size = path.stat().st_size
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= min(size - 8, MOST_HEADER):
            raise ValueError(
                f"its header is of {length:,} bytes; expected 2 to "
                f"{min(size - 8, MOST_HEADER):,}"
            )
        header = json.loads(file.read(length).decode("utf-8"))
    if not isinstance(header, dict) or len(header) > MOST_TENSORS:
        raise ValueError(
            f"expected {MOST_TENSORS:,} tensors by name, at most; its header "
            f"has {len(header):,}"
            if isinstance(header, dict)
            else f"expected tensors by name; its header is {header!r:.60}"
        )
    header.pop("__metadata__", None)
    shapes = {name: _shape(name, facts) for name, facts in header.items()}
    # The smallest types have two values a byte.
    if sum(map(math.prod, shapes.values())) > 2 * (size - 8 - length):
        raise ValueError("its header names more values than it holds")
    return shapes


def _shape(name, facts):
    shape = facts.get("shape") if isinstance(facts, dict) else None
    good = isinstance(shape, list) and len(shape) < 10
    if not good or any(type(n) is not int or n < 0 for n in shape):
        raise ValueError(f"{name!r:.60}: the shape {shape!r:.60}")
    return shape


class Allowance(TorchDispatchMode):
    """While it is on, no more tensors are made than some weights account for.

    >>> import torch
    >>> import torch
    >>> with Allowance({"w": [2, 3]}):
    ...     torch.nn.Linear(10**6, 10**5)
    Traceback (most recent call last):
    ...
    ValueError: the configurations ask for more than the weights hold, 1 tensors of 6 values
    """

    def __init__(self, shapes):
        super().__init__()
        held = sum(map(math.prod, shapes.values()))
        self.bytes_left = 8 * held + MORE_BYTES  # each twice, in float32
        self.tensors_left = 4 * len(shapes) + MORE_TENSORS
        self.held = f"{len(shapes):,} tensors of {held:,} values"

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        """Count what an operation without inputs would make, then run it."""
        kwargs = kwargs or {}
        if "device" in kwargs and not types:
            self._count(func(*args, **{**kwargs, "device": "meta"}))
        return func(*args, **kwargs)

    def _count(self, made):
        """`made` takes no memory: it is on torch's meta device."""
        self.tensors_left -= 1
        self.bytes_left -= made.numel() * made.element_size()
        if min(self.tensors_left, self.bytes_left) < 0:
            raise ValueError(
                "the configurations ask for more than the weights hold, "
                f"{self.held}"
            )
