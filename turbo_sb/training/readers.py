"""The processes that read: how they are started, and what if they stop.

A process that waits for them does not wait for ever. One that is killed ends
the run at once; where none reads anything for a while, they are ended.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
import multiprocessing
import os
import pickle
import re
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from multiprocessing import connection, util

from turbo_sb.data import heartbeat
from turbo_sb.training.preemption import Notice, leave
from turbo_sb.utils.errors import OF_LOST_READERS, InputError
from turbo_sb.utils.signals import deaf_children, end_with_parent

TICK = 1  # seconds between looks
# Seconds without a recording, once the run was told to end.
PATIENCE = 15
# Seconds until the first sign of life: spawned processes import torch.
START = 600
# Seconds for the exception, which ending the readers raises, to arrive.
ARRIVAL = 10
# Seconds for a process that was killed, or that ends, to be gone.
GONE = 3
# What fetching a batch raises if its sender has ended: its sockets, pipes or
# shared memory are closed or no longer there, or only a part has come.
CUT_OFF = (OSError, EOFError, RuntimeError, pickle.UnpicklingError)
END = object()
_KEPT = []  # what torch must not end by itself


class Reader:
    """What a DataLoader's worker does first: `worker_init_fn`.

    Arguments
    ---------
    limit : float
        Seconds without a recording read, after which the run ends; 0: never.
    """

    def __init__(self, limit: float = 45):
        self.limit, self.count = limit, heartbeat.new_count()

    def __call__(self, worker: int = 0) -> None:
        """Hear no signal but the parent's SIGTERM; count what is read.

        Terminals and schedulers send theirs to every process; without its
        readers, a training could not finish its step.
        """
        parent = multiprocessing.parent_process()
        if hasattr(signal, "SIGKILL"):
            end_with_parent(signal.SIGKILL)  # also one that hangs
        heartbeat.share(self.count)
        for number in ("SIGINT", "SIGHUP"):
            if hasattr(signal, number):
                signal.signal(getattr(signal, number), signal.SIG_IGN)
        if hasattr(signal, "sigwaitinfo"):  # says who sent it
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
            _start_thread(_end_when_told, parent.pid)
        elif hasattr(signal, "pthread_sigmask"):  # a Mac
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        # Now: a thread has the mask of the one that starts it.
        _start_thread(_end_after, parent)


def _start_thread(do, *args):
    threading.Thread(target=do, args=args, daemon=True).start()


def _end_after(parent):
    """End this process when its parent has ended, else it may keep its lock.

    The parent may end before `end_with_parent` is called; and with forkserver,
    that waits for the server, which waits for this process.
    """
    parent.join()
    os._exit(1)


def _end_when_told(parent):
    while signal.sigwaitinfo({signal.SIGTERM}).si_pid != parent:
        pass
    os._exit(0)


class Loading:
    """A DataLoader that is not waited for without end.

    Arguments
    ---------
    loader : torch.utils.data.DataLoader
        Its ``worker_init_fn`` is a `Reader`.
    notice : Notice
        Whether the run was told to end.
    """

    def __init__(self, loader, notice: Notice):
        self.loader, self.notice = loader, notice

    def __len__(self):
        return len(self.loader)

    def __iter__(self) -> Iterator:
        reader = self.loader.worker_init_fn
        before = -1 if _forks(self.loader) else reader.count.value
        batches = _start(self.loader)
        with Watch(batches, reader, before, self.notice) as watch:
            while (batch := watch.next_batch()) is not END:
                yield batch


def _forks(loader):
    """Whether its processes start with all that this one has imported."""
    context = loader.multiprocessing_context or multiprocessing
    # To ask without allow_none would settle it; the first is the default.
    given = context.get_start_method(allow_none=True)
    return (given or multiprocessing.get_all_start_methods()[0]) == "fork"


def _start(loader):
    """Start the processes, if there are any."""
    if not loader.num_workers:
        heartbeat.share(loader.worker_init_fn.count)
        return iter(loader)
    if not _forks(loader):
        from multiprocessing.resource_tracker import ensure_running

        ensure_running()  # else below, and it lets all signals through again
    try:
        with deaf_children(), _one_end():
            return iter(loader)
    except OSError as error:
        _end_half_made(error)
        if isinstance(error, BrokenPipeError):
            raise RuntimeError(
                f"{OF_LOST_READERS} unknown) exited while it was started"
            ) from error
        raise InputError(
            f"num_workers: {loader.num_workers} processes that read cannot be "
            f"started ({error.strerror or error}). They need some of /dev/shm, "
            "of the memory and of the processes that the system allows: "
            "--num_workers=0 does without."
        ) from error


@contextlib.contextmanager
def _one_end():
    """Let a spawned process alone hold the end of the pipe that it reads.

    Python holds it too while it writes what the process needs: if that is
    killed, the write never ends. So it is an error instead.
    """
    spawn = getattr(util, "spawnv_passfds", None)
    if spawn is None:  # another Python, which may do without
        yield
        return

    def spawn_and_let_go(path, args, passed):
        """Start a process; put nothing in the place of the pipe's end."""
        pid = spawn(path, args, passed)
        if pipe := re.search(r"pipe_handle=(\d+)", str(args)):
            nothing = os.open(os.devnull, os.O_RDONLY)
            os.dup2(nothing, int(pipe[1]), inheritable=False)
            os.close(nothing)
        return pid

    util.spawnv_passfds = spawn_and_let_go
    try:
        yield
    finally:
        util.spawnv_passfds = spawn


