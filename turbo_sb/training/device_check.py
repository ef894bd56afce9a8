"""Device and precision of a training, checked before its data is prepared.

Authors
 * The turbo_sb developers 2026
"""

from turbo_sb.utils.devices import (
    check_device,
    check_own_gpu,
    has_accelerator,
)
from turbo_sb.utils.errors import InputError

PRECISIONS = ("precision", "eval_precision")
OLD = {"auto_mix_prec": "fp16", "bfloat16_mix_prec": "bf16"}


def check_device_and_precision(run_opts, settings: dict) -> None:
    """Reject a device that is not there, and what it cannot compute in.

    Torch is imported only where it has to be asked.

    Arguments
    ---------
    run_opts : speechbrain.utils.run_opts.RunOptions
        Of the command line, which wins.
    settings : dict
        The YAML, which may have run options too.

    Raises
    ------
    InputError
        For the first of them.
    """
    options = {
        key: run_opts[key]
        if key in run_opts.overridden_args
        else settings.get(key, run_opts[key])
        for key in ("device", "distributed_backend", *PRECISIONS, *OLD)
    }
    check_own_gpu(options["distributed_backend"])
    device = options["device"]
    if device is not None:
        check_device(str(device))
    asked = {f"--{key}": options[key] for key in PRECISIONS}
    asked |= {f"--{key}": kind for key, kind in OLD.items() if options[key]}
    for option, kind in asked.items():
        _check_precision(option, kind, device)


def _check_precision(option, kind, device):
    """Mixed precision needs a device that has it."""
    if kind == "fp16" and _on_cpu(device):
        raise InputError(
            f"{option}: fp16 is not for a CPU. Use --precision=bf16 or fp32, "
            "or a GPU."
        )
    if kind == "bf16" and str(device).startswith("cuda"):
        import torch

        if not torch.cuda.is_bf16_supported():
            raise InputError(
                f"{option}: {device} cannot compute in bf16. Use "
                "--precision=fp16 or fp32."
            )


def _on_cpu(device):
    if device is None:
        return not has_accelerator()
    return str(device).partition(":")[0] == "cpu"
