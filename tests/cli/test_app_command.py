"""turbo-sb app: what it needs, what it is called, and how it ends."""

import os
import re
import signal
import subprocess
import sys
import urllib.request

import pytest

from turbo_sb.cli import app_command, main
from turbo_sb.inference.export import write_export

pytestmark = pytest.mark.slow


def test_without_gradio_no_model_is_loaded(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "gradio", None)
    monkeypatch.setattr(app_command, "load", lambda options: 1 / 0)
    with pytest.raises(SystemExit) as end:
        main(["app", "mine"])
    assert end.value.code == 2
    assert 'pip install "gradio>=6.31,<7"' in capsys.readouterr().err


@pytest.mark.parametrize("given, title", [(".", "mine"), ("me/it", "me/it")])
def test_is_called_as_its_folder(monkeypatch, tmp_path, given, title):
    served = []
    monkeypatch.setattr("turbo_sb.inference.app.check_gradio", lambda: None)
    monkeypatch.setattr(
        "turbo_sb.inference.app.serve", lambda *own: served.append(own)
    )
    monkeypatch.setattr(app_command, "load", lambda options: "a model")
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path / "mine")
    main(["app", given, "--port", "7000", "--name", "me.example:9000"])
    assert served == [("a model", 7000, title, ["me.example:9000"])]


@pytest.fixture
def start(make_model, tmp_path, monkeypatch):
    """Start the command; its process, and the address of its page."""
    pytest.importorskip("gradio")
    monkeypatch.delenv("GRADIO_TEMP_DIR", raising=False)  # an earlier test's
    write_export(tmp_path / "mine", make_model(n_classes=2), ["no", "yes"])
    (tmp_path / "temporary").mkdir()
    own = {"TMPDIR": str(tmp_path / "temporary"), "PYTHONPATH": os.getcwd()}
    started = []

    def start():
        command = [sys.executable, "-m", "turbo_sb", "app", "mine"]
        process = subprocess.Popen(
            command,
            cwd=tmp_path,
            env={**os.environ, **own},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # A shell lets what it runs in its background ignore Ctrl-C, and
            # that is inherited.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        started.append(process)
        return process, re.search(r"http://\S+", process.stdout.readline())[0]

    yield start
    for process in started:
        process.kill()


def upload(address):
    """Leave a recording that nobody classifies."""
    request = urllib.request.Request(
        f"{address}gradio_api/upload",
        b"--B\r\nContent-Disposition: form-data; name=files; filename=a.wav"
        b"\r\n\r\nspoken\r\n--B--\r\n",
        {"Content-Type": "multipart/form-data; boundary=B"},
    )
    assert urllib.request.urlopen(request, timeout=20).status == 200


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ends_and_leaves_nothing(start, tmp_path, how):
    process, address = start()
    assert address.startswith("http://127.0.0.1:")
    assert urllib.request.urlopen(address, timeout=20).status == 200
    upload(address)
    assert list((tmp_path / "temporary").rglob("a.wav"))
    process.send_signal(how)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Traceback" not in err and "share" not in out
    assert not list((tmp_path / "temporary").iterdir())


def test_the_next_deletes_what_a_killed_one_left(start, tmp_path):
    process, address = start()
    upload(address)
    process.kill()
    process.wait()
    (left,) = (tmp_path / "temporary").rglob("a.wav")
    process, _ = start()
    assert (
        not left.exists() and len(list((tmp_path / "temporary").iterdir())) == 2
    )
    process.terminate()
    process.communicate(timeout=30)
    assert not list((tmp_path / "temporary").iterdir())
