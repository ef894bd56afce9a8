"""Words where there are none: from a recogniser, and only if it is trusted."""

import itertools
import json
import shutil

import pytest
import soundfile
import torch
from transformers import (
    Wav2Vec2Config,
    Wav2Vec2CTCTokenizer,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2ForCTC,
    Wav2Vec2Processor,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
    WhisperTokenizer,
    pipeline,
)

from turbo_sb.inference import asr
from turbo_sb.inference.asr import Recogniser
from turbo_sb.inference.classifier import TurboClassifier
from turbo_sb.inference.export import write_export
from turbo_sb.inference.prediction import predict
from turbo_sb.inference.utterances import Utterance
from turbo_sb.utils.errors import InputError


@pytest.fixture(scope="module")
def whisper_folder(tmp_path_factory):
    """Whisper with random weights: it says something, whatever it hears."""
    folder = tmp_path_factory.mktemp("asr") / "whisper"
    special = ["<|endoftext|>", "<|startoftranscript|>", "<|notimestamps|>"]
    words = ["hello", "Ġworld", "Ġyes", "Ġno", "Ġturn", "Ġoff"]
    vocabulary = {word: k for k, word in enumerate([*words, *special])}
    WhisperTokenizer(
        vocab=vocabulary,
        merges=[],
        additional_special_tokens=special[1:],
    ).save_pretrained(folder)
    WhisperFeatureExtractor().save_pretrained(folder)
    torch.manual_seed(0)
    config = WhisperConfig(
        vocab_size=len(vocabulary),
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        eos_token_id=6,
        bos_token_id=6,
        pad_token_id=6,
        decoder_start_token_id=7,
        init_std=1.0,
    )
    model = WhisperForConditionalGeneration(config)
    model.generation_config.max_new_tokens = 5
    model.generation_config.forced_decoder_ids = None
    model.generation_config.begin_suppress_tokens = None
    model.generation_config.suppress_tokens = [6, 7, 8]
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def ctc_folder(tmp_path_factory):
    """wav2vec 2.0 with a CTC head, with random weights."""
    folder = tmp_path_factory.mktemp("asr") / "ctc"
    folder.mkdir()
    letters = ["<pad>", "<s>", "</s>", "<unk>", "|", *"HELOWRD"]
    vocabulary = {letter: k for k, letter in enumerate(letters)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    tokenizer = Wav2Vec2CTCTokenizer(str(folder / "vocab.json"))
    extractor = Wav2Vec2FeatureExtractor()
    Wav2Vec2Processor(extractor, tokenizer).save_pretrained(folder)
    torch.manual_seed(0)
    config = Wav2Vec2Config(
        vocab_size=len(letters),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        conv_dim=(8, 8),
        conv_kernel=(400, 3),
        conv_stride=(160, 2),
        num_feat_extract_layers=2,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=2,
        initializer_range=1.0,
    )
    Wav2Vec2ForCTC(config).save_pretrained(folder)
    return folder


@pytest.fixture
def speech(tmp_path):
    noise = 0.1 * torch.randn(16000, generator=torch.Generator().manual_seed(1))
    soundfile.write(tmp_path / "a.wav", noise.numpy(), 16000, "FLOAT")
    return tmp_path / "a.wav"


@pytest.fixture
def folder(make_model, tmp_path):
    model = make_model(modality_dropout=0.3)
    write_export(tmp_path / "mine", model, list("abcd"))
    return tmp_path / "mine"


class TestRecognisers:
    @pytest.mark.parametrize("kind", ["whisper", "ctc"])
    def test_is_transformers_own(self, whisper_folder, ctc_folder, kind):
        folder = {"whisper": whisper_folder, "ctc": ctc_folder}[kind]
        # Older versions of transformers go on up to 256 tokens: 12 s bear them.
        draws = torch.Generator().manual_seed(1)
        signal = torch.randn(12 * 16000, generator=draws)
        found = Recogniser(str(folder))(signal, 16000)
        run = pipeline("automatic-speech-recognition", str(folder))
        inputs = {"raw": signal.numpy(), "sampling_rate": 16000}
        assert found and found == run(inputs)["text"].strip()

    def test_another_rate(self, ctc_folder):
        recogniser, heard = Recogniser(str(ctc_folder)), []
        recogniser._run = lambda signal, _: heard.append(signal) or "yes"
        tone = torch.sin(torch.arange(8000) * 0.2)
        assert recogniser(tone, 8000) == "yes"
        assert heard[0].shape == (16000,)
        # 8000 * 0.2 / (2 pi) Hz, at the rate of the recogniser.
        peak = torch.fft.rfft(heard[0]).abs().argmax().item()
        assert peak == pytest.approx(8000 * 0.2 / (2 * torch.pi), abs=1)

    def test_pickled_weights_are_refused(self, ctc_folder, tmp_path):
        folder = tmp_path / "pickled"
        shutil.copytree(ctc_folder, folder)
        model = Wav2Vec2ForCTC.from_pretrained(ctc_folder)
        torch.save(model.state_dict(), folder / "pytorch_model.bin")
        (folder / "model.safetensors").unlink()
        with pytest.raises(InputError, match="cannot be loaded as a recogn"):
            Recogniser(str(folder))(torch.randn(16000), 16000)

    def test_is_loaded_once(self, ctc_folder, monkeypatch):
        recogniser, loads = Recogniser(str(ctc_folder)), []
        load = recogniser._load
        monkeypatch.setattr(
            recogniser, "_load", lambda device: loads.append(1) or load(device)
        )
        for _ in range(3):
            recogniser(torch.randn(16000), 16000)
        assert len(loads) == 1

    def test_speechbrain(self, tmp_path, monkeypatch):
        """Where it goes: a model of theirs cannot be had here."""
        from speechbrain.inference.ASR import EncoderDecoderASR

        class Theirs:
            def transcribe_batch(self, wavs, lens):
                assert wavs.shape == (1, 16000) and lens.tolist() == [1]
                return ["hello world"], [[1]]

        asked = []
        monkeypatch.setattr(
            EncoderDecoderASR,
            "from_hparams",
            lambda source, run_opts: asked.append(source) or Theirs(),
        )
        (tmp_path / "hyperparams.yaml").touch()
        recogniser = Recogniser(str(tmp_path), trusted=True)
        assert recogniser(torch.randn(16000), 16000) == "hello world"
        assert asked == [str(tmp_path)]

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"kind": "kaldi", "source": "x"}, "kind: 'kaldi' is not one of"),
            ({"kind": "speechbrain", "source": "x"}, "is run as code"),
            ({"kind": "transformers"}, "expected a name or a folder"),
            (["x"], "expected a name or a folder"),
        ],
    )
    def test_bad_settings(self, settings, message):
        with pytest.raises(InputError, match=message):
            Recogniser.of(settings)

    def test_cannot_be_had(self):
        message = "asr: some/model cannot be loaded as a recogniser"
        with pytest.raises(InputError, match=message):
            Recogniser("some/model")(torch.randn(16000), 16000)


