"""Nothing waits for ever for a process that reads."""

import gc
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from multiprocessing import util
from pathlib import Path

import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from tests import forks
from turbo_sb.data import heartbeat
from turbo_sb.training import readers
from turbo_sb.training.preemption import Notice
from turbo_sb.training.readers import Loading, Reader, Watch
from turbo_sb.utils.errors import InputError, plain_errors


class Items(Dataset):
    """Numbers; the one named by `at` does something first."""

    def __init__(self, do=None, at=5, n=12):
        self.do, self.at, self.n = do, at, n

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        heartbeat.beat()
        if index == self.at and self.do:
            self.do()
        return torch.full((3,), index)


def stop():
    os.kill(os.getpid(), signal.SIGSTOP)


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def leave_quietly():
    os._exit(0)


def be_slow():
    time.sleep(0.5)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    # A shell ignores it for what it runs in its background.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    monkeypatch.setattr(readers, "TICK", 0.1)
    monkeypatch.setattr(readers, "PATIENCE", 0.5)
    monkeypatch.setattr(readers, "ARRIVAL", 2)


def loading(do=None, workers=2, limit=1, notice=None, **options):
    loader = DataLoader(
        Items(do),
        batch_size=options.pop("batch_size", 2),
        num_workers=workers,
        worker_init_fn=Reader(limit),
        multiprocessing_context="fork" if workers else None,
        **options,
    )
    return Loading(loader, notice or Notice())


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_batches_are_the_loaders(workers):
    ours = loading(workers=workers)
    for _ in range(2):
        found = [batch[:, 0].tolist() for batch in ours]
        assert found == [[i, i + 1] for i in range(0, 12, 2)]
    assert len(ours) == 6


def test_a_disk_that_hangs_ends_the_run():
    began = time.monotonic()
    with pytest.raises(InputError, match="stall_limit: no recording was read"):
        list(loading(stop))
    assert time.monotonic() - began < 30


def test_so_does_a_reader_that_hangs_before_it_reads(monkeypatch):
    monkeypatch.setattr(Reader, "__call__", lambda *_: stop())
    with pytest.raises(InputError, match="stall_limit: no recording was read"):
        list(loading())


def test_one_that_is_spawned_may_import_for_longer(monkeypatch):
    """What takes longer than the limit here."""
    call = Reader.__call__

    def late(reader, worker=0):
        time.sleep(3)
        call(reader, worker)

    monkeypatch.setattr(Reader, "__call__", late)
    monkeypatch.setattr(readers, "_forks", lambda _: False)
    assert len(list(loading())) == 6


def test_a_slow_disk_does_not():
    """A batch takes longer than the limit, each of its recordings does not."""

    class Slow(Items):
        def __getitem__(self, index):
            time.sleep(0.3)
            return super().__getitem__(index)

    loader = DataLoader(
        Slow(n=16),
        batch_size=8,
        num_workers=1,
        worker_init_fn=Reader(1),
        multiprocessing_context="fork",
    )
    assert len(list(Loading(loader, Notice()))) == 2


def test_no_limit_waits():
    over = threading.Event()

    def go_on():
        while not over.wait(2):
            for worker in multiprocessing.active_children():
                os.kill(worker.pid, signal.SIGCONT)

    threading.Thread(target=go_on).start()
    try:
        assert len(list(loading(stop, limit=0))) == 6
    finally:
        over.set()


@pytest.mark.parametrize("do", [die, leave_quietly])
def test_a_reader_that_is_gone_is_one_message(do, capsys):
    with pytest.raises(SystemExit) as end, plain_errors():
        list(loading(do, limit=30))
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("error: a process that reads audio is gone")
    assert "--num_workers" in said
    assert "Traceback" not in said


class Broken:
    """The batches of a DataLoader whose transport fails."""

    def __init__(self, error, *workers):
        self.error, self._workers = error, workers

    def __next__(self):
        raise self.error


