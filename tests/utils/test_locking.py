"""A folder is one process's, and that of what it has started."""

import subprocess
import sys

import pytest

from turbo_sb.utils.errors import InputError
from turbo_sb.utils.locking import locked


def test_second_lock_is_refused(tmp_path):
    path = tmp_path / "folder" / ".lock"
    with locked(path):
        with pytest.raises(InputError, match="folder: another process"):
            with locked(path):
                pass
    with locked(path):
        pass


def test_child_that_outlives_its_parent_holds_the_lock(tmp_path):
    path = tmp_path / ".lock"
    with locked(path) as descriptor:
        child = subprocess.Popen(
            [sys.executable, "-c", "input()"],
            stdin=subprocess.PIPE,
            pass_fds=[descriptor],
        )
    try:
        with pytest.raises(InputError, match="left behind"):
            with locked(path):
                pass
    finally:
        child.communicate(b"\n")
    with locked(path):
        pass


def test_error_inside_is_passed_on_and_the_lock_released(tmp_path):
    with pytest.raises(KeyError):
        with locked(tmp_path / ".lock"):
            raise KeyError
    with locked(tmp_path / ".lock"):
        pass
