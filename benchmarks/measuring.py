"""What the benchmarks share: clocks, memory, the machine's name, and tables.

Authors
 * The turbo_sb developers 2026
"""

import ctypes
import json
import platform
import resource
import subprocess
import sys
from pathlib import Path


def processor():
    """Name the CPU, where the system tells it."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = [x.split(":")[1].strip() for x in lines if "model name" in x]
    return names[0] if names else platform.processor() or platform.machine()


def peak():
    """The most memory that this process has held."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1e6 if sys.platform == "darwin" else most * 1024 / 1e6


def afresh(script, *arguments):
    """Run a script in a process of its own, which prints JSON."""
    command = [sys.executable, script, *map(str, arguments)]
    result = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return json.loads(result.stdout)


def give_back_memory():
    """Return to the system what was freed; glibc keeps pieces of it.

    Otherwise, the pieces that ten models leave add up to more than the
    machine has.
    """
    if sys.platform == "linux":
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def print_head(names, n_words=1):
    """Print the head of a Markdown table."""
    print_row(names)
    numbers = len(names) - n_words
    print("|" + "---|" * n_words + "--:|" * numbers)


def print_row(cells):
    """Print a row of a Markdown table, at once."""
    print("| " + " | ".join(cells) + " |", flush=True)
