"""An upload is read once, and deleted; nothing else is read or deleted."""

import shutil

import pytest
import torch

from turbo_sb.data.audio_io import read_samples
from turbo_sb.inference.app import recordings
from turbo_sb.inference.app.recordings import Recordings
from turbo_sb.utils.errors import InputError


@pytest.fixture(autouse=True)
def at_hand(monkeypatch):
    """Decode here, which is faster; test_decoder.py does it apart."""
    monkeypatch.setattr(recordings, "read_apart", read_samples)


@pytest.fixture
def upload(tmp_path, speech):
    """Upload once more what was uploaded."""

    def upload(name="a.wav"):
        path = tmp_path / "private" / "5ec2e7" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(speech, path)
        return str(path)

    return upload


@pytest.fixture
def own(classifier, tmp_path):
    (tmp_path / "private").mkdir()
    return Recordings(classifier, tmp_path / "private")


class TestLoadAudio:
    def test_as_the_classifier_does_and_deletes(
        self, own, upload, speech, classifier, tmp_path
    ):
        classifier.equalizer = lambda signal, name: signal * len(name)
        path = upload()
        signal = own.load_audio(path)
        torch.testing.assert_close(
            signal, classifier.load_audio(speech), rtol=0, atol=0
        )
        assert not list((tmp_path / "private").iterdir())
        # With other words, or once more uploaded.
        assert own.load_audio(path) is signal
        upload()
        assert torch.equal(own.load_audio(path), signal)
        assert not list((tmp_path / "private").iterdir())

    def test_deletes_what_is_refused(self, own, upload, tmp_path):
        path = upload()
        with open(path, "wb") as file:
            file.write(b"nothing" * 99)
        with pytest.raises(InputError, match="not audio"):
            own.load_audio(path)
        assert not list((tmp_path / "private").iterdir())
        with pytest.raises(InputError, match="a.wav: no longer kept. Record"):
            own.load_audio(path)

    def test_keeps_a_few(self, own, upload):
        paths = [upload(f"{k}.wav") for k in range(recordings.KEPT + 1)]
        for path in paths:
            own.load_audio(path)
        own.load_audio(paths[1])
        with pytest.raises(InputError, match="0.wav: no longer kept"):
            own.load_audio(paths[0])

    def test_too_long(self, own, upload, monkeypatch):
        monkeypatch.setattr(recordings, "LONGEST", 0.4)
        with pytest.raises(InputError, match="expected at most"):
            own.load_audio(upload())

    def test_nothing_outside(self, own, upload, speech, tmp_path):
        (tmp_path / "private" / "link.wav").symlink_to(speech)
        for path in (
            *(speech, "/etc/passwd", tmp_path / "private"),
            tmp_path / "private" / ".." / "a.wav",
            tmp_path / "private" / "link.wav",
        ):
            with pytest.raises(InputError, match="no upload of this page"):
                own.load_audio(path)
        assert speech.is_file()
