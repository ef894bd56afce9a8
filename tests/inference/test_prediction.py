"""Many utterances: each once, as if alone, whatever is bad among them."""

import dataclasses
import os
import shutil

import pytest
import soundfile
import torch

from turbo_sb.inference import prediction
from turbo_sb.inference.classifier import TurboClassifier
from turbo_sb.inference.export import write_export
from turbo_sb.inference.prediction import predict
from turbo_sb.inference.utterances import Utterance
from turbo_sb.utils.errors import InputError

SECONDS = [0.5, 2, 0.1, 1, 3, 0.7, 0.2]


@pytest.fixture(scope="module")
def classifier(make_small_model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exports") / "mine"
    write_export(folder, make_small_model(modality_dropout=0.3), list("abcd"))
    return TurboClassifier.from_hparams(folder)


@pytest.fixture
def utterances(tmp_path):
    generator = torch.Generator().manual_seed(1)
    found = []
    for k, seconds in enumerate(SECONDS):
        signal = 0.1 * torch.randn(int(seconds * 16000), generator=generator)
        path = tmp_path / f"{k}.wav"
        soundfile.write(path, signal.numpy(), 16000, "FLOAT")
        text = "hello world" if k % 2 else None
        found.append(Utterance(str(k), str(path), text))
    return found


def by_name(classifier, utterances, **options):
    found = list(predict(classifier, utterances, **options))
    assert len(found) == len({p.name for p in found}) == len(utterances)
    return {p.name: p for p in found}


@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_each_as_if_alone(classifier, utterances, batch_size):
    found = by_name(classifier, utterances, batch_size=batch_size)
    for utterance in utterances:
        expected = classifier.classify_file(utterance.wav, utterance.text)
        own = found[utterance.name]
        assert own.label == expected[3][0]
        assert own.score == pytest.approx(expected[1].item(), abs=1e-6)
        probabilities = list(own.probabilities.values())
        assert probabilities == pytest.approx(expected[0][0], abs=1e-6)
        assert own.used == ["audio", "text"][: 2 if utterance.text else 1]
        assert own.text == utterance.text


def test_the_longest_first_and_no_batch_holds_too_much(
    classifier, utterances, monkeypatch
):
    sizes, classify = [], classifier.classify_signals

    def note(signals, texts):
        sizes.append([round(len(s) / 16000, 1) for s in signals])
        return classify(signals, texts)

    monkeypatch.setattr(classifier, "classify_signals", note)
    monkeypatch.setattr(prediction, "SECONDS_AHEAD", 4)
    by_name(classifier, utterances, batch_size=3)
    assert sizes == [[3], [2, 1], [0.7, 0.5, 0.2], [0.1]]


def test_text_alone(classifier):
    (found,) = predict(classifier, [Utterance("a", text="hello")])
    assert found.used == ["text"]
    expected = classifier.classify_batch(None, texts=["hello"])[1].item()
    assert found.score == pytest.approx(expected, abs=1e-6)


def test_bad_ones_do_not_lose_the_others(classifier, utterances, tmp_path):
    (tmp_path / "bad.wav").write_bytes(b"no audio")
    bad = [
        Utterance("missing", str(tmp_path / "none.wav"), "hello"),
        Utterance("damaged", str(tmp_path / "bad.wav")),
        Utterance("beyond", utterances[0].wav, start=7.0),
        Utterance("past", utterances[4].wav, start=1.0, stop=9.0),
        Utterance("nothing"),
    ]
    found = by_name(classifier, [*bad[:2], *utterances, *bad[2:]])
    assert "no such file" in found["missing"].error
    assert "not audio, or damaged" in found["damaged"].error
    assert "expected a stretch" in found["beyond"].error
    assert "start 1 and stop 9: expected" in found["past"].error
    assert "nothing in it that this model takes" in found["nothing"].error
    assert all(found[name].label is None for name in ("missing", "nothing"))
    assert all(found[u.name].error is None for u in utterances)


def test_all_bad(classifier, tmp_path):
    found = by_name(classifier, [Utterance("a", str(tmp_path / "none.wav"))])
    assert "no such file" in found["a"].error


def test_none(classifier):
    assert by_name(classifier, []) == {}


def test_a_recogniser_that_fails_on_one(classifier, utterances, monkeypatch):
    class Deaf:
        def load(self, device):
            pass

        def __call__(self, signal, rate, device, until):
            if len(signal) == 16000 * 3:
                raise InputError("asr: fails on this recording: cough")
            return "hello"

    monkeypatch.setattr(classifier, "recogniser", Deaf())
    found = by_name(classifier, utterances)
    assert "4.wav: asr: fails on this" in found["4"].error
    assert [p.text for n, p in found.items() if n in "026"] == ["hello"] * 3


def test_a_recogniser_that_cannot_be_had(classifier, utterances, monkeypatch):
    class Absent:
        def load(self, device):
            raise InputError("asr: cannot be loaded")

    monkeypatch.setattr(classifier, "recogniser", Absent())
    with pytest.raises(InputError, match="asr: cannot be loaded"):
        list(predict(classifier, utterances))
    given = [u for u in utterances if u.text]
    assert not any(p.error for p in predict(classifier, given))


def test_blank_text_is_given(classifier, utterances):
    (found,) = predict(classifier, [Utterance("a", text="")])
    assert found.error is None and found.used == ["text"]


def test_of_words_alone_with_a_recogniser(
    make_small_model, utterances, tmp_path, monkeypatch
):
    model = make_small_model(modalities=["text"])
    write_export(tmp_path / "mine", model, list("abcd"))
    classifier = TurboClassifier.from_hparams(tmp_path / "mine")

    class Hears:
        def load(self, device):
            pass

        def __call__(self, signal, rate, device, until):
            return "hello world"

    monkeypatch.setattr(classifier, "recogniser", Hears())
    (found,) = predict(classifier, utterances[:1])
    assert found.text == "hello world" and found.used == ["text"]
    expected = classifier.classify_batch(None, texts=["hello world"])[1]
    assert found.score == pytest.approx(expected.item(), abs=1e-6)
    # What is not needed is not read.
    gone = [Utterance("a", "/none.wav", "hello")]
    assert next(predict(classifier, gone)).error is None
    classifier.classify_file("/none.wav", text="hello")


@pytest.mark.parametrize(
    "error", [RuntimeError("a bug"), TypeError("a bug"), MemoryError("a bug")]
)
def test_an_unexpected_error_of_one(classifier, utterances, monkeypatch, error):
    load = classifier.load_audio

    def fail(path, *options):
        if path.endswith("3.wav"):
            raise error
        return load(path, *options)

    monkeypatch.setattr(classifier, "load_audio", fail)
    found = by_name(classifier, utterances)
    assert found["3"].error.startswith(
        f"{utterances[3].wav}: {type(error).__name__}: a bug (unexpected, in "
        "test_prediction.py, line "
    )
    assert [n for n, p in found.items() if p.error] == ["3"]


@pytest.mark.parametrize("batch_size", [2, 64])
def test_one_that_the_model_fails_on(
    classifier, utterances, monkeypatch, batch_size
):
    expected = by_name(classifier, utterances)
    classify = classifier.classify_signals

    def fail(signals, texts):
        if any(len(signal) == 16000 for signal in signals):
            raise RuntimeError("out of something")
        return classify(signals, texts)

    monkeypatch.setattr(classifier, "classify_signals", fail)
    found = by_name(classifier, utterances, batch_size=batch_size)
    assert found["3"].error.startswith("3: RuntimeError: out of something (")
    for name in "012456":
        assert found[name].label == expected[name].label
        assert found[name].score == pytest.approx(expected[name].score)


def test_a_recogniser_with_a_bug(classifier, utterances, monkeypatch):
    class Buggy:
        def load(self, device):
            pass

        def __call__(self, signal, rate, device, until):
            if len(signal) == 16000 * 3:
                raise IndexError("a bug")
            return "hello"

    monkeypatch.setattr(classifier, "recogniser", Buggy())
    found = by_name(classifier, utterances)
    assert "4.wav: IndexError: a bug (unexpected" in found["4"].error
    assert found["0"].text == "hello"


def test_names_and_files_that_nobody_expects(classifier, utterances, tmp_path):
    latin = os.fsdecode(os.fsencode(tmp_path) + b"/m\xfcller.wav")
    shutil.copy(utterances[0].wav, latin)
    (tmp_path / "b.raw").write_bytes(b"\1\2" * 3000)
    os.mkfifo(tmp_path / "pipe.wav")  # nobody writes to it
    bad = os.fsdecode(os.fsencode(tmp_path) + b"/\xe9.wav")
    found = by_name(
        classifier,
        [
            Utterance("latin", latin),
            Utterance("raw", str(tmp_path / "b.raw")),
            Utterance("pipe", str(tmp_path / "pipe.wav")),
            Utterance("bad", bad),
            Utterance("null", "a\0.wav"),
            Utterance("surrogate", "a\ud800.wav"),
            *utterances,
        ],
    )
    alone = classifier.classify_file(utterances[0].wav)
    assert found["latin"].score == pytest.approx(alone[1].item(), abs=1e-6)
    assert "samples without a header" in found["raw"].error
    assert "a pipe or a device" in found["pipe"].error
    assert f"{tmp_path}/\\xe9.wav: no such file" in found["bad"].error
    assert found["null"].error and found["surrogate"].error.encode()
    assert all(found[u.name].error is None for u in utterances)


def test_what_is_to_be_decoded_takes_room_in_a_batch(tmp_path):
    head = b"\0\0\0\x1cftypM4A "
    (tmp_path / "a.m4a").write_bytes(head.ljust(400_000, b"\0"))
    whole = Utterance("a", str(tmp_path / "a.m4a"))
    assert prediction._seconds(whole) == 100
    part = dataclasses.replace(whole, start=2.0, stop=5.0)
    assert prediction._seconds(part) == 3


def test_batch_size_error(classifier):
    with pytest.raises(InputError, match="batch_size: 0; expected 1 or more"):
        list(predict(classifier, [], batch_size=0))


def test_stretches(classifier, utterances):
    wav, text = utterances[4].wav, "hello"
    stretch = Utterance("part", wav, text, start=1.0, stop=2.5)
    (found,) = predict(classifier, [stretch])
    signal = classifier.load_audio(wav)[16000:40000]
    expected = classifier.classify_batch(signal[None], None, [text])[1].item()
    assert found.score == pytest.approx(expected, abs=1e-6)


def test_manifest_keeps_its_order(classifier, utterances, tmp_path):
    rows = [f"{u.name},{u.wav},{u.text or ''}" for u in utterances]
    path = tmp_path / "manifest.csv"
    path.write_text("\n".join(["ID,wav,text", *rows]))
    found = classifier.classify_manifest(path, batch_size=2)
    assert [p.name for p in found] == [u.name for u in utterances]
