"""Whether a device is there, before anything is computed on it.

Authors
 * The turbo_sb developers 2026
"""

import os

from turbo_sb.utils.errors import InputError

DEVICES = "cpu, cuda, or cuda:0 for the first GPU"


def check_device(device: str, option: str = "--device") -> None:
    """Reject a device that is not there; torch is imported for others than cpu.

    Arguments
    ---------
    device : str
        As torch names it.
    option : str
        What it was given by.

    Raises
    ------
    InputError
        If torch has no such name, or this machine no such device.

    Example
    -------
    >>> check_device("cpu")
    >>> check_device("gpu")
    Traceback (most recent call last):
    ...
    turbo_sb.utils.errors.InputError: --device=gpu: expected cpu, cuda, or ...
    """
    if device == "cpu":
        return
    import torch

    where = f"{option}={device}"
    try:
        kind, index = torch.device(device).type, torch.device(device).index
    except (RuntimeError, TypeError) as error:
        raise InputError(f"{where}: expected {DEVICES}.") from error
    if kind == "meta":
        raise InputError(f"{where}: it holds no numbers. Expected {DEVICES}.")
    if kind == "cuda":
        _check_gpu(where, index or 0)
        return
    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError, ImportError) as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(
            f"{where}: this machine has none ({reason}). Expected {DEVICES}."
        ) from error


def check_own_gpu(backend: str) -> None:
    """Of several processes of torchrun, each needs a GPU, but with gloo."""
    local = os.environ.get("LOCAL_RANK")
    if local is not None and "RANK" in os.environ and backend != "gloo":
        where = f"process {local} of torchrun: --device=cuda:{local}"
        _check_gpu(where, int(local), " or --distributed_backend=gloo")


def has_accelerator() -> bool:
    """Whether SpeechBrain takes another device than the CPU by itself."""
    import torch

    return torch.accelerator.is_available()


def _check_gpu(where, index, otherwise=""):
    import torch

    count = torch.cuda.device_count()  # does not start the driver
    if not count:
        built = torch.version.cuda or torch.version.hip
        reason = "no GPU is visible" if built else "PyTorch is built for CPUs"
        raise InputError(
            f"{where}: {reason} here. Use --device=cpu{otherwise}, or see that "
            "nvidia-smi and torch.cuda.is_available() find one."
        )
    if index >= count:
        last = f" to cuda:{count - 1}" if count > 1 else ""
        raise InputError(
            f"{where}: {count} GPUs are visible here: cuda:0{last}. Use one of "
            f"them{otherwise}."
        )
