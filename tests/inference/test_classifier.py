"""A classifier: whatever is missing, however long, in whatever company."""

import math

import pytest
import soundfile
import torch
from speechbrain.utils.fetching import FetchConfig

from turbo_sb.inference.classifier import TurboClassifier
from turbo_sb.inference.export import write_export
from turbo_sb.utils.errors import InputError

LABELS = ["ang", "hap", "neu", "sad"]
TEXTS = ["hello world", "hello", "well, world", "", "world " * 40]


@pytest.fixture
def make_classifier(make_model, tmp_path):
    """An exported and loaded model; by default one that may lack either."""

    def make(window_seconds=30, run_opts=None, **settings):
        settings = {"modality_dropout": 0.3, **settings}
        model = make_model(**settings)
        folder = tmp_path / "mine"
        write_export(
            folder, model, LABELS, window_seconds=window_seconds, overwrite=True
        )
        return TurboClassifier.from_hparams(folder, run_opts=run_opts)

    return make


@pytest.fixture
def classifier(make_classifier):
    return make_classifier()


def noise(seconds, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return 0.1 * torch.randn(round(16000 * seconds), generator=generator)


SIGNALS = [noise(seconds, k) for k, seconds in enumerate((1, 0.3, 2, 0.1, 5))]


def pad(signals):
    wavs = torch.nn.utils.rnn.pad_sequence(signals, batch_first=True)
    lens = torch.tensor([len(signal) / wavs.shape[1] for signal in signals])
    return wavs, lens


@pytest.fixture
def write(tmp_path):
    def write(signal, name="a.wav", rate=16000):
        soundfile.write(tmp_path / name, signal.numpy(), rate, "FLOAT")
        return tmp_path / name

    return write


class TestOneFile:
    def test_speechbrains_order(self, classifier, write):
        found = classifier.classify_file(write(SIGNALS[0]), "hello world")
        probabilities, score, index, label = found
        assert probabilities.shape == (1, 4)
        assert probabilities.sum().item() == pytest.approx(1, abs=1e-12)
        assert score == probabilities.max()
        assert index == probabilities.argmax()
        assert label == [LABELS[index]]

    def test_is_the_models(self, make_model, classifier, write, batch):
        model = make_model(modality_dropout=0.3)
        model.load_state_dict(classifier.mods.model.state_dict())
        tokens = model.encoders["text"].tokenize("hello world")[None]
        one = torch.ones(1)
        expected = model.eval()(SIGNALS[0][None], one, tokens, one)
        found = classifier.classify_file(write(SIGNALS[0]), "hello world")[0]
        expected = expected["logits"][0].double().softmax(dim=-1)
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)

    def test_of_any_rate(self, classifier, write):
        path = write(SIGNALS[0].repeat(2, 1).T, "stereo.wav", 44100)
        assert classifier.classify_file(path, "hello")[0].shape == (1, 4)

    def test_text_on_request(self, classifier, write):
        path = write(SIGNALS[0])
        assert classifier.classify_file(path, return_text=True)[4] is None
        found = classifier.classify_file(path, "hello", return_text=True)
        assert found[4] == "hello"

    def test_blank_text_is_what_training_had_for_it(self, classifier, write):
        path = write(SIGNALS[0])
        blank = classifier.classify_file(path, " ")[0]
        assert torch.equal(blank, classifier.classify_file(path, "[UNK]")[0])
        assert not torch.equal(blank, classifier.classify_file(path)[0])


class TestMissing:
    def test_each_way_is_the_models(self, classifier):
        """One batch of rows that have both, audio only and text only."""
        signals = [SIGNALS[0], SIGNALS[0], None]
        texts = ["hello", None, "hello"]
        found = classifier.classify_signals(signals, texts)
        model = classifier.mods.model
        tokens = model.encoders["text"].tokenize("hello")[None]
        one = torch.ones(1)
        with torch.no_grad():
            outputs = model(SIGNALS[0][None], one, tokens, one)
        logits = [outputs["logits"], *outputs["alone"].values()]
        expected = torch.cat(logits).squeeze(1).double().softmax(dim=-1)
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)

    def test_not_trained_for_it_is_said_once(self, make_classifier, caplog):
        classifier = make_classifier(modality_dropout=0.0)
        for _ in range(2):
            classifier.classify_signals([SIGNALS[0]], [None])
        assert caplog.text.count("was not trained for") == 1

    def test_trained_for_it_says_nothing(self, classifier, caplog):
        classifier.classify_signals([SIGNALS[0]], [None])
        assert "not trained" not in caplog.text

    @pytest.mark.parametrize("modality", ["audio", "text"])
    def test_one_modality_ignores_the_other(self, make_classifier, modality):
        classifier = make_classifier(modalities=[modality], modality_dropout=0)
        both = classifier.classify_signals([SIGNALS[0]], ["hello"])
        given = ([SIGNALS[0]], [None])
        if modality == "text":
            given = ([None], ["hello"])
        assert torch.equal(classifier.classify_signals(*given), both)

    def test_nothing_it_takes(self, make_classifier):
        classifier = make_classifier(modalities=["text"], modality_dropout=0)
        message = "utterance 2 of 2: nothing to classify: this model takes text"
        with pytest.raises(InputError, match=message):
            classifier.classify_signals(SIGNALS[:2], ["hello", None])

    def test_nothing_at_all(self, classifier):
        with pytest.raises(InputError, match="neither wavs nor texts"):
            classifier.classify_batch(None)


