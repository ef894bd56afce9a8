"""SIGTERM is noted, and heeded later."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from turbo_sb.training.preemption import (
    EXIT_CODE,
    Notice,
    Resumable,
    leave,
    outlive_notice,
)

OF_ANOTHER = "import os, sys; os.kill(int(sys.argv[1]), 15)"


def test_it_may_come_more_than_once():
    """From the scheduler, and once more from torchrun."""
    before = signal.getsignal(signal.SIGTERM)
    with Notice() as notice:
        assert not notice.given
        for _ in range(2):
            signal.raise_signal(signal.SIGTERM)
        assert notice.given
    assert signal.getsignal(signal.SIGTERM) == before


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
    with pytest.raises(SystemExit) as end:
        leave("epoch 2, step 7")
    assert end.value.code == EXIT_CODE == 75
    assert "goes on from epoch 2, step 7" in capsys.readouterr().err


@pytest.mark.skipif(
    not hasattr(signal, "sigwaitinfo"), reason="says who sent a signal"
)
def in_a_fork(function):
    """Exit code of a process that does this."""
    child = os.fork()
    if child == 0:
        try:
            function()
        except SystemExit as end:
            os._exit(end.code)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_what_can_be_begun_anew_ends_at_once(capfd):
    def be_told():
        with Resumable():
            signal.raise_signal(signal.SIGTERM)
            os._exit(1)

    assert in_a_fork(be_told) == EXIT_CODE
    assert "the same command goes on" in capfd.readouterr().err


def test_notice_takes_the_place_of_that_for_its_block():
    def be_told_twice():
        with Resumable():
            with Notice() as notice:
                signal.raise_signal(signal.SIGTERM)
            if notice.given:
                signal.raise_signal(signal.SIGTERM)
            os._exit(1)

    assert in_a_fork(be_told_twice) == EXIT_CODE


def test_reader_ends_by_its_parent_alone():
    """As a DataLoader's worker: a fork, with no other threads."""
    ready, say = os.pipe()
    reader = os.fork()
    if reader == 0:
        outlive_notice()
        os.write(say, b"!")
        time.sleep(60)
        os._exit(1)
    assert os.read(ready, 1) == b"!"
    other = [sys.executable, "-c", OF_ANOTHER, str(reader)]
    subprocess.run(other, check=True)
    time.sleep(0.3)
    assert os.waitpid(reader, os.WNOHANG) == (0, 0)
    os.kill(reader, signal.SIGTERM)
    assert os.waitpid(reader, 0) == (reader, 0)
