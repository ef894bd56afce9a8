"""Which pooling the files of a sentence encoder tell."""

import json
import shutil

import pytest

from turbo_sb.encoders import TextEncoder
from turbo_sb.encoders.sentences import sentence_pooling

KEY = "text_encoder_source"
MODULES = [
    {"path": "", "type": "sentence_transformers.models.Transformer"},
    {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
]


@pytest.fixture
def folder(text_folder, tmp_path):
    """A sentence encoder as sentence-transformers saves it."""

    def make(settings=None, modules=MODULES):
        made = tmp_path / "encoder"
        shutil.copytree(text_folder, made)
        if modules:
            (made / "modules.json").write_text(json.dumps(modules))
        if settings:
            (made / "1_Pooling").mkdir()
            path = made / "1_Pooling" / "config.json"
            path.write_text(json.dumps(settings))
        return made

    return make


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"pooling_mode_mean_tokens": True}, "mean"),
        (
            {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": 0},
            "cls",
        ),
        ({"pooling_mode_lasttoken": True, "include_prompt": True}, "last"),
        ({"pooling_mode": "cls"}, "cls"),
        ({"pooling_mode": ["mean"]}, "mean"),
    ],
)
def test_is_what_its_config_says(folder, settings, expected):
    found = sentence_pooling(str(folder(settings)), KEY)
    assert found == (expected, "1_Pooling/config.json")


@pytest.mark.parametrize(
    "settings",
    [
        {"pooling_mode_max_tokens": True},
        {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True},
        {"word_embedding_dimension": 384},
    ],
)
def test_another_is_the_mean_with_a_warning(folder, settings, caplog):
    found = sentence_pooling(str(folder(settings)), KEY)
    assert found == ("mean", "1_Pooling/config.json")
    assert "expected cls, mean or the last token" in caplog.text


def test_without_its_config_it_is_the_mean(folder):
    pooling, why = sentence_pooling(str(folder()), KEY)
    assert pooling == "mean" and "no 1_Pooling/config.json" in why


def test_a_trace_of_a_sentence_encoder_is_enough(folder):
    made = folder(modules=None)
    assert sentence_pooling(str(made), KEY) is None
    (made / "sentence_bert_config.json").write_text("{}")
    assert sentence_pooling(str(made), KEY) == ("mean", "a sentence encoder")


class TestTextEncoder:
    def test_takes_it_and_says_why(self, folder):
        encoder = TextEncoder(str(folder()))
        assert encoder.pooling == "mean"
        assert "pooling mean (modules.json;" in encoder._description()
        assert encoder.inference_settings()["pooling"] == "mean"

    def test_keeps_it_in_a_run_s_folder(self, folder, tmp_path):
        """Which has no file of the sentence encoder."""
        TextEncoder(str(folder())).save_config(tmp_path / "run")
        again = TextEncoder(str(tmp_path / "run"), pretrained=False)
        assert again.pooling == "mean"
        assert "pooling mean (config.json)" in again._description()

    def test_a_setting_wins(self, folder, tmp_path):
        encoder = TextEncoder(str(folder()), pooling="cls")
        assert encoder.pooling == "cls"
        encoder.save_config(tmp_path / "run")
        config = json.loads((tmp_path / "run" / "config.json").read_text())
        assert "utterance_pooling" not in config

    def test_another_encoder_is_as_before(self, text_folder, tmp_path):
        encoder = TextEncoder(text_folder)
        assert encoder.pooling == "cls"
        assert "pooling cls (as of BERT)" in encoder._description()
        encoder.save_config(tmp_path)
        assert "utterance_pooling" not in (tmp_path / "config.json").read_text()
