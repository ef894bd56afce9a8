"""What the button does; and the page itself, where gradio is installed."""

import http.client
import json
import socket
import sys
import threading
import time
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from turbo_sb.data.audio_io import read_samples
from turbo_sb.inference.app import check_gradio, limits, need_gradio, recordings
from turbo_sb.inference.app import page as page_module
from turbo_sb.inference.app.folder import private_folder
from turbo_sb.inference.app.page import (
    UNEXPECTED,
    answer,
    forget,
    make_page,
    nothing,
)
from turbo_sb.inference.app.recordings import Recordings
from turbo_sb.inference.app.server import (
    end,
    find_neighbours,
    launch,
    load_recogniser,
)
from turbo_sb.utils.errors import InputError


class TestAnswer:
    def test_puts_all_on_the_page(self, classifier, speech, neighbours):
        found = answer(classifier, neighbours, str(speech), "hello world")
        text, heard, shown, *views, rows = found
        assert (text, heard) == ("hello world", "")
        assert shown.startswith("<h2>")
        for view in views:
            assert list(view) == ["angry", "<b>hap</b>", "neutral", "sad"]
            assert sum(view.values()) == pytest.approx(1)
        assert len(views) == 3
        assert [row[0] for row in rows][0] == "both"
        assert all(isinstance(cell, str) for row in rows for cell in row)

    def test_no_rows_without_neighbours(self, classifier, speech):
        assert len(answer(classifier, None, str(speech), "")) == 6

    def test_views_that_are_not_there_are_blank(self, classifier, speech):
        both, audio, text = answer(classifier, None, str(speech), "")[3:]
        assert (both, text) == (None, None) and max(audio.values()) > 0

    def test_nothing_stale_beside_an_error(self, classifier, neighbours):
        found = answer(classifier, neighbours, None, "")
        assert found[3:] == (None, None, None, [])
        assert found[3:] == nothing(3, True)[1:]

    def test_bad_audio_is_one_line(self, classifier, tmp_path, neighbours):
        path = tmp_path / "bad <i>.wav"
        path.write_bytes(b"nothing" * 99)
        text, heard, shown, *_, rows = answer(
            classifier, neighbours, str(path), "hello"
        )
        assert (text, heard, rows) == ("hello", "", [])
        assert shown.startswith(
            '<p class="error" role="alert">bad &lt;i&gt;.wav: not audio'
        )

    def test_a_fault_is_not_told_in_full(self, classifier, caplog):
        def load_audio(path):
            raise RuntimeError("/home/me/secret")

        broken = SimpleNamespace(load_audio=load_audio)
        *_, shown, _, _, _ = answer(
            classifier, None, "a.wav", "", recordings=broken
        )
        assert UNEXPECTED in shown and "secret" not in shown
        assert "/home/me/secret" in caplog.text

    def test_words_that_were_heard(self, classifier, speech):
        classifier.recogniser = lambda *_: "hello"
        text, heard, *_ = answer(classifier, None, str(speech), "")
        assert (text, heard) == ("hello", "hello")
        # Once more, and the words are still the recogniser's: with another
        # recording they go.
        text, heard, *_ = answer(classifier, None, str(speech), text, heard)
        assert (text, heard) == ("hello", "hello")
        assert forget(text, heard) == ("", "")

    def test_words_that_were_edited(self, classifier, speech):
        classifier.recogniser = lambda *_: "hello"
        found = answer(classifier, None, str(speech), "hello you", "hello")
        assert found[:2] == ("hello you", "")
        assert forget("hello you", "") == ("hello you", "")


class TestNeighbours:
    def test_are_those_of_the_folder(self, classifier, neighbours):
        assert find_neighbours(classifier).facts == neighbours.facts

    def test_or_none(self, classifier):
        assert find_neighbours(classifier) is None


class TestRecogniser:
    @pytest.mark.parametrize("allowed", [True, False])
    def test_is_loaded_before_anybody_visits(self, classifier, allowed):
        """One that is not trusted is left alone: words may be given."""
        loads = []
        classifier.recogniser = SimpleNamespace(
            allowed=allowed, load=loads.append
        )
        load_recogniser(classifier)
        assert loads == [classifier.device] * allowed

    def test_or_there_is_none(self, classifier):
        load_recogniser(classifier)


