"""What the button does; and the page itself, where gradio is installed."""

import json
import socket
import sys
import urllib.request

import pytest

from turbo_sb.inference.app import need_gradio
from turbo_sb.inference.app.page import answer, forget, make_page, nothing
from turbo_sb.inference.app.server import find_neighbours, launch
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

    def test_words_that_were_heard(self, classifier, speech):
        classifier.recogniser = lambda signal, rate, device: "hello"
        text, heard, *_ = answer(classifier, None, str(speech), "")
        assert (text, heard) == ("hello", "hello")
        # Once more, and the words are still the recogniser's: with another
        # recording they go.
        text, heard, *_ = answer(classifier, None, str(speech), text, heard)
        assert (text, heard) == ("hello", "hello")
        assert forget(text, heard) == ("", "")

    def test_words_that_were_edited(self, classifier, speech):
        classifier.recogniser = lambda signal, rate, device: "hello"
        found = answer(classifier, None, str(speech), "hello you", "hello")
        assert found[:2] == ("hello you", "")
        assert forget("hello you", "") == ("hello you", "")


class TestNeighbours:
    def test_are_those_of_the_folder(self, classifier, neighbours):
        assert find_neighbours(classifier).facts == neighbours.facts

    def test_or_none(self, classifier):
        assert find_neighbours(classifier) is None


def test_without_gradio(monkeypatch):
    monkeypatch.setitem(sys.modules, "gradio", None)
    with pytest.raises(InputError, match='pip install "gradio>=6.31,<7"'):
        need_gradio()


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
    assert set(reached) == {"127.0.0.1"}


@pytest.fixture
def serve(gradio):
    """Serve a page; it ends with the test."""
    pages = []

    def serve(classifier, neighbours=None, port=None):
        pages.append(make_page(classifier, neighbours, "mine"))
        return launch(pages[-1], port)

    yield serve
    for page in pages:
        page.close(verbose=False)


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


def get(address):
    with urllib.request.urlopen(address, timeout=20) as page:
        return page.read().decode()
