"""SIGTERM, Ctrl-C and SIGHUP are noted, and heeded later."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from turbo_sb.training import preemption
from turbo_sb.training.preemption import Notice, Resumable, leave
from turbo_sb.training.readers import Reader

OF_ANOTHER = "import os, sys; os.kill(int(sys.argv[1]), 15)"


@pytest.fixture(autouse=True)
def heard():
    """A shell ignores Ctrl-C for what it runs in its background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]
)
def test_it_may_come_more_than_once(number):
    """From the scheduler, and once more from torchrun."""
    before = signal.getsignal(number)
    with Notice() as notice:
        assert not notice.given
        for _ in range(2):
            signal.raise_signal(number)
        assert notice.given
        assert notice.number == number
    assert signal.getsignal(number) == before


def test_second_ctrl_c_ends_at_once(capfd, monkeypatch):
    """But not the echo that torchrun sends of the first."""
    monkeypatch.setattr(preemption, "ECHO", 0.2)

    def be_told_twice():
        with Notice() as notice:
            for pause in (0, 0, 0.3):
                time.sleep(pause)
                signal.raise_signal(signal.SIGINT)
                assert notice.given
            os._exit(1)

    assert end_of(start_fork(be_told_twice)) == 130
    said = capfd.readouterr().err
    assert said.count("again: at once") == said.count("ended at once") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_what_nohup_or_a_background_ignores_stays_ignored(number):
    before = signal.signal(number, signal.SIG_IGN)
    try:
        with Notice() as notice:
            signal.raise_signal(number)
        assert not notice.given
    finally:
        signal.signal(number, before)


def test_a_closed_terminal_does_not_keep_from_saving():
    """What is written to it would raise: a progress bar's next line."""
    ours, theirs = os.openpty()

    def train():
        os.setsid()
        os.dup2(theirs, 1)
        os.dup2(theirs, 2)
        os.close(ours)
        os.close(theirs)
        with Notice() as notice:
            os.write(say, b"!")
            while not notice.given:
                time.sleep(0.01)
            os.write(1, b"loss: 1")
        leave("epoch 1", notice.number)

    ready, say = os.pipe()
    child = start_fork(train)
    os.close(theirs)
    os.read(ready, 1)
    os.close(ours)  # the terminal's end
    os.kill(child, signal.SIGHUP)
    assert end_of(child) == 129


def test_in_another_thread_it_does_no_harm():
    failures = []

    def use():
        try:
            with Notice():
                pass
        except ValueError as error:
            failures.append(error)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert not failures


def test_leaving_says_how_to_go_on(capsys):
    for given, code, name in (
        ((), 75, "SIGTERM"),
        ((signal.SIGINT,), 130, "Ctrl-C"),
        ((signal.SIGHUP,), 129, "SIGHUP"),
    ):
        with pytest.raises(SystemExit) as end:
            leave("epoch 2, step 7", *given)
        assert end.value.code == code
        said = capsys.readouterr().err
        assert f"ended by {name}; the same command goes on from e" in said


def start_fork(function):
    """Start a process that does this, and no more, whatever happens."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            function()
            code = 0
        except SystemExit as end:
            code = end.code
        finally:
            os._exit(code)
    return child


def end_of(child):
    """Wait for its exit code."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, 75), (signal.SIGINT, 130), (signal.SIGHUP, 129)],
)
def test_what_can_be_begun_anew_ends_at_once(number, code, capfd):
    def be_told():
        with Resumable():
            signal.raise_signal(number)
            os._exit(1)

    assert end_of(start_fork(be_told)) == code
    assert "the same command goes on" in capfd.readouterr().err


def test_notice_takes_the_place_of_that_for_its_block():
    def be_told_twice():
        with Resumable():
            with Notice() as notice:
                signal.raise_signal(signal.SIGTERM)
            if notice.given:
                signal.raise_signal(signal.SIGTERM)
            os._exit(1)

    assert end_of(start_fork(be_told_twice)) == 75


@pytest.mark.skipif(
    not hasattr(signal, "sigwaitinfo"), reason="says who sent a signal"
)
def test_reader_ends_by_its_parent_alone():
    """As a DataLoader's worker: a fork, with no other threads."""
    ready, say = multiprocessing.Pipe()
    context = multiprocessing.get_context("fork")
    reader = context.Process(target=be_reader, args=(say,))
    reader.start()
    assert ready.poll(60)
    other = [sys.executable, "-c", OF_ANOTHER, str(reader.pid)]
    subprocess.run(other, check=True)
    time.sleep(0.3)
    assert reader.is_alive()
    reader.terminate()
    reader.join(60)
    assert reader.exitcode == 0


def be_reader(say):
    Reader()()
    say.send(True)
    time.sleep(60)
