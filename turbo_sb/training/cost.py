"""What a training took, beside how long its epochs were.

Authors
 * The turbo_sb developers 2026
"""

import re
import resource
import sys
from pathlib import Path

import torch


def measure_cost(model, device) -> dict:
    """Parameters of a model, and the most memory that the training has held.

    On a GPU, that is of the tensors there; else of the whole process. In MiB.
    """
    parameters = list(model.parameters())
    cost = {
        "parameters": sum(p.numel() for p in parameters),
        "trainable_parameters": sum(
            p.numel() for p in parameters if p.requires_grad
        ),
    }
    if torch.device(device).type == "cuda":
        peak, of = torch.cuda.max_memory_allocated(device), "GPU"
    else:
        peak, of = _peak_of_process(), "process"
    return {**cost, "peak_memory_mb": round(peak / 2**20), "peak_memory_of": of}


def _peak_of_process():
    """The most memory that this process has held, in bytes."""
    if sys.platform == "linux":
        # getrusage counts in what the parent held when it started this.
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        return int(re.search(r"VmHWM:\s*(\d+) kB", status)[1]) * 1024
    usage = resource.getrusage(resource.RUSAGE_SELF)  # in bytes on macOS
    return usage.ru_maxrss