def _end_half_made(error):
    """Let torch not end an iterator without queues: that is one more error."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        half = frame.f_locals.get("self")
        if hasattr(half, "_shutdown_workers"):
            _kill_silently(getattr(half, "_workers", ()))
            half._shutdown = True


class Watch:
    """A thread that sees how long the batch that is waited for does not come.

    Time is counted in its own ticks: a run that was stopped has not waited.

    Arguments
    ---------
    batches : iterator
        Of a DataLoader.
    reader : Reader
        The DataLoader's.
    before : int
        Its count before the processes were started; -1 where they fork and
        need no time for that.
    notice : Notice
        Whether the run was told to end.
    """

    def __init__(self, batches, reader: Reader, before: int, notice: Notice):
        self.batches, self.workers = batches, getattr(batches, "_workers", ())
        self.limit, self.count, self.before = reader.limit, reader.count, before
        self.notice, self.over = notice, threading.Event()
        self.waiting, self.came, self.why = False, 0, None

    def __enter__(self):
        # After the workers' start: a fork does not go well with threads.
        threading.Thread(target=self._look, daemon=True).start()
        return self

    def __exit__(self, kind, *_):
        self.over.set()
        if kind and (kind is not GeneratorExit or self.notice.given):
            # torch's own end of it waits for what may never come.
            _KEPT.append(self.batches)
            _kill_silently(self.workers)

    def next_batch(self) -> object:
        """The next batch, or END."""
        self.waiting = True
        try:
            return next(self.batches, END)
        except Exception as error:
            if self.why is not None:
                self._raise()
            if isinstance(error, CUT_OFF) and OF_LOST_READERS not in str(error):
                _raise_if_gone(self.workers, error)
            raise
        finally:
            self.waiting, self.came = False, self.came + 1

    def _look(self):
        seen, quiet = None, 0
        while not self.over.wait(TICK):
            now = self.came, self.count.value, self.notice.given
            quiet = quiet + TICK if self.waiting and now == seen else 0
            seen = now
            if quiet >= self._patience():
                self._end()
                return

    def _patience(self):
        if self.notice.given:
            return PATIENCE
        if not (self.limit and self.workers):
            return float("inf")
        return self.limit if self.count.value > self.before else START

    def _end(self):
        """Kill the readers, which raises in the thread that waits for them."""
        self.why = "told" if self.notice.given else "stalled"
        for worker in self.workers:
            worker.kill()
        if self.workers and self.over.wait(ARRIVAL):
            return
        try:
            self._raise()
        except InputError as error:
            print(f"error: {error}", file=sys.stderr, flush=True)
            os._exit(2)
        except SystemExit as end:
            os._exit(end.code)

    def _raise(self):
        if self.why == "told":
            leave("the last checkpoint", self.notice.number, wait=False)
        raise InputError(
            f"stall_limit: no recording was read for {self.limit} s. Does the "
            "disk answer (ls in the data's folder)? If it is only slow, give "
            "--stall_limit=600, or 0 for no limit; --num_workers=0 reads "
            "without processes of its own. The same command goes on from the "
            "last checkpoint."
        )


def _raise_if_gone(workers, error):
    """Raise what torch raises for a process that has ended, if one has.

    torch looks only once; a process closes its files a moment before it is
    gone.
    """
    sentinels = [each.sentinel for each in workers]
    ended = connection.wait(sentinels, GONE) if sentinels else ()
    if gone := [each.pid for each in workers if each.sentinel in ended]:
        raise RuntimeError(
            f"{OF_LOST_READERS}(s) {', '.join(map(str, gone))}) exited "
            "unexpectedly"
        ) from error


def _kill_silently(workers):
    """Kill processes, without torch's error for each that is killed."""
    listens = threading.current_thread() is threading.main_thread()
    if listens := listens and hasattr(signal, "SIGCHLD"):
        before = signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for worker in workers:
        worker.kill()
        worker.join(GONE)
    if listens:
        signal.signal(signal.SIGCHLD, before)