@pytest.fixture(scope="module")
def endless_folder(whisper_folder, tmp_path_factory):
    """As Whisper does on noise: it goes on to the end of its positions."""
    folder = tmp_path_factory.mktemp("asr") / "endless"
    shutil.copytree(whisper_folder, folder)
    path = folder / "generation_config.json"
    settings = json.loads(path.read_text())
    del settings["max_new_tokens"]
    path.write_text(json.dumps({**settings, "max_length": 448}))
    return folder


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes on by a second whenever it is looked at."""
    seconds = itertools.count()
    monkeypatch.setattr(asr.time, "monotonic", lambda: next(seconds))


class TestBounds:
    @pytest.mark.parametrize(("seconds", "most"), [(0.5, 28), (1, 41)])
    def test_tokens_by_the_seconds(self, endless_folder, seconds, most):
        signal = torch.randn(int(16000 * seconds))
        recogniser, found = Recogniser(str(endless_folder)), []
        recogniser.load()
        run = recogniser._run

        def count(signal, check):
            """Take down what is counted."""
            return run(signal, lambda n: found.append(n) or check(n))

        recogniser._run = count
        message = rf"more words than {seconds:.2f} s .*over {most} tokens"
        with pytest.raises(InputError, match=message):
            recogniser(signal, 16000)
        assert max(found) == most + 1

    @pytest.mark.slow
    def test_never_more_than_whispers_own(self, endless_folder):
        with pytest.raises(InputError, match="over 440 tokens"):
            Recogniser(str(endless_folder))(torch.randn(16000 * 30), 16000)

    def test_time_between_tokens(self, endless_folder, clock):
        with pytest.raises(InputError, match="not ended in the time that it"):
            Recogniser(str(endless_folder))(torch.randn(16000), 16000, until=9)

    def test_time_between_pieces(self, folder, ctc_folder, clock):
        """Of all, also of what cannot be asked between its tokens."""
        classifier = TurboClassifier.from_hparams(folder, asr=str(ctc_folder))
        heard = []
        classifier.recogniser.load()
        classifier.recogniser._run = lambda signal, _: heard.append(1) or "so"
        signal = torch.randn(16000 * 100)
        assert classifier.transcribe(signal, seconds=9) == "so so so so"
        with pytest.raises(InputError, match="not ended in the time that it"):
            classifier.transcribe(signal, seconds=2)
        assert len(heard) == 4 + 2

    def test_one_file_does_not_end_a_folder(
        self, folder, endless_folder, speech
    ):
        recogniser = str(endless_folder)
        classifier = TurboClassifier.from_hparams(folder, asr=recogniser)
        utterances = [
            Utterance("noise", str(speech)),
            Utterance("given", str(speech), "hello"),
        ]
        found = {p.name: p for p in predict(classifier, utterances)}
        assert "a.wav: asr: " in found["noise"].error
        assert "it repeats itself" in found["noise"].error
        assert found["given"].label and not found["given"].error


class TestClassifier:
    def test_transcribes_and_classifies(self, folder, ctc_folder, speech):
        classifier = TurboClassifier.from_hparams(folder, asr=str(ctc_folder))
        found = classifier.classify_file(speech, return_text=True)
        expected = classifier.transcribe(classifier.load_audio(speech))
        assert found[4] == expected != ""
        with_text = TurboClassifier.from_hparams(folder)
        same = with_text.classify_file(speech, text=expected)
        assert torch.equal(found[0], same[0])

    def test_given_words_go_before_it(self, folder, ctc_folder, speech):
        classifier = TurboClassifier.from_hparams(folder, asr=str(ctc_folder))
        found = classifier.classify_file(speech, "hello", return_text=True)
        assert found[4] == "hello"

    def test_of_the_folder(self, make_model, ctc_folder, tmp_path, speech):
        """It goes along, and is there wherever the export goes."""
        folder, model = tmp_path / "own", make_model(modality_dropout=0.3)
        write_export(folder, model, list("abcd"), asr=str(ctc_folder))
        folder = folder.rename(tmp_path / "moved")
        classifier = TurboClassifier.from_hparams(folder)
        assert classifier.recogniser.source == str(folder / "asr")
        assert classifier.classify_file(speech, return_text=True)[4]

    def test_pickled_does_not_go_along(self, make_model, ctc_folder, tmp_path):
        """Its weights would not be copied, and prediction would fail."""
        theirs = tmp_path / "theirs"
        shutil.copytree(ctc_folder, theirs)
        (theirs / "model.safetensors").rename(theirs / "pytorch_model.bin")
        message = rf"asr: {theirs} has its weights as pickles \(pytorch_model.b"
        with pytest.raises(InputError, match=message):
            write_export(
                tmp_path / "own", make_model(), list("abcd"), asr=str(theirs)
            )
        assert not (tmp_path / "own").exists()

    @pytest.mark.parametrize("name", ["vocab.json", "model.safetensors"])
    def test_what_cannot_be_loaded_does_not_go_along(
        self, make_model, ctc_folder, tmp_path, name
    ):
        theirs = tmp_path / "theirs"
        shutil.copytree(ctc_folder, theirs)
        (theirs / name).unlink()
        message = f"asr: {theirs} cannot be loaded as a recogniser"
        with pytest.raises(InputError, match=message):
            write_export(
                tmp_path / "own", make_model(), list("abcd"), asr=str(theirs)
            )
        assert not (tmp_path / "own").exists()

    def test_speechbrains_does_not_go_along(self, make_model, tmp_path):
        (tmp_path / "hyperparams.yaml").touch()
        with pytest.raises(InputError, match="no export has that. Give it"):
            write_export(
                tmp_path / "own", make_model(), list("abcd"), asr=str(tmp_path)
            )

    def test_many(self, folder, ctc_folder, speech):
        classifier = TurboClassifier.from_hparams(folder, asr=str(ctc_folder))
        utterances = [
            Utterance("heard", str(speech)),
            Utterance("given", str(speech), "hello"),
        ]
        found = {p.name: p for p in predict(classifier, utterances)}
        assert found["given"].text == "hello"
        assert found["heard"].text == classifier.transcribe(
            classifier.load_audio(speech)
        )
        assert all(p.used == ["audio", "text"] for p in found.values())

    def test_long_audio_in_pieces(self, folder, ctc_folder):
        classifier = TurboClassifier.from_hparams(folder, asr=str(ctc_folder))
        heard = []
        classifier.recogniser = lambda signal, *_: heard.append(signal) or "so"
        assert classifier.transcribe(torch.randn(16000 * 70)) == "so so so"
        assert max(map(len, heard)) <= 30 * 16000

    def test_of_audio_alone_it_is_not_asked(self, make_model, tmp_path, speech):
        model = make_model(modalities=["audio"])
        write_export(tmp_path / "own", model, list("abcd"), asr="some/model")
        classifier = TurboClassifier.from_hparams(tmp_path / "own")
        assert classifier.classify_file(speech, return_text=True)[4] is None


class TestOfAStranger:
    """An export may name any recogniser; the network is not asked for it."""

    @pytest.fixture
    def names(self, folder):
        def names(asr):
            path = folder / "inference.yaml"
            text = path.read_text().replace("asr: null", f"asr: {asr}")
            path.write_text(text)
            return folder

        return names

    @pytest.fixture
    def fetched(self, monkeypatch):
        """What the hub was asked for, and what it gives."""
        found = []

        def fetch(source, allow_patterns):
            found.append((source, allow_patterns))
            return found[0]

        monkeypatch.setattr("turbo_sb.inference.asr.snapshot_download", fetch)
        return found

    @pytest.mark.parametrize(
        "asr",
        [
            "some/model",
            "{source: some/model, kind: transformers}",
            "../elsewhere",
            "asr/..",
            ".",
            ".cache/x",
        ],
    )
    def test_is_not_asked(self, names, fetched, speech, asr, tmp_path):
        (tmp_path / "elsewhere").mkdir()
        classifier = TurboClassifier.from_hparams(names(asr))
        with pytest.raises(InputError, match="which is not in it. If you tr"):
            classifier.classify_file(speech)
        with pytest.raises(InputError, match="--asr=none"):
            list(predict(classifier, [Utterance("a", str(speech))]))
        # Nor is it, where there are words or another one is given.
        assert classifier.classify_file(speech, text="hello")
        given = TurboClassifier.from_hparams(names(asr), asr="none")
        assert given.classify_file(speech)
        assert fetched == []

    def test_link_to_a_folder_elsewhere(self, names, ctc_folder):
        folder = names("mine/asr")
        (folder / "mine").mkdir()
        (folder / "mine" / "asr").symlink_to(ctc_folder)
        with pytest.raises(InputError, match="asr: a link to another folder"):
            TurboClassifier.from_hparams(folder)

    def test_is_trusted_and_checked(
        self, names, ctc_folder, tmp_path, monkeypatch, speech
    ):
        asked, snapshot = [], tmp_path / "snapshot"
        shutil.copytree(ctc_folder, snapshot)
        monkeypatch.setattr(
            "turbo_sb.inference.asr.snapshot_download",
            lambda source, **_: asked.append(source) or str(snapshot),
        )
        folder = names("some/model")
        classifier = TurboClassifier.from_hparams(folder, trust_asr=True)
        assert classifier.classify_file(speech, return_text=True)[4]
        assert asked == ["some/model"]
        path = snapshot / "config.json"
        config = json.loads(path.read_text())
        planted = {**config, "auto_map": {"AutoModel": "x--y.Model"}}
        path.write_text(json.dumps(planted))
        classifier = TurboClassifier.from_hparams(folder, trust_asr=True)
        with pytest.raises(InputError, match="auto_map, which names code"):
            classifier.classify_file(speech)
        path.write_text(json.dumps({**config, "num_hidden_layers": 9999}))
        classifier = TurboClassifier.from_hparams(folder, trust_asr=True)
        with pytest.raises(InputError, match="cannot be loaded as a recogn"):
            classifier.classify_file(speech)

    @pytest.mark.parametrize(
        "asr",
        [
            "{source: [1]}",
            "{source: x, kind: [1]}",
            "{source: x, language: 1}",
            "{source: ''}",
            "{}x",
            '"a\\0b"',
            '"\\e[2J"',
        ],
    )
    def test_settings_of_another_kind(self, names, asr):
        with pytest.raises(InputError, match="asr: |inference.yaml: line"):
            TurboClassifier.from_hparams(names(asr))


class TestSearchOfAStranger:
    """A recogniser's folder says how many beams it wants, and of what length."""

    @pytest.fixture
    def asking(self, whisper_folder, tmp_path):
        def asking(name="generation_config.json", **settings):
            folder = shutil.copytree(whisper_folder, tmp_path / "asr")
            path = folder / name
            own = json.loads(path.read_text())
            path.write_text(json.dumps({**own, **settings}))
            return Recogniser("asr", folder=tmp_path)

        return asking

    @pytest.mark.parametrize("name", ["generation_config.json", "config.json"])
    @pytest.mark.parametrize(
        ("key", "value", "message"),
        [
            ("num_beams", 17, "num_beams: 17; expected 16 at most"),
            ("num_beams", 10**7, "num_beams: 10000000; expected 16 at most"),
            ("num_beams", 1e7, "num_beams: 10000000.0; expected 16 at most"),
            ("num_beams", float("nan"), "num_beams: nan; expected 16 at most"),
            ("num_return_sequences", 10**7, "expected 16 at most"),
            ("max_new_tokens", 10**7, "expected 4,096 at most"),
            ("max_length", 10**7, "expected 4,096 at most"),
        ],
    )
    def test_large_ones_are_refused(self, asking, name, key, value, message):
        with pytest.raises(InputError, match=message):
            asking(name, **{key: value}).load()

    def test_usual_ones_are_not(self, asking):
        assert asking(num_beams=5)(torch.randn(12 * 16000), 16000)

    def test_nor_are_whispers_own(self, asking):
        asking(max_new_tokens=None, max_length=448).load()
