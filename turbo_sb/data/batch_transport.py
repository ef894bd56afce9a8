"""How batches and datasets go from one process to another.

Shared memory is the fastest way for a batch. Where it is too small, as the
64 MB that Docker gives, a batch goes through a pipe: torch alone would wait for
ever for one that could not be sent.

Authors
 * The turbo_sb developers 2026
"""

import dataclasses
import functools
import io
import pickle
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from speechbrain.utils.logger import get_logger

logger = get_logger(__name__)

SHARED = Path("/dev/shm")


class Packer(pickle.Pickler):
    """Pickles tensors with what they hold, without shared memory."""

    def reducer_override(self, value: Any) -> Any:
        """The bytes of a plain tensor; all else as Python does."""
        if type(value) is not torch.Tensor or value.device.type != "cpu":
            return NotImplemented
        if value.requires_grad or not value.numel():
            return NotImplemented
        flat = value.detach().contiguous().view(-1).view(torch.uint8)
        return _tensor, (bytearray(flat.numpy()), value.dtype, value.shape)


def _tensor(contents, dtype, shape):
    return torch.frombuffer(contents, dtype=dtype).view(shape)


def pack(value: Any) -> bytes:
    """Pickle a value; `pickle.loads` gives it back."""
    file = io.BytesIO()
    Packer(file, protocol=pickle.HIGHEST_PROTOCOL).dump(value)
    return file.getvalue()


class Packed:
    """A batch that arrives as what it was, through a pipe."""

    def __init__(self, batch: Any):
        self.contents = pack(batch)

    def __reduce__(self):
        return _unpack, (self.contents,)


def _unpack(contents):
    _say_slow()
    return pickle.loads(contents)


@functools.cache
def _say_slow():
    """Warn once of what costs time, where it can be mended."""
    free = ""
    if SHARED.is_dir():
        free = f" ({SHARED}: {shutil.disk_usage(SHARED).free >> 20} MB free)"
    logger.warning(
        f"shared memory{free} does not hold the batches that are read ahead: "
        "they go through pipes, which is slower. In Docker, give "
        "--shm-size=8g or --ipc=host; or use fewer --num_workers."
    )


@dataclasses.dataclass
class Sent:
    """Collate, in a process that reads, to what can be sent from there."""

    collate: Callable

    def __call__(self, examples: list) -> Any:
        """The batch, in shared memory if that holds it."""
        batch = self.collate(examples)
        if torch.utils.data.get_worker_info() is None:
            return batch
        try:
            for tensor in _tensors(vars(batch).values()):
                tensor.share_memory_()
        except (OSError, RuntimeError):
            return Packed(batch)
        return batch


def _tensors(values) -> Iterator[torch.Tensor]:
    """Those among values, and in tuples of them."""
    for value in values:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, tuple):
            yield from _tensors(value)
