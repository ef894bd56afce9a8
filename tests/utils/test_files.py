"""A folder is one process's."""

import errno
import subprocess
import sys
import time

import pytest

from turbo_sb.utils import distributed
from turbo_sb.utils.checksums import find_damage, write_sums
from turbo_sb.utils.distributed import alone_in
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.files import LOCK, hold

HOLD = """
import sys
from turbo_sb.utils.files import hold
with hold(sys.argv[1], "busy"):
    print("held", flush=True)
    input()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds a lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path / LOCK],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_second_lock_is_refused(tmp_path):
    path = tmp_path / "folder" / LOCK
    with hold(path, "busy"):
        with pytest.raises(InputError, match="^busy$"):
            with hold(path, "busy"):
                pass
    with hold(path, "busy"):
        pass


def test_lock_of_a_killed_process_is_free(tmp_path, holder):
    with pytest.raises(InputError, match="busy"):
        with hold(tmp_path / LOCK, "busy"):
            pass
    holder.kill()
    holder.wait()
    assert (tmp_path / LOCK).exists()
    with hold(tmp_path / LOCK, "busy"):
        pass


def test_lock_is_waited_for(tmp_path, holder):
    start = time.monotonic()
    with pytest.raises(InputError, match="busy"):
        with hold(tmp_path / LOCK, "busy", wait=0.3):
            pass
    assert time.monotonic() - start >= 0.3
    holder.stdin.write("\n")
    holder.stdin.flush()
    with hold(tmp_path / LOCK, "busy", wait=60):
        pass


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOLCK, "No locks available"),
        OSError(errno.EOPNOTSUPP, "Operation not supported"),
        NotImplementedError("FileSystem does not appear to support flock"),
    ],
)
def test_without_locks_it_goes_on_and_says_so(
    tmp_path, monkeypatch, caplog, error
):
    def flock(*_):
        raise error

    monkeypatch.setattr(pytest.importorskip("fcntl"), "flock", flock)
    done = False
    with hold(tmp_path / LOCK, "busy"):
        done = True
    assert done and "no locks on this file system" in caplog.text
    with pytest.raises(KeyError), hold(tmp_path / LOCK, "busy"):
        raise KeyError


def test_other_faults_of_a_lock_are_told(tmp_path, monkeypatch):
    def flock(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(pytest.importorskip("fcntl"), "flock", flock)
    with pytest.raises(OSError, match="Input/output"):
        with hold(tmp_path / LOCK, "busy"):
            pass


def test_error_inside_is_passed_on_and_the_lock_released(tmp_path):
    with pytest.raises(KeyError):
        with hold(tmp_path / LOCK, "busy"):
            raise KeyError
    with hold(tmp_path / LOCK, "busy"):
        pass


def test_training_in_a_folder_of_another_is_refused(
    tmp_path, holder, monkeypatch
):
    monkeypatch.setattr(distributed, "PATIENCE", 0)
    with pytest.raises(InputError, match="another training runs in it"):
        with alone_in(tmp_path):
            pass


def test_so_is_one_through_a_link_to_the_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(distributed, "PATIENCE", 0)
    (tmp_path / "link").symlink_to(tmp_path / "run")
    with alone_in(tmp_path / "run"):
        with pytest.raises(InputError, match="link: another training runs in"):
            with alone_in(tmp_path / "link"):
                pass


def test_damage_is_found(tmp_path):
    (tmp_path / "a.txt").write_text("whole")
    write_sums(tmp_path)
    assert find_damage(tmp_path) is None
    (tmp_path / "b.txt").write_text("more")
    assert find_damage(tmp_path, listed_only=True) is None
    assert "lacks b.txt" in find_damage(tmp_path)
    (tmp_path / "a.txt").write_text("hole")
    damage = find_damage(tmp_path, listed_only=True)
    assert damage == "a.txt is not as it was written"