TRANSPORT = [
    BrokenPipeError(32, "Broken pipe"),
    ConnectionRefusedError(111, "Connection refused"),
    ConnectionResetError(104, "Connection reset by peer"),
    EOFError(),
    FileNotFoundError(2, "No such file or directory"),
    FileNotFoundError(2, "No such file or directory", "/torch_1_2"),
    pickle.UnpicklingError("pickle data was truncated"),
    RuntimeError("unable to open shared memory object </torch_1_2>"),
]


def started(target, *args):
    worker = multiprocessing.get_context("fork").Process(
        target=target, args=args
    )
    worker.start()
    return worker


@pytest.fixture
def living():
    worker = started(time.sleep, 60)
    yield worker
    worker.kill()
    worker.join()


def next_of(error, *workers):
    return Watch(Broken(error, *workers), Reader(), -1, Notice()).next_batch()


@pytest.mark.parametrize("error", TRANSPORT, ids=repr)
@pytest.mark.parametrize("late", [0, 0.2])
def test_what_its_end_makes_of_the_transport_is_that_message(
    error, late, living, capsys
):
    """A process closes its files a moment before it counts as ended."""
    dead = started(time.sleep, late)
    if not late:
        dead.join()
    with pytest.raises(SystemExit) as end, plain_errors():
        next_of(error, living, dead)
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("error: a process that reads audio is gone")
    assert str(dead.pid) in said
    assert str(living.pid) not in said


@pytest.mark.parametrize("error", TRANSPORT, ids=repr)
def test_the_same_error_stays_while_all_of_them_live(
    error, living, monkeypatch
):
    monkeypatch.setattr(readers, "GONE", 0.1)
    with pytest.raises(type(error)) as raised:
        next_of(error, living)
    assert raised.value is error


def test_other_errors_stay_also_when_one_is_gone():
    dead = started(time.sleep, 0)
    dead.join()
    with pytest.raises(KeyError, match="label"):
        next_of(KeyError("label"), dead)


def test_without_processes_no_error_waits_for_them():
    began = time.monotonic()
    with pytest.raises(OSError, match="disk"):
        next_of(OSError("disk"))
    assert time.monotonic() - began < readers.GONE / 2


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 75), (signal.SIGINT, 130)]
)
def test_a_run_that_was_told_to_end_does_not_wait_for_a_stall(
    number, code, capsys
):
    with Notice() as notice:
        here = threading.get_ident()
        threading.Timer(0.5, signal.pthread_kill, [here, number]).start()
        with pytest.raises(SystemExit) as end:
            list(loading(stop, limit=0, notice=notice))
    assert end.value.code == code
    assert "goes on from the last checkpoint" in capsys.readouterr().err


def test_it_ends_also_where_it_reads_itself(capfd):
    """Nothing can be raised in a system call that does not return."""
    child = os.fork()
    if child == 0:
        try:
            with Notice() as notice:
                signal.raise_signal(signal.SIGTERM)
                list(loading(lambda: time.sleep(60), workers=0, notice=notice))
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 75
    assert "ended by SIGTERM" in capfd.readouterr().err


def test_one_that_still_reads_is_waited_for_also_then():
    with Notice() as notice:
        signal.raise_signal(signal.SIGTERM)
        assert len(list(loading(be_slow, workers=0, notice=notice))) == 6


def hang(say):
    """Read with a process that is stopped; say which one it is."""
    batches = iter(loading(be_slow, limit=0))
    for _ in range(2):  # one of each: both have called `Reader`
        next(batches)
    (worker, _) = multiprocessing.active_children()
    os.kill(worker.pid, signal.SIGSTOP)
    say.send(worker.pid)
    time.sleep(600)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="Linux ends them")
def test_reader_that_hangs_does_not_outlive_a_run_that_was_killed():
    """It would keep the lock of the run's folder."""
    ready, say = multiprocessing.Pipe()
    run = forks.CONTEXT.Process(target=hang, args=(say,))
    run.start()
    assert ready.poll(60)
    reader = ready.recv()
    run.kill()
    run.join()
    deadline = time.monotonic() + 60
    while is_running(reader):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def be_reader(say):
    Reader()()
    say.send(os.getpid())
    time.sleep(60)


