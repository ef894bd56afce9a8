"""A notice to end soon, heeded where nothing is lost: a scheduler's, Ctrl-C.

Authors
 * The turbo_sb developers 2026
"""

import os
import signal
import sys
import threading
import time

from turbo_sb.utils.distributed import part, rank
from turbo_sb.utils.signals import NAMES, exit_code, listen, mute, say

# torchrun sends once more, within this many seconds, what a terminal has sent.
ECHO = 2


class Notice:
    """Note SIGTERM, Ctrl-C and SIGHUP in the block, in place of ending.

    ``given`` says whether one came. Schedulers send SIGTERM to every process of
    a job, and torchrun once more to its own: a second one changes nothing. A
    second Ctrl-C ends the process at once, as SIGKILL would.

    Example
    -------
    >>> with Notice() as notice:
    ...     signal.raise_signal(signal.SIGTERM)
    >>> notice.given
    True
    """

    given = False
    number = signal.SIGTERM  # the first that came, if any did
    came = 0.0

    def __enter__(self):
        self.before = {}
        # Python takes signals in its first thread only.
        if threading.current_thread() is threading.main_thread():
            self.before = listen(self._note)
        return self

    def __exit__(self, *_):
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _note(self, number, _frame):
        if number != signal.SIGINT and number != signal.SIGTERM:
            mute()
        if not self.given:
            self.given, self.number = True, number
            self.came = time.monotonic()
            if number == signal.SIGINT:
                say("Ctrl-C: ends after this step, saved; again: at once")
        elif number == signal.SIGINT and time.monotonic() - self.came > ECHO:
            say("ended at once; the same command goes on from the last save")
            os._exit(exit_code(number))


class Resumable(Notice):
    """End the process on SIGTERM (exit code 75), Ctrl-C or SIGHUP in the block.

    For what can be run again: a preparation or a test. A `Notice` within it
    takes its place for as long.
    """

    def _note(self, number, _frame):
        mute()
        say(f"ended by {NAMES[number]}; the same command goes on")
        sys.exit(exit_code(number))


def leave(where: str, number: int = signal.SIGTERM, wait: bool = True) -> None:
    """End all processes, with the exit code of a signal, and say how to go on.

    With `wait`, this one waits for the others.
    """
    if wait:
        part()
    if rank() == 0:
        print(
            f"ended by {NAMES[number]}; the same command goes on from {where}",
            file=sys.stderr,
            flush=True,
        )
    sys.exit(exit_code(number))