def test_without_gradio(monkeypatch):
    monkeypatch.setitem(sys.modules, "gradio", None)
    for asked in (check_gradio, need_gradio):
        with pytest.raises(InputError, match='pip install "gradio>=6.31,<7"'):
            asked()


@pytest.fixture
def gradio(monkeypatch):
    """That, and no other machine is spoken to, in any thread."""
    pytest.importorskip("gradio")
    reach, reached = socket.socket.connect, []

    def connect(own, address):
        if own.family != socket.AF_UNIX:
            reached.append(address[0])
        return reach(own, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    yield need_gradio()
    assert set(reached) <= {"127.0.0.1"}


@pytest.fixture
def folder(gradio, monkeypatch, tmp_path):
    """Where uploads are."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    with private_folder() as folder:
        yield folder


@pytest.fixture
def serve(folder):
    """Serve a page; it ends with the test."""
    pages = []

    def serve(classifier, neighbours=None, port=None, title="mine", names=()):
        own = Recordings(classifier, folder)
        pages.append(make_page(classifier, neighbours, title, own))
        try:
            return launch(pages[-1], folder, port, names)
        except InputError:
            pages.pop()
            raise

    serve.pages = pages
    yield serve
    for page in pages:
        end(page)


@pytest.mark.slow
class TestServed:
    def test_classifies(self, serve, classifier, speech, neighbours, tmp_path):
        from gradio_client import Client, handle_file

        address = serve(classifier, neighbours)
        client = Client(
            address,
            verbose=False,
            download_files=tmp_path,
            analytics_enabled=False,
        )
        heard = handle_file(str(speech))
        found = client.predict(heard, "hello world", api_name="/classify")
        expected = answer(classifier, neighbours, str(speech), "hello world")
        text, shown, *views, table = found
        assert (text, shown) == (expected[0], expected[2])
        for view, own in zip(views, expected[3:6], strict=True):
            assert {
                x["label"]: x["confidence"] for x in view["confidences"]
            } == pytest.approx(own)
        assert table["data"] == expected[6]

    def test_keeps_to_itself(self, serve, classifier):
        address = serve(classifier)
        assert address.startswith("http://127.0.0.1:")
        page = get(address)
        assert "googleapis" not in page and "cdnjs" not in page
        config = json.loads(get(address + "config"))
        assert not config["analytics_enabled"]
        assert not config["run_history"]
        assert config["footer_links"] == []

    @pytest.mark.parametrize("modality", ["audio", "text"])
    def test_asks_for_what_the_model_takes(
        self, serve, make_classifier, modality
    ):
        classifier = make_classifier(modalities=[modality])
        config = json.loads(get(serve(classifier) + "config"))
        seen = {
            part["type"]: part["props"]["visible"]
            for part in config["components"]
            if part["type"] in ("audio", "textbox")
        }
        assert seen["audio"] == (modality == "audio")
        assert seen["textbox"] == (modality == "text")

    def test_clears_and_announces(self, serve, classifier):
        config = json.loads(get(serve(classifier) + "config"))
        on = {
            event
            for action in config["dependencies"]
            for _, event in action["targets"]
        }
        assert on == {"click", "submit", "input", "clear", "load"}
        (js,) = [x["js"] for x in config["dependencies"] if x["js"]]
        assert "aria-live" in js
        parts = {x["type"]: x["props"] for x in config["components"]}
        assert "Enter" in parts["textbox"]["info"]
        assert parts["textbox"]["lines"] == 1

    def test_taken_port(self, serve, classifier):
        port = int(serve(classifier).rstrip("/").rsplit(":", 1)[1])
        with pytest.raises(InputError, match=f"port {port}: taken"):
            serve(classifier, port=port)


@pytest.fixture
def attack(serve, classifier, folder, monkeypatch):
    """A page, as a stranger sees it."""
    monkeypatch.setattr(recordings, "read_apart", read_samples)  # faster
    monkeypatch.setattr(limits, "UPLOAD", 2**20)
    return Attack(serve(classifier), folder)


UPLOAD = "/gradio_api/upload"
FORM = {"Content_Type": "multipart/form-data; boundary=B"}
PART = "--B\r\nContent-Disposition: form-data; name=files; filename={}\r\n\r\n"


class Attack:
    """Requests to a page, and what they left."""

    def __init__(self, address, folder):
        self.address, self.folder = address, folder
        self.host = address.removeprefix("http://").rstrip("/")

    def ask(self, method, path, body=None, **headers):
        """Status, and what was said."""
        connection = http.client.HTTPConnection(self.host, timeout=60)
        named = {k.replace("_", "-"): v for k, v in headers.items()}
        try:
            connection.request(method, path, body, named)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def upload(self, content, name="a.wav", **headers):
        """Status, and the paths."""
        body = PART.format(name).encode() + content + b"\r\n--B--\r\n"
        return self.ask("POST", UPLOAD, body, **FORM, **headers)

    def classify(self, path, session, words="hello"):
        """The status of the request, or what came of it."""
        config = json.loads(self.ask("GET", "/config")[1])
        (number,) = [
            x["id"]
            for x in config["dependencies"]
            if x["api_name"] == "classify"
        ]
        file = {"path": str(path), "meta": {"_type": "gradio.FileData"}}
        asked = {"data": [file, words, None], "fn_index": number}
        status, _ = self.ask(
            "POST",
            "/gradio_api/queue/join",
            json.dumps({**asked, "session_hash": session}),
            Content_Type="application/json",
        )
        if status != 200:
            return status
        said = self.ask("GET", f"/gradio_api/queue/data?session_hash={session}")
        events = [json.loads(x[6:]) for x in said[1].split("\n\n") if x]
        (done,) = [x for x in events if x["msg"] == "process_completed"]
        return done["output"]

    def left(self):
        """The files in the folder."""
        return [path for path in self.folder.rglob("*") if path.is_file()]


@pytest.mark.slow
class TestAttacked:
    def test_foreign_hosts_and_origins(self, attack, speech):
        content, port = speech.read_bytes(), attack.host.split(":")[1]
        for stranger in (
            {"Host": f"evil.example:{port}"},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Sec_Fetch_Site": "cross-site"},
        ):
            status, said = attack.upload(content, **stranger)
            assert status == 403 and "path" not in said
            for path in (
                "/",
                "/config",
                "/gradio_api/queue/data?session_hash=x",
            ):
                assert attack.ask("GET", path, **stranger)[0] == 403
        before = {
            "Host": f"evil.example:{port}",
            "Origin": "http://evil.example",
        }
        before["Access_Control_Request_Method"] = "POST"
        assert attack.ask("OPTIONS", "/config", **before)[0] == 403
        assert not attack.left()
        own = {
            "Host": f"localhost:{port}",
            "Origin": f"http://localhost:{port}",
        }
        assert attack.upload(content, **own)[0] == 200

    def test_a_name_of_ones_own(self, serve, classifier, folder):
        address = serve(classifier, names=["me.example"])
        named = Attack(address, folder)
        own = {"Host": "me.example", "Origin": "https://me.example"}
        assert named.ask("GET", "/", **own)[0] == 200
        assert named.ask("GET", "/", Host="you.example")[0] == 403

    def test_too_large_by_its_header(self, attack):
        """Nothing is read, and so nothing is sent here."""
        size = {"Content_Length": str(2 * 2**30)}
        status, said = attack.ask("POST", UPLOAD, b"", **FORM, **size)
        assert status == 413 and "maximum allowed size" in said

    def test_too_large_in_chunks(self, attack):
        """No more is sent than has to be read to know it."""
        connection = http.client.HTTPConnection(attack.host, timeout=60)
        connection.putrequest("POST", UPLOAD)
        connection.putheader("Content-Type", FORM["Content_Type"])
        connection.putheader("Transfer-Encoding", "chunked")
        connection.endheaders()
        sent = PART.format("a.wav").encode() + b"x" * (2**20 + limits.FORM)
        connection.send(b"%x\r\n" % len(sent) + sent + b"\r\n")
        answer = connection.getresponse()
        assert answer.status == 413
        assert "maximum allowed size" in answer.read().decode()
        connection.close()
        assert not attack.left()

    def test_broken_off(self, attack):
        host, port = attack.host.split(":")
        head = (
            f"POST {UPLOAD} HTTP/1.1\r\nHost: {attack.host}\r\nContent-Type: "
            f"{FORM['Content_Type']}\r\nContent-Length: 900000\r\n\r\n"
        ) + PART.format("a.wav")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(head.encode() + b"x" * 200000)
            wait_for(attack.left)
        wait_for(lambda: not attack.left())

    def test_each_upload_is_deleted(self, attack, speech):
        (path,) = json.loads(attack.upload(speech.read_bytes())[1])
        assert [str(own) for own in attack.left()] == [path]
        for session in ("once", "again"):
            assert "<h2>" in attack.classify(path, session)["data"][2]
            assert not attack.left()
        (path,) = json.loads(attack.upload(b"nothing")[1])
        said = attack.classify(path, "bad")["data"][2]
        assert "a.wav: not audio" in said and str(attack.folder) not in said
        assert not attack.left()

    def test_what_nobody_classifies_is_deleted(
        self, monkeypatch, serve, classifier, folder
    ):
        monkeypatch.setattr(page_module, "STALE", (0.1, 0.5))
        attack = Attack(serve(classifier), folder)
        assert attack.upload(b"spoken")[0] == 200 and attack.left()
        wait_for(lambda: not attack.left())

    def test_no_file_from_elsewhere(self, attack, speech, monkeypatch):
        fetched = []

        async def fetch(address, **options):
            fetched.append(address)

        download = "gradio.processing_utils.async_ssrf_protected_download"
        monkeypatch.setattr(download, fetch)
        for path in (speech, "/etc/passwd", "https://example.com/a.wav"):
            found = attack.classify(path, "elsewhere")
            assert found == {"error": None}
            status, said = attack.ask("GET", f"/gradio_api/file={path}")
            assert status == 403 and "root:" not in said
        assert not fetched and not attack.left()

    @pytest.mark.parametrize("waiting", [64, 8])
    def test_fifty_at_once(
        self, serve, classifier, folder, speech, monkeypatch, waiting
    ):
        monkeypatch.setattr(page_module, "WAITING", waiting)
        attack = Attack(serve(classifier), folder)
        held, one = threading.Lock(), Counter()

        def slowly(*given, **named):
            assert held.acquire(blocking=False), "two at once"
            time.sleep(0.05)
            held.release()
            return read_samples(*given, **named)

        monkeypatch.setattr(recordings, "read_apart", slowly)
        content = speech.read_bytes()

        def ask(number):
            status, said = attack.upload(content, f"{number}.wav")
            if status != 200:
                return status
            found = attack.classify(json.loads(said)[0], f"s{number}")
            return (
                found if isinstance(found, int) else "<h2>" in found["data"][2]
            )

        with ThreadPoolExecutor(50) as visitors:
            one.update(visitors.map(ask, range(50)))
        assert set(one) <= {True, 503} and one[True] > min(waiting, 49)
        assert bool(one[503]) == (waiting < 50)
        assert attack.ask("GET", "/")[0] == 200

    def test_the_end_waits_for_nobody(self, serve, classifier, folder, speech):
        """What is recorded is deleted next, before whoever asked kills."""
        begun, may_end = threading.Event(), threading.Event()

        def transcribe(*_):
            begun.set()
            may_end.wait(60)
            return "hello"

        classifier.recogniser = transcribe
        attack = Attack(serve(classifier), folder)
        (path,) = json.loads(attack.upload(speech.read_bytes())[1])
        with ThreadPoolExecutor(1) as visitor:
            visitor.submit(attack.classify, path, "x", words="")
            assert begun.wait(60)
            began = time.monotonic()
            end(serve.pages[-1])
            took = time.monotonic() - began
            may_end.set()
        assert took < 6

    def test_a_title_is_text(self, serve, classifier, folder):
        bad = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
        page = get(serve(classifier, title=bad))
        assert "<script>alert(1)" not in page and "<img src=x" not in page


def wait_for(condition):
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def get(address):
    with urllib.request.urlopen(address, timeout=20) as page:
        return page.read().decode()
