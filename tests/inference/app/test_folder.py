"""The folder is private, and no way out leaves it behind."""

import os
import signal

import pytest

from turbo_sb.inference.app.folder import (
    PLACES,
    PREFIX,
    ended_by_signals,
    private_folder,
)
from turbo_sb.utils.files import hold


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setenv(PLACES[0], str(tmp_path / "place"))
    monkeypatch.delenv(PLACES[1], raising=False)
    return tmp_path / "place"


def leave(place, name, lock=True):
    """What a page leaves that is killed."""
    folder = place / f"{PREFIX}{name}"
    folder.mkdir(parents=True)
    (folder / "a.wav").write_bytes(b"spoken")
    if lock:
        (place / f"{PREFIX}{name}.lock").touch()
    return folder


def test_private_and_deleted(place):
    with private_folder() as folder:
        assert folder.parent == place
        assert folder.stat().st_mode & 0o777 == 0o700
        assert {os.environ[name] for name in PLACES} == {str(folder)}
        (folder / "a.wav").write_bytes(b"spoken")
    assert not list(place.iterdir())
    assert os.environ[PLACES[0]] == str(place)
    assert PLACES[1] not in os.environ


def test_deleted_after_an_error(place):
    with pytest.raises(ZeroDivisionError), private_folder() as folder:
        (folder / "a.wav").write_bytes(b"spoken")
        raise ZeroDivisionError
    assert not list(place.iterdir())


def test_what_a_killed_page_left_is_deleted(place):
    leave(place, "killed")
    with private_folder() as folder:
        found = {path.name for path in place.iterdir()}
        assert found == {folder.name, f"{folder.name}.lock"}


def test_what_others_hold_stays(place, tmp_path):
    living, unknown = (
        leave(place, "living"),
        leave(place, "unknown", lock=False),
    )
    outside = tmp_path / "outside"
    outside.mkdir()
    (place / f"{PREFIX}link").symlink_to(outside)
    (place / f"{PREFIX}link.lock").touch()
    with hold(f"{living}.lock", "held"), private_folder() as first:
        with private_folder():
            pass
        assert first.is_dir() and outside.is_dir()
        assert (living / "a.wav").is_file() and (unknown / "a.wav").is_file()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
class TestSignals:
    def test_end_it(self, number, monkeypatch, capsys):
        # nohup, which the tests may run under, ignores one of them.
        before = signal.signal(number, signal.SIG_DFL)
        try:
            with pytest.raises(KeyboardInterrupt), ended_by_signals():
                signal.raise_signal(number)
            assert signal.getsignal(number) == signal.SIG_DFL
        finally:
            signal.signal(number, before)

    def test_that_are_ignored_stay_so(self, number):
        """As with nohup."""
        before = signal.signal(number, signal.SIG_IGN)
        try:
            with ended_by_signals():
                os.kill(os.getpid(), number)
                assert signal.getsignal(number) is signal.SIG_IGN
        finally:
            signal.signal(number, before)