class TestBatch:
    @pytest.mark.parametrize("texts", [TEXTS, None], ids=["both", "audio"])
    def test_alone_as_in_company(self, classifier, texts):
        together = classifier.classify_batch(*pad(SIGNALS), texts)[0]
        for k, signal in enumerate(SIGNALS):
            own = texts and [texts[k]]
            alone = classifier.classify_batch(signal[None], None, own)[0]
            assert (alone[0] - together[k]).abs().max() <= 1e-6

    def test_embeddings_alone_as_in_company(self, classifier):
        together = classifier.encode_batch(*pad(SIGNALS), TEXTS)
        for k, signal in enumerate(SIGNALS):
            alone = classifier.encode_batch(signal[None], None, [TEXTS[k]])
            for name in ("audio", "text"):
                difference = (alone[name][0] - together[name][k]).norm()
                assert difference <= 1e-4 * together[name][k].norm()

    def test_texts_alone(self, classifier):
        found = classifier.classify_batch(None, texts=TEXTS)
        assert found[0].shape == (5, 4)

    def test_embeddings_of_some(self, classifier):
        wavs, lens = pad(SIGNALS[:2])
        with pytest.raises(InputError, match="embed those with words"):
            classifier.encode_batch(wavs, lens, ["hello", None])

    def test_as_many_texts(self, classifier):
        with pytest.raises(InputError, match="texts: 1, for a batch of 2"):
            classifier.classify_batch(*pad(SIGNALS[:2]), ["hello"])

    def test_shape(self, classifier):
        with pytest.raises(InputError, match=r"expected \(batch, samples\)"):
            classifier.classify_batch(SIGNALS[0])

    def test_no_gradient(self, classifier):
        embedded = classifier.encode_batch(*pad(SIGNALS))["audio"]
        assert not embedded.requires_grad
        assert not any(p.requires_grad for p in classifier.parameters())

    def test_bf16(self, classifier, make_classifier):
        exact = classifier.classify_batch(*pad(SIGNALS), TEXTS)[0]
        half = make_classifier(run_opts={"precision": "bf16"})
        found = half.classify_batch(*pad(SIGNALS), TEXTS)[0]
        assert 0 < (found - exact).abs().max() < 0.05


class TestLongAudio:
    def test_is_the_mean_of_its_windows(self, make_classifier):
        """A naive reference: windows embedded one by one."""
        classifier = make_classifier(window_seconds=2)
        signal = noise(5, seed=9)
        pieces = [signal[a:b] for a, b in ((0, 26667), (26667, 53333))]
        pieces.append(signal[53333:])
        embedded = [classifier.encode_batch(p[None])["audio"] for p in pieces]
        weights = [len(piece) / len(signal) for piece in pieces]
        expected = sum(w * e for w, e in zip(weights, embedded))
        found = classifier.encode_batch(signal[None])["audio"]
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)

    def test_a_window_is_not_cut(self, make_classifier):
        signal = noise(2, seed=9)
        whole = make_classifier(window_seconds=30).encode_batch(signal[None])
        found = make_classifier(window_seconds=2).encode_batch(signal[None])
        assert torch.equal(found["audio"], whole["audio"])

    def test_among_short_ones(self, make_classifier):
        classifier = make_classifier(window_seconds=2)
        together = classifier.encode_batch(*pad(SIGNALS))["audio"]
        for k, signal in enumerate(SIGNALS):
            alone = classifier.encode_batch(signal[None])["audio"][0]
            torch.testing.assert_close(together[k], alone, rtol=1e-4, atol=1e-5)

    def test_in_portions(self, make_classifier, monkeypatch):
        classifier = make_classifier(window_seconds=2)
        whole = classifier.encode_batch(*pad(SIGNALS))["audio"]
        monkeypatch.setattr("turbo_sb.inference.embedding.SECONDS_AT_ONCE", 2)
        found = classifier.encode_batch(*pad(SIGNALS))["audio"]
        torch.testing.assert_close(found, whole, rtol=1e-4, atol=1e-5)


