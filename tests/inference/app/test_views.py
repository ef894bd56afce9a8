"""What the page shows, without the page: the same as the classifier says."""

import numpy as np
import pytest
import soundfile
import torch

from turbo_sb.inference import classifier as classifier_module
from turbo_sb.inference.app.views import (
    NO_WORDS,
    RECOGNISING,
    UNTRAINED,
    VIEWS,
    look,
)
from turbo_sb.utils.errors import InputError

WAYS = {
    "both": (True, "hello world"),
    "audio only": (True, None),
    "text only": (False, "hello world"),
}


class TestProbabilities:
    def test_each_view_is_what_the_classifier_says(self, classifier, speech):
        found = look(classifier, speech, "hello world")
        assert list(found.probabilities) == list(VIEWS)
        signal = classifier.load_audio(speech)
        for view, (heard, text) in WAYS.items():
            signals = [signal if heard else None]
            expected = classifier.classify_signals(signals, [text])[0]
            own = found.probabilities[view]
            assert list(own) == classifier.labels
            own = torch.tensor(list(own.values())).double()
            torch.testing.assert_close(own, expected, rtol=0, atol=1e-6)
        values = [tuple(own.values()) for own in found.probabilities.values()]
        assert len(set(values)) == 3

    @pytest.mark.parametrize(
        "heard, text, view",
        [(True, "", "audio only"), (True, " \n", "audio only")]
        + [(True, None, "audio only"), (False, "hello", "text only")],
    )
    def test_one_view_of_what_is_there(
        self, classifier, speech, heard, text, view
    ):
        found = look(classifier, speech if heard else None, text)
        assert list(found.probabilities) == [view]
        assert (found.seconds == 0.5) == heard
        assert found.text == ("hello" if text == "hello" else None)

    @pytest.mark.parametrize("modality", ["audio", "text"])
    def test_a_model_of_one_modality(self, make_classifier, speech, modality):
        classifier = make_classifier(modalities=[modality])
        found = look(classifier, speech, "hello")
        assert list(found.probabilities) == [f"{modality} only"]
        assert (found.seconds is None) == (modality == "text")
        assert (found.text is None) == (modality == "audio")
        assert found.notes == []


class TestRecogniser:
    @pytest.fixture
    def hearing(self, classifier):
        classifier.recogniser = lambda *_: "hello world"
        return classifier

    def test_fills_what_is_blank(self, hearing, speech):
        found = look(hearing, speech, " ")
        assert found.text == "hello world"
        given = look(hearing, speech, "hello world")
        assert found.probabilities == given.probabilities

    def test_leaves_what_is_written(self, hearing, speech):
        assert look(hearing, speech, "hello").text == "hello"

    def test_says_that_it_heard_no_words(self, hearing, speech):
        hearing.recogniser = lambda *_: ""
        assert look(hearing, speech).notes == [NO_WORDS]

    def test_has_so_much_time(self, hearing, speech, monkeypatch):
        """One that takes longer ends with an error, and others are next."""
        monkeypatch.setattr(classifier_module.time, "monotonic", lambda: 1000)
        given = []
        hearing.recogniser = lambda *all_: given.append(all_[-1]) or "yes"
        look(hearing, speech)
        assert given == [1000 + RECOGNISING]

    def test_gives_a_text_model_its_words(self, make_classifier, speech):
        classifier = make_classifier(modalities=["text"])
        classifier.recogniser = lambda *_: "hello"
        found = look(classifier, speech)
        assert (found.text, found.seconds) == ("hello", 0.5)
        assert list(found.probabilities) == ["text only"]


class TestNotes:
    def test_none(self, classifier, speech):
        assert look(classifier, speech, "hello").notes == []

    def test_not_trained_for_a_missing_modality(self, make_classifier, speech):
        classifier = make_classifier(modality_dropout=0.0)
        for _ in range(2):  # each time, not once
            assert look(classifier, speech, "hello").notes == [UNTRAINED]

    def test_clipped_by_its_name_alone(self, classifier, tmp_path):
        path = tmp_path / "loud.wav"
        soundfile.write(path, np.sign(np.sin(np.arange(8000) / 9)), 16000)
        (note,) = look(classifier, path, "hello").notes
        assert note.startswith("loud.wav: clipped, ")

    def test_words_beyond_the_limit(self, classifier, speech):
        (note,) = look(classifier, speech, "hello " * 600).notes
        assert "what is beyond is cut" in note


class TestNotUsable:
    @pytest.mark.parametrize("text", [None, "", " "])
    def test_nothing(self, classifier, text):
        with pytest.raises(InputError) as error:
            look(classifier, None, text)
        assert str(error.value) == (
            "Nothing to classify: record or upload speech, or write its words."
        )

    def test_audio_for_a_text_model(self, make_classifier, speech):
        classifier = make_classifier(modalities=["text"])
        with pytest.raises(InputError, match="classify: write its words"):
            look(classifier, speech)

    @pytest.mark.parametrize("text", [None, "hello"])
    def test_silence_by_its_name_alone(self, classifier, tmp_path, text):
        path = tmp_path / "silent.wav"
        soundfile.write(path, np.zeros(8000), 16000)
        with pytest.raises(InputError, match="^silent.wav: silent, "):
            look(classifier, path, text)


class TestNeighbours:
    def test_are_of_what_was_given(self, classifier, speech, neighbours):
        both = look(classifier, speech, "hello world", neighbours)
        audio = look(classifier, speech, None, neighbours)
        text = look(classifier, None, "hello world", neighbours)
        names = [found.neighbours[0]["ID"] for found in (both, audio, text)]
        assert names == ["both", "heard", "written"]
        assert audio.neighbours[0]["similarity"] == pytest.approx(1, abs=1e-3)

    def test_at_most_n(self, classifier, speech, neighbours):
        found = look(classifier, speech, "hello", neighbours, n=2)
        assert len(found.neighbours) == 2
