"""What ends a process, before and while it starts others."""

import signal
import subprocess
import sys
import threading
import time

import pytest

from turbo_sb.utils.signals import deaf_children, end_when_told

IMPORTING = """
from turbo_sb.utils.signals import end_when_told
end_when_told()
print("ready", flush=True)
import time
try:
    time.sleep(60)
except:  # as some packages have around their imports
    print("swallowed")
"""


@pytest.fixture(autouse=True)
def heard():
    """A shell ignores Ctrl-C for what it runs in its background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 75), (signal.SIGHUP, 129)],
)
def test_imports_end_at_once_without_a_traceback(number, code):
    process = subprocess.Popen(
        [sys.executable, "-c", IMPORTING],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert out == ""
    assert err.strip().endswith("ended before anything was done")


def test_children_are_deaf_from_their_first_moment():
    """And this process hears afterwards what came in the meantime."""
    heard = []
    signal.signal(signal.SIGINT, lambda *_: heard.append("Ctrl-C"))
    with deaf_children():
        child = subprocess.Popen(["sleep", "60"])
        # To this thread: another one of the process may hear at once.
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        assert not heard
    assert heard == ["Ctrl-C"]
    for number in (signal.SIGINT, signal.SIGHUP):
        child.send_signal(number)
    time.sleep(0.2)
    assert child.poll() is None
    child.kill()
    child.wait()


def test_a_signal_that_is_ignored_stays_so():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    others = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    try:
        end_when_told()
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
        signal.signal(signal.SIGINT, others[0])
        signal.signal(signal.SIGTERM, others[1])