class TestText:
    @pytest.mark.parametrize(
        "text",
        [
            "hello " * 10000,
            "🎉🎉",
            "你好世界",
            "\u202eolleh",
            "\x00",
            "a" * 9999,
        ],
        ids=[
            "10,000 words",
            "emoji",
            "other script",
            "backwards",
            "NUL",
            "long",
        ],
    )
    def test_any_is_classified(self, classifier, text):
        found = classifier.classify_batch(None, texts=[text])[0]
        assert found.isfinite().all()

    def test_cut_is_said(self, classifier, caplog):
        classifier.classify_batch(None, texts=["hello " * 10000])
        assert "more than the text encoder's limit of 512" in caplog.text

    def test_unknown_is_said(self, classifier, caplog):
        classifier.classify_batch(None, texts=["🎉🎉"])
        assert "the text encoder knows none of it" in caplog.text

    def test_known_is_not(self, classifier, caplog):
        classifier.classify_batch(None, texts=["hello 🎉", ""])
        assert not caplog.text


class TestBadCalls:
    def test_unknown_keyword(self, classifier):
        with pytest.raises(InputError, match=r"\['device'\]: not known"):
            TurboClassifier.from_hparams(
                classifier.hparams.folder, device="cuda"
            )

    def test_one_text_for_a_list(self, classifier):
        with pytest.raises(InputError, match="expected a list of them"):
            classifier.classify_batch(None, texts="hello")

    @pytest.mark.parametrize("lens", [[1.0], [2000.0, 3000.0]])
    def test_lengths(self, classifier, lens):
        wavs, _ = pad(SIGNALS[:2])
        with pytest.raises(InputError, match="wav_lens: expected 2 relative"):
            classifier.classify_batch(wavs, torch.tensor(lens))

    def test_no_number(self, classifier):
        wavs, lens = pad(SIGNALS[:2])
        wavs[1, 5] = math.nan
        with pytest.raises(InputError, match="utterance 2 of 2: .* is NaN"):
            classifier.classify_batch(wavs, lens)


class TestHub:
    def test_without_network(self):
        """The tests' environment has HF_HUB_OFFLINE."""
        message = "some/model: no local folder, and the Hugging Face Hub does"
        with pytest.raises(InputError, match=message):
            TurboClassifier.from_hparams("some/model")

    def test_fetches_what_an_export_has(self, classifier, monkeypatch):
        folder, asked = classifier.hparams.folder, {}

        def fetch(name, **options):
            asked.update(options, name=name)
            return folder

        monkeypatch.setattr(
            "turbo_sb.inference.loading.snapshot_download", fetch
        )
        config = FetchConfig(revision="v1", token="secret")
        found = TurboClassifier.from_hparams(
            "some/model", savedir="here", fetch_config=config
        )
        assert found.labels == LABELS
        assert (asked["name"], asked["revision"]) == ("some/model", "v1")
        assert asked["local_dir"] == "here" and asked["token"] == "secret"
        assert not any(
            ".py" in p or ".bin" in p for p in asked["allow_patterns"]
        )


TAGGED = """
labels: [ang, hap, neu, sad]
sample_rate: 16000
window_seconds: 30
empty_text: "[UNK]"
audio_encoder: !apply:turbo_sb.encoders.make_audio_encoder
    source: {folder}/audio
    pretrained: False
text_encoder: !apply:turbo_sb.encoders.make_text_encoder
    source: {folder}/text
    pretrained: False
model: !new:turbo_sb.models.turbo_model.TurboModel
    audio_encoder: !ref <audio_encoder>
    text_encoder: !ref <text_encoder>
    n_classes: 4
    projection_dim: 16
    modality_dropout: 0.3
modules:
    model: !ref <model>
pretrainer: !new:speechbrain.utils.parameter_transfer.Pretrainer
    loadables:
        model: !ref <model>
"""


def test_speechbrains_own_kind_of_folder(classifier, tmp_path):
    """modules and a pretrainer: its tags are run, on request alone."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    text = TAGGED.format(folder=classifier.hparams.folder)
    (folder / "hyperparams.yaml").write_text(text)
    torch.save(classifier.mods.model.state_dict(), folder / "model.ckpt")
    with pytest.raises(InputError, match="no inference.yaml in it"):
        TurboClassifier.from_hparams(folder)
    found = TurboClassifier.from_hparams(folder, "hyperparams.yaml")
    expected = classifier.classify_batch(*pad(SIGNALS), TEXTS)[0]
    assert torch.equal(found.classify_batch(*pad(SIGNALS), TEXTS)[0], expected)


def test_probabilities_of_many_classes(make_classifier):
    found = make_classifier().classify_batch(None, texts=["hello"] * 3)[0]
    assert all(math.isclose(row.sum(), 1, abs_tol=1e-12) for row in found)
