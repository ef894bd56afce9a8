"""Decode a stranger's recording in a process of its own, which may be killed.

What comes back is one line of JSON and plain samples: no pickle.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
import json
import logging
import math
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np

from turbo_sb.data.audio_io import read_samples
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.logs import get_logger

logger = get_logger(__name__)

SECONDS = 60  # for decoding
MEMORY = 2**31  # bytes, of the process
DECODED = 2**29  # bytes of samples: 10 minutes of stereo at 96 kHz are 461 MB
MODULE = "turbo_sb.inference.app.decoder"
ROOT = Path(__file__).resolve().parents[3]
CONVERT = "Convert it to a WAV file of 16 kHz and one channel."
ENDED = "not decoded within {} s and {} MB of memory. " + CONVERT
LARGE = "more than {} MB of samples. " + CONVERT


def read_apart(
    path: str | Path,
    start: float | None = None,
    stop: float | None = None,
    shortest: float = 0.0,
    longest: float = math.inf,
) -> tuple[np.ndarray, int]:
    """Read as `read_samples` does, in another process."""
    asked = [str(path), start, stop, shortest, longest]
    limits = [SECONDS, MEMORY, DECODED]
    # What a decoder writes on its way is deleted, however it ends.
    with tempfile.TemporaryDirectory(dir=Path(path).parent) as scratch:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", MODULE, json.dumps([limits, asked])],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=_environment(scratch),
        )
        timer = threading.Timer(SECONDS, _kill, [process])
        timer.start()
        try:
            return _receive(process.stdout, path)
        finally:
            timer.cancel()
            _kill(process)
            process.stdout.close()
            process.wait()


def _environment(scratch):
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "TMPDIR": scratch,
        # Each thread reserves memory, of which there is a limit.
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }


def _kill(process):
    """Kill it, and what it has started."""
    with contextlib.suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _receive(pipe, path):
    """Return samples and rate; nothing that comes is taken at its word."""
    try:
        head = json.loads(pipe.readline(2**16))
        for line in head["warnings"]:
            logger.warning(str(line))
        if head["error"] is not None:
            raise InputError(str(head["error"]))
        n, channels, rate = (int(head[k]) for k in ("n", "channels", "rate"))
        if not (min(n, channels, rate) > 0 and 4 * n * channels <= DECODED):
            raise ValueError(head)
        samples = np.empty((n, channels), dtype="float32")
        if pipe.readinto(memoryview(samples).cast("B")) < samples.nbytes:
            raise EOFError
    except InputError:
        raise
    except (EOFError, KeyError, TypeError, ValueError, RecursionError) as error:
        said = ENDED.format(SECONDS, MEMORY // 2**20)
        raise InputError(f"{path}: {said}") from error
    return samples, rate


def main() -> None:
    """Read what the command line asks for, and send it to standard output."""
    limits, (path, *where) = json.loads(sys.argv[1])
    _limit(*limits)
    handler, warnings = logging.Handler(logging.WARNING), []
    handler.emit = lambda record: warnings.append(record.getMessage())
    logging.getLogger("turbo_sb").addHandler(handler)
    said = {"warnings": warnings, "error": None}
    samples, rate = np.empty((0, 1), dtype="float32"), 0
    try:
        samples, rate = read_samples(path, *where)
        if samples.nbytes > limits[-1]:
            raise MemoryError
    except InputError as error:
        said["error"] = str(error)
    except MemoryError:
        samples = samples[:0]
        said["error"] = f"{path}: {LARGE.format(limits[-1] // 2**20)}"
    said |= {"n": len(samples), "channels": samples.shape[1], "rate": rate}
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n")
    sys.stdout.buffer.write(np.ascontiguousarray(samples).data.cast("B"))
    sys.stdout.buffer.flush()


def _limit(seconds, memory, decoded):
    """Bound memory, time and files of this process; where the system can."""
    try:
        import resource
    except ImportError:  # Windows: the time is bounded, by its parent
        return
    limits = {"AS": memory, "CPU": seconds, "FSIZE": decoded, "CORE": 0}
    for name, most in limits.items():
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most,) * 2)
    signal.alarm(seconds)  # if nobody is left who would kill it


if __name__ == "__main__":
    main()
