"""Scripts in forks of a process that has imported everything.

To import torch, SpeechBrain and transformers takes 5 s, more than most
scripts here run for. `start` is called as subprocess.Popen is, and what it
returns is used as a Popen is; a few tests start real interpreters.

Authors
 * The turbo_sb developers 2026
"""

import atexit
import contextlib
import multiprocessing
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

ROOT = Path(__file__).parents[1]
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.preloaded"])
STARTED = []
# Seconds for ranks to end by themselves when one has failed.
PATIENCE = 30


class Fork:
    """A script's process, or those of its ranks; used as a Popen.

    Arguments
    ---------
    processes : list of multiprocessing.Process
        Started.
    output : str
        The file that all of them write to.
    """

    def __init__(self, processes, output):
        self.processes, self.output = processes, output
        self.pid, self.failed = processes[0].pid, None
        STARTED.append(self)

    def poll(self):
        """Exit code; None while one runs. One that fails ends the others."""
        codes = [process.exitcode for process in self.processes]
        if any(codes):
            self.failed = self.failed or time.monotonic()
            if time.monotonic() - self.failed > PATIENCE:
                self.send_signal(signal.SIGKILL)
        if None in codes:
            return None
        return next((code for code in codes if code), 0)

    returncode = property(poll)

    @property
    def stdout(self):
        """What it has written so far."""
        return open(self.output, encoding="utf-8")

    def communicate(self, timeout=120):
        """Wait for its end: what it wrote, and None."""
        self.wait(timeout)
        with self.stdout as file:
            return file.read(), None

    def wait(self, timeout=120):
        """Exit code, or subprocess.TimeoutExpired."""
        deadline = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > deadline:
                with self.stdout as file:
                    said = file.read()
                raise subprocess.TimeoutExpired("a fork", timeout, said)
            time.sleep(0.01)
        return self.returncode

    def send_signal(self, number):
        """To each of its processes."""
        for process in self.processes:
            if process.exitcode is None:
                os.kill(process.pid, number)

    def terminate(self):
        """As Popen's."""
        self.send_signal(signal.SIGTERM)

    def kill(self):
        """As Popen's."""
        self.send_signal(signal.SIGKILL)


def start_job(job, threads, gpu=None):
    """In place of turbo_sb.evaluation.jobs.Job.start: a fork for an interpreter."""
    job.folder.parent.mkdir(parents=True, exist_ok=True)
    return start(job.arguments, cwd=job.place, output=job.log)


def start(command, cwd=ROOT, env=None, ranks=1, output=None, **options):
    """Run a script, a module by -m, or code by -c, in forks.

    Arguments
    ---------
    command : list of str
        After the Python interpreter.
    cwd : Path
        The folder to start it from.
    env : dict, optional
        Its environment; if not given, this process's.
    ranks : int
        How many processes train together; as torchrun starts them.
    output : Path, optional
        A file to write to, at its end; if not given, one of its own.
    **options
        Of `_main`.

    Returns
    -------
    fork : Fork
        Standard output and error are one.
    """
    if output is None:
        number, output = tempfile.mkstemp(suffix=".txt", prefix="fork")
        os.close(number)
    env = dict(os.environ if env is None else env)
    processes = []
    for own in _environments(ranks):
        arguments = (list(map(str, command)), str(cwd), {**env, **own}, output)
        process = CONTEXT.Process(target=_main, args=arguments, kwargs=options)
        with _path_of_server():
            process.start()
        processes.append(process)
    return Fork(processes, output)


def run(command, timeout=120, **options):
    """As subprocess.run: a script to its end.

    Arguments
    ---------
    command : list of str
        As in `start`.
    timeout : float
        Seconds.
    **options
        Of `start`.

    Returns
    -------
    result : subprocess.CompletedProcess
        Standard output and error are one.
    """
    fork = start(command, **options)
    output, _ = fork.communicate(timeout)
    return subprocess.CompletedProcess(command, fork.returncode, output)


def end_all():
    """End what a test that failed has left."""
    while STARTED:
        fork = STARTED.pop()
        for process in fork.processes:
            process.kill()
            process.join()
        Path(fork.output).unlink(missing_ok=True)


def _environments(ranks):
    """What torchrun adds for each."""
    if ranks == 1:
        return [{}]
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    shared = {
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "WORLD_SIZE": str(ranks),
        "LOCAL_WORLD_SIZE": str(ranks),
    }
    return [
        {**shared, "RANK": str(rank), "LOCAL_RANK": str(rank)}
        for rank in range(ranks)
    ]


@contextlib.contextmanager
def _path_of_server():
    """Where the server, which is started once, finds what it preloads."""
    before = {k: os.environ.get(k) for k in ("PYTHONPATH", "OMP_NUM_THREADS")}
    os.environ.update(PYTHONPATH=str(ROOT), OMP_NUM_THREADS="1")
    try:
        yield
    finally:
        for key, value in before.items():
            os.environ.pop(key)
            if value is not None:
                os.environ[key] = value


def _main(command, cwd, env, output, before=None, start_new_session=False):
    """A fork, from here to the end of its script."""
    code = 1
    try:
        assert "tests.preloaded" in sys.modules, "the server imported nothing"
        if start_new_session:
            os.setsid()
        os.chdir(cwd)
        os.environ.clear()
        os.environ.update(env)
        file = os.open(output, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.dup2(file, 1)
        os.dup2(file, 2)
        # As in an interpreter of its own: what the server has is inherited.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        multiprocessing.set_start_method(None, force=True)
        if before:
            before()
        _run(command)
        code = 0
    except SystemExit as end:
        code = end.code or 0
        if isinstance(code, str):
            print(code, file=sys.stderr)
            code = 1
    except BaseException:
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        os._exit(code)


def _run(command):
    if command[0] == "-m":
        sys.path.insert(0, os.getcwd())
        sys.argv = command[1:]
        runpy.run_module(command[1], run_name="__main__", alter_sys=True)
    elif command[0] == "-c":
        sys.argv = ["-c", *command[2:]]
        exec(command[1], {"__name__": "__main__"})
    else:
        sys.path.insert(0, str(Path(command[0]).absolute().parent))
        sys.argv = command
        runpy.run_path(command[0], run_name="__main__")