def have_reader(say):
    started(be_reader, say)
    time.sleep(60)


def test_reader_ends_with_a_run_that_linux_does_not_tell_it_of(monkeypatch):
    """It ended before the reader asked, or a server started the reader."""
    monkeypatch.setattr(readers, "end_with_parent", lambda _: None)
    ready, say = multiprocessing.Pipe()
    run = started(have_reader, say)
    assert ready.poll(30)
    reader = ready.recv()
    assert is_running(reader)
    run.kill()
    run.join()
    deadline = time.monotonic() + 30
    while is_running(reader):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_reader_that_a_server_started_heeds_the_run(monkeypatch):
    """With forkserver, its parent by the system's count is the server."""
    monkeypatch.setattr(os, "getppid", lambda: 1)
    ready, say = multiprocessing.Pipe()
    reader = started(be_reader, say)
    assert ready.poll(30)
    reader.terminate()
    reader.join(10)
    assert reader.exitcode == 0


def is_running(pid):
    """Not even as a zombie that nobody has waited for."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2]
    except OSError:
        return False
    return state.split()[0] not in "ZX"


def test_processes_that_cannot_be_started_are_explained(monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    ours = loading()
    monkeypatch.setattr(DataLoader, "__iter__", full)
    with pytest.raises(InputError, match="--num_workers=0 does without"):
        list(ours)


@pytest.fixture
def at_most_a_minute():
    def end(*_):
        raise AssertionError("it waits for ever")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize(
    "survivors", [0, pytest.param(1, marks=pytest.mark.slow)]
)
def test_one_that_is_killed_while_it_is_spawned_is_that_message(
    survivors, monkeypatch, capsys, at_most_a_minute
):
    """Before it has read what it is sent, which no pipe holds."""
    spawn, pids = util.spawnv_passfds, []

    def kill(path, args, passed):
        """Kill what it starts, but for the first few and the tracker."""
        pid = spawn(path, args, passed)
        if "spawn_main" in str(args):
            pids.append(pid)
            if len(pids) > survivors:
                os.kill(pid, signal.SIGKILL)
        return pid

    monkeypatch.setattr(util, "spawnv_passfds", kill)
    data = Items()
    data.more = bytes(2**20)
    loader = DataLoader(
        data,
        num_workers=2,
        worker_init_fn=Reader(),
        multiprocessing_context="spawn",
    )
    with pytest.raises(SystemExit) as end, plain_errors():
        list(Loading(loader, Notice()))
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("error: a process that reads audio is gone")
    assert len(pids) == survivors + 1
    assert util.spawnv_passfds is kill
    # Its files are closed a moment before it is gone.
    while any(map(is_running, pids)):
        time.sleep(0.01)


@pytest.mark.parametrize("lacks", ["Queue", "Event"])
def test_what_torch_has_half_made_adds_no_error(monkeypatch, lacks):
    """A /dev/shm that holds no semaphore; torch's own end fails then."""

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    ignored = []
    monkeypatch.setattr(sys, "unraisablehook", ignored.append)
    ours = loading()
    monkeypatch.setattr(ours.loader.multiprocessing_context, lacks, full)
    with pytest.raises(InputError, match="--num_workers=0 does without"):
        list(ours)
    gc.collect()
    assert not ignored


def test_readers_hear_neither_ctrl_c_nor_a_closed_terminal():
    """A terminal sends them to all of its processes."""
    batches = iter(loading())
    next(batches)
    workers = multiprocessing.active_children()
    assert len(workers) == 2
    for worker in workers:
        for number in ("INT", "HUP", "TERM"):
            subprocess.run(["kill", f"-{number}", str(worker.pid)], check=True)
    assert len(list(batches)) == 5
