"""Weights that no step changes, kept once beside a run's checkpoints.

Authors
 * The turbo_sb developers 2026
"""

import functools
import hashlib
from collections.abc import Callable
from pathlib import Path

import torch
from speechbrain.utils.checkpoints import (
    PARAMFILE_EXT,
    torch_patched_state_dict_load,
)
from speechbrain.utils.logger import get_logger

from turbo_sb.utils.checksums import find_damage, flush, write_sums
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.files import DRAFT

logger = get_logger(__name__)

FROZEN = "frozen+"  # begins a folder's name; their hash follows
KEY = "frozen"  # in a checkpoint's meta data: the folder's name


def frozen_states(recoverables: dict) -> dict[str, dict[str, torch.Tensor]]:
    """Frozen parameters by recoverable, of those that have any."""
    found = {
        name: {
            key: parameter.detach()
            for key, parameter in item.named_parameters(remove_duplicate=False)
            if not parameter.requires_grad
        }
        for name, item in recoverables.items()
        if isinstance(item, torch.nn.Module)
    }
    return {name: state for name, state in found.items() if state}


def folder_name(states: dict) -> str:
    """Name a folder by what is in it."""
    found = hashlib.blake2b(digest_size=16)
    for name, state in sorted(states.items()):
        for key, weight in sorted(state.items()):
            about = name, key, str(weight.dtype), tuple(weight.shape)
            found.update(repr(about).encode())
            flat = weight.cpu().contiguous().view(-1).view(torch.uint8)
            found.update(flat.numpy())
    return FROZEN + found.hexdigest()


def keep(folder: Path, states: dict) -> str:
    """Write frozen weights, unless they are there; return the folder's name."""
    name = folder_name(states)
    path = folder / name
    if path.is_dir() and not find_damage(path):
        return name
    remove(path)
    draft = folder / (DRAFT + name)
    draft.mkdir()
    for own, state in states.items():
        torch.save(state, draft / f"{own}{PARAMFILE_EXT}")
    write_sums(draft)
    draft.rename(path)
    flush(folder)
    return name


def remove(path: Path) -> None:
    """Delete a folder; half of it must not be taken for one."""
    if path.is_dir():
        draft = path.rename(path.with_name(DRAFT + path.name))
        for file in draft.iterdir():
            file.unlink()
        draft.rmdir()


def save_trained(item: torch.nn.Module, path: Path) -> None:
    """Save all but frozen parameters."""
    ((_, frozen),) = frozen_states({"": item}).items()
    state = item.state_dict()
    torch.save({k: v for k, v in state.items() if k not in frozen}, path)


def load_hooks(
    folder: Path, name: str, recoverables: dict
) -> dict[str, Callable]:
    """How to load recoverables, parts of which are in a folder of their own."""
    path = folder / name
    damage = find_damage(path) if path.is_dir() else "it is missing"
    states = {}
    if damage is None:
        for file in path.glob(f"*{PARAMFILE_EXT}"):
            states[file.stem] = torch_patched_state_dict_load(file)
    else:
        states = frozen_states(recoverables)
        if folder_name(states) != name:
            raise InputError(
                f"{path}: {damage}. It holds the frozen weights of every "
                "checkpoint there. Put it back, or train again in another "
                "--output_folder with the encoders that it was made of."
            )
        logger.warning(
            f"{path}: {damage}. The encoders' sources have the same weights, "
            "which are used."
        )
    return {
        own: functools.partial(_load, state) for own, state in states.items()
    }


def _load(frozen, item, path, end_of_epoch):
    """Load what was trained, and what was not."""
    item.load_state_dict({**frozen, **torch_patched_state_dict_load(path)})
