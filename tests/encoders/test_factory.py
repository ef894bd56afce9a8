"""The right class by name, from a config alone, and clear errors."""

import json
import shutil

import pytest
import torch
from transformers import (
    AutoConfig,
    AutoModel,
    Data2VecAudioConfig,
    DistilBertConfig,
    WhisperFeatureExtractor,
)

from tests.encoders.cases import CASES, make
from tests.encoders.families import AUDIO, TEXT
from turbo_sb.encoders import (
    AudioEncoder,
    TextEncoder,
    WhisperEncoder,
    make_audio_encoder,
    make_text_encoder,
)
from turbo_sb.utils.errors import InputError


@pytest.fixture
def changed(family_folder, tmp_path):
    """A copy of a checkpoint with another config."""

    def change(name, **settings):
        folder = tmp_path / name
        shutil.copytree(family_folder(name), folder)
        path = folder / "config.json"
        config = {**json.loads(path.read_text()), **settings}
        path.write_text(json.dumps(config))
        return str(folder)

    return change


@pytest.mark.parametrize("name", [*AUDIO, *TEXT])
def test_the_class_is_the_configs(family_folder, name):
    expected = TextEncoder if name in TEXT else AudioEncoder
    if name == "whisper":
        expected = WhisperEncoder
    assert type(make(name, family_folder)) is expected


class TestPrecision:
    @pytest.mark.parametrize("name", ["wavlm-base", "whisper", "deberta-v3"])
    def test_a_file_in_float16_is_trained_in_float32(
        self, family_folder, name, tmp_path
    ):
        """As those of deberta-v3-base and whisper-large-v3 are."""
        folder = tmp_path / name
        shutil.copytree(family_folder(name), folder)
        AutoModel.from_pretrained(folder).half().save_pretrained(folder)
        assert AutoConfig.from_pretrained(folder).dtype == torch.float16
        encoder = make(name, lambda _: str(folder))
        encoder.save_config(tmp_path / "config")
        again = make(name, lambda _: str(tmp_path / "config"), pretrained=False)
        for built in (encoder, again):
            assert {p.dtype for p in built.parameters()} == {torch.float32}


class TestErrors:
    """What an encoder cannot do is said when it is built."""

    @pytest.mark.parametrize(
        ("name", "settings", "message"),
        [
            ("wav2vec2-base", {"add_adapter": True}, "has an adapter"),
            ("hubert-base", {"conv_pos_batch_norm": True}, "over the batch"),
        ],
    )
    def test_a_variant_that_would_run_wrongly(
        self, changed, name, settings, message
    ):
        with pytest.raises(
            InputError, match=f"audio_encoder_source.*{message}"
        ):
            make_audio_encoder(changed(name, **settings))

    @pytest.mark.parametrize(
        ("config", "factory", "expected"),
        [
            (Data2VecAudioConfig, make_audio_encoder, "data2vec-audio;.*WavLM"),
            (DistilBertConfig, make_audio_encoder, "distilbert;.*WavLM"),
            (DistilBertConfig, make_text_encoder, "distilbert;.*GPT-2"),
        ],
    )
    def test_another_architecture(self, config, factory, expected, tmp_path):
        config().save_pretrained(tmp_path)
        (tmp_path / "model.safetensors").touch()
        with pytest.raises(InputError, match=f"is a {expected}"):
            factory(str(tmp_path))

    @pytest.mark.parametrize(
        ("name", "settings", "message"),
        [
            ("gpt2", {"pooling": "cls"}, "encoder.pooling: cls.*last or mean"),
            ("whisper", {"feature_dropout": 0.1}, "feature_dropout: 0.1"),
            ("wavlm-base", {"whisper_window": "own"}, "whisper_window: own"),
            ("whisper", {"whisper_window": "30"}, "whisper_window: '30'"),
            ("hubert-base", {"sample_rate": 8000}, "sample_rate: 8000.*=16000"),
            ("whisper", {"sample_rate": 8000}, "sample_rate: 8000.*=16000"),
            ("wav2vec2-base", {"layerdrop": 0.1, "layer_sum": True}, "one of"),
            ("whisper", {"layerdrop": 0.1, "layer_sum": True}, "one of"),
        ],
    )
    def test_settings(self, family_folder, name, settings, message):
        with pytest.raises(InputError, match=message):
            make(name, family_folder, **settings)

    def test_a_spectrogram_of_other_sizes(self, changed):
        folder = changed("whisper")
        WhisperFeatureExtractor(feature_size=80).save_pretrained(folder)
        with pytest.raises(InputError, match="80 mels of 480000.*16 of 16000"):
            make_audio_encoder(folder)

    @pytest.mark.parametrize(
        ("name", "files", "message"),
        [
            ("hubert-base", ["preprocessor_config.json"], "lacks.*preproc"),
            ("whisper", ["preprocessor_config.json"], "lacks.*preproc"),
            ("roberta", ["vocab.json"], "lacks.*tokenizer.json or"),
            ("deberta-v3", ["spm.model"], "lacks.*tokenizer.json or"),
            ("bert", ["config.json"], "holds no Hugging Face model"),
        ],
    )
    @pytest.mark.parametrize("pretrained", [True, False])
    def test_a_folder_that_lacks_a_file(
        self, changed, name, files, message, pretrained
    ):
        folder = changed(name)
        for file in files:
            shutil.os.remove(f"{folder}/{file}")
        with pytest.raises(InputError, match=message):
            make(name, lambda _: folder, pretrained=pretrained)

    @pytest.mark.parametrize("name", ["hubert-base", "whisper", "bert"])
    def test_without_pretraining_a_hub_name_is_none(self, name):
        with pytest.raises(InputError, match="some/model is not a folder"):
            make(name, lambda _: "some/model", pretrained=False)


class TestTexts:
    @pytest.mark.parametrize("name", TEXT)
    def test_a_long_text_fills_all_positions(self, family_folder, name):
        """RoBERTa has two more than it can use."""
        encoder = make(name, family_folder).eval()
        tokens = encoder.tokenize("hello world " * 60)
        assert len(tokens) == encoder.max_tokens == 40
        assert encoder(tokens[None], torch.ones(1)).isfinite().all()

    @pytest.mark.parametrize("name", TEXT)
    def test_an_empty_text_has_a_token(self, family_folder, name):
        encoder = make(name, family_folder)
        assert len(encoder.tokenize("")) == (1 if name == "gpt2" else 2)
        assert 0 <= encoder.pad_id < encoder.model.config.vocab_size

    def test_gpt2_ignores_what_follows(self, family_folder):
        """Its padding is a token like others, and is never seen."""
        encoder = make("gpt2", family_folder).eval()
        tokens = encoder.tokenize("hello world")
        longer = torch.cat([tokens, torch.tensor([7, 8])])
        found = encoder.embed(longer[None], [len(tokens)])
        expected = encoder.embed(tokens[None], [len(tokens)])
        torch.testing.assert_close(found, expected)

    def test_auto_pooling_is_of_the_family(self, family_folder):
        found = {name: make(name, family_folder).pooling for name in TEXT}
        assert found.pop("gpt2") == "last"
        assert set(found.values()) == {"cls"}


def test_all_cases_are_of_known_families():
    assert {family for family, _ in CASES.values()} == {*AUDIO, *TEXT}
