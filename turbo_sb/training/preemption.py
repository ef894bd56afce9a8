"""A scheduler's notice to end soon, heeded where nothing is lost.

Authors
 * The turbo_sb developers 2026
"""

import os
import signal
import sys
import threading

from turbo_sb.utils.distributed import part, rank

# sysexits.h: a temporary failure, the user is invited to try again.
EXIT_CODE = os.EX_TEMPFAIL


class Notice:
    """Note SIGTERM in the block, in place of ending; ``given`` says whether it came.

    Schedulers send it to every process of a job, and torchrun once more to its
    own: a second one changes nothing.

    Example
    -------
    >>> with Notice() as notice:
    ...     signal.raise_signal(signal.SIGTERM)
    >>> notice.given
    True
    """

    given = False

    def __enter__(self):
        # Python takes signals in its first thread only.
        self.listens = threading.current_thread() is threading.main_thread()
        if self.listens:
            self.before = signal.signal(signal.SIGTERM, self._note)
        return self

    def __exit__(self, *_):
        if self.listens:
            signal.signal(signal.SIGTERM, self.before)

    def _note(self, *_):
        self.given = True


class Resumable(Notice):
    """End the process with exit code 75 on SIGTERM in the block.

    For what can be run again: a preparation or a test. A `Notice` within it
    takes its place for as long.
    """

    def _note(self, *_):
        # Not print: the signal may have come in the middle of another one.
        if rank() == 0:
            os.write(2, b"ended by SIGTERM; the same command goes on\n")
        sys.exit(EXIT_CODE)


def leave(where) -> None:
    """End all processes with exit code 75, which says: resumable."""
    part()
    if rank() == 0:
        print(
            f"ended by SIGTERM; the same command goes on from {where}",
            file=sys.stderr,
            flush=True,
        )
    sys.exit(EXIT_CODE)


def outlive_notice(_worker=None) -> None:
    """Let a DataLoader's worker ignore every SIGTERM but its parent's.

    A scheduler sends one to every process; without its workers, a training
    could not finish its step.
    """
    if not hasattr(signal, "sigwaitinfo"):  # says who sent it; not on a Mac
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent():
    while signal.sigwaitinfo({signal.SIGTERM}).si_pid != os.getppid():
        pass
    os._exit(0)
