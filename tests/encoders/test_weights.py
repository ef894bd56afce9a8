"""Weights that are in the file, under whatever name, and that are not."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.encoders.cases import AUDIO_CASES, CASES, make
from turbo_sb.encoders import make_text_encoder
from turbo_sb.encoders.weights import fill
from turbo_sb.utils.errors import InputError

FILE = "model.safetensors"


@pytest.fixture
def variant(family_folder, tmp_path):
    """A copy of a family's folder, with other weights or another config."""

    def write(name, change=dict, **config):
        folder = tmp_path / name
        shutil.copytree(family_folder(name), folder)
        weights = change(load_file(folder / FILE))
        save_file(weights, folder / FILE, metadata={"format": "pt"})
        path = folder / "config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **config}))
        return folder

    return write


def prefixed(prefix):
    """Put a wrapper's name before each name."""
    return lambda weights: {prefix + k: v for k, v in weights.items()}


def without(part):
    """Leave out all weights with this in their name."""
    return lambda weights: {k: v for k, v in weights.items() if part not in k}


def renamed(old, new):
    """Write a part of the names in another way."""
    return lambda weights: {k.replace(old, new): v for k, v in weights.items()}


def load(name, folder):
    """The encoder of a family from this folder."""
    return make(name, lambda _: str(folder))


def is_whole(name, folder, family_folder):
    """Whether all that is used is what the family's file has."""
    found = load(name, folder).state_dict()
    expected = load(name, family_folder(name)).state_dict()
    expected.pop("model.masked_spec_embed", None)
    return all(
        torch.equal(found[key], value) for key, value in expected.items()
    )


class TestPrefix:
    @pytest.mark.parametrize(
        ("name", "prefix"),
        [
            ("bert", "module."),
            ("deberta-v3", "_orig_mod."),
            ("gpt2", "model."),
            ("roberta", "0.auto_model."),
            ("albert", "base_model.model."),
            ("wav2vec2-base", "model."),
            ("wavlm-large", "_orig_mod.module."),
            ("hubert-base", "module."),
            ("whisper", "module."),
        ],
    )
    def test_a_wrappers_is_left_out_and_told(
        self, variant, family_folder, caplog, name, prefix
    ):
        folder = variant(name, prefixed(prefix))
        with caplog.at_level("WARNING"):
            assert is_whole(name, folder, family_folder)
        assert f"begin with {prefix}" in caplog.text

    def test_it_is_in_the_log_of_a_training(self, variant, caplog):
        folder = variant("bert", prefixed("module."))
        encoder = make_text_encoder(str(folder))
        with caplog.at_level("INFO"):
            encoder.log_settings()
        assert "text encoder: module.bert. left out of the" in caplog.text

    def test_of_a_bin(self, variant, family_folder):
        folder = variant("bert", prefixed("module."))
        torch.save(load_file(folder / FILE), folder / "pytorch_model.bin")
        (folder / FILE).unlink()
        assert is_whole("bert", folder, family_folder)

    def test_of_speechbrains_ckpt(self, variant, family_folder):
        folder = variant("bert", prefixed("module."))
        torch.save(load_file(folder / FILE), folder / "model.ckpt")
        (folder / FILE).unlink()
        assert is_whole("bert", folder, family_folder)

    def test_of_several_files(self, variant, family_folder):
        folder = shards(variant("bert", prefixed("module.")))
        assert is_whole("bert", folder, family_folder)

    def test_one_of_two_is_not_guessed(self, variant):
        def twice(weights):
            pair = prefixed("student."), prefixed("teacher.")
            return pair[0](weights) | {
                k: v + 1 for k, v in pair[1](weights).items()
            }

        with pytest.raises(InputError, match="37 of the 37 weights"):
            load("bert", variant("bert", twice))


class TestOtherNames:
    """What Hugging Face itself takes for the same."""

    @pytest.mark.parametrize("prefix", ["", "model."])
    def test_of_weight_norm(self, variant, family_folder, prefix):
        def change(weights):
            for n, letter in enumerate("gv"):
                way = f"parametrizations.weight.original{n}", f"weight_{letter}"
                weights = renamed(*way)(weights)
            return prefixed(prefix)(weights)

        folder = variant("wav2vec2-base", change)
        assert is_whole("wav2vec2-base", folder, family_folder)

    def test_of_old_norms(self, variant, family_folder):
        change = renamed("LayerNorm.weight", "LayerNorm.gamma")
        folder = variant("bert", change)
        assert is_whole("bert", folder, family_folder)


class TestUnused:
    @pytest.mark.parametrize(
        ("name", "part"),
        [
            ("bert", "pooler"),
            ("bert", "cls."),
            ("wav2vec2-base", "masked_spec_embed"),
            ("hubert-large", "lm_head"),
            ("whisper", "decoder"),
        ],
    )
    def test_what_is_not_used_may_be_missing(
        self, variant, family_folder, name, part
    ):
        folder = variant(name, without(part))
        assert is_whole(name, folder, family_folder)

    def test_nor_need_it_fit(self, variant, family_folder):
        folder = variant("whisper", decoder_ffn_dim=32)
        assert is_whole("whisper", folder, family_folder)

    def test_layers_that_are_left_out_are_told(self, variant, caplog):
        folder = variant("bert", num_hidden_layers=1)
        with caplog.at_level("WARNING"):
            load("bert", folder)
        assert "16 weights of the file's layers are left out" in caplog.text

    @pytest.mark.parametrize("case", CASES)
    def test_of_a_whole_file_nothing_is_told(self, family_folder, caplog, case):
        with caplog.at_level("WARNING"):
            make(case, family_folder)
        ours = [r for r in caplog.records if r.name.startswith("turbo_sb")]
        assert not ours


class TestMissing:
    @pytest.mark.parametrize(
        ("name", "part", "number"),
        [
            ("bert", "layer.1.", 16),
            ("gpt2", "wpe", 1),
            ("roberta", "embeddings.LayerNorm", 2),
            ("wav2vec2-base", "conv_layers.0.conv", 1),
            ("wavlm-base", "rel_attn_embed", 1),
            ("whisper", "encoder.conv2", 2),
        ],
    )
    def test_a_part_that_is_used(self, variant, name, part, number):
        key = "audio" if name in AUDIO_CASES else "text"
        message = (
            rf"^{key}_encoder_source: .*: {number} of the \d+ .*first .*{part}"
        )
        with pytest.raises(InputError, match=message):
            load(name, variant(name, without(part)))

    @pytest.mark.parametrize("name", ["electra", "hubert-base", "xlm-roberta"])
    def test_a_config_with_more_layers(self, variant, name):
        with pytest.raises(InputError, match=r"first encoder\.layers?\.2\."):
            load(name, variant(name, num_hidden_layers=4))

    def test_an_adapters_names(self, variant):
        change = renamed("query.", "query.base_layer.")
        with pytest.raises(InputError, match="such as .*query.base_layer"):
            load("bert", variant("bert", change))

    def test_a_state_dict_within_another(self, variant):
        folder = variant("bert")
        state = {"state_dict": load_file(folder / FILE)}
        torch.save(state, folder / "pytorch_model.bin")
        (folder / FILE).unlink()
        with pytest.raises(InputError, match="such as state_dict"):
            load("bert", folder)

    def test_a_file_of_several(self, variant):
        folder = shards(variant("bert"))
        (folder / "model-2.safetensors").unlink()
        with pytest.raises(InputError, match=r"model-2\.safetensors"):
            load("bert", folder)

    @pytest.mark.parametrize("size", [0, 500, -1000])
    def test_half_a_file(self, variant, size):
        folder = variant("bert")
        (folder / FILE).write_bytes((folder / FILE).read_bytes()[:size])
        with pytest.raises(
            InputError, match="cannot be loaded.*fetch it again"
        ):
            load("bert", folder)


class TestValues:
    @pytest.mark.parametrize("value", [torch.nan, torch.inf])
    @pytest.mark.parametrize("name", ["bert", "hubert-large", "whisper"])
    def test_that_are_not_finite(self, variant, name, value):
        def spoil(weights):
            key = next(k for k in weights if "encoder.layer" in k)
            weights[key].view(-1)[1] = value
            return weights

        with pytest.raises(InputError, match=r"1 weights .*NaN or inf.*layer"):
            load(name, variant(name, spoil))

    def test_not_of_what_is_not_used(self, variant, family_folder):
        def spoil(weights):
            for key, value in weights.items():
                if "decoder" in key or "proj_out" in key:
                    value.fill_(torch.nan)
            return weights

        folder = variant("whisper", spoil)
        assert is_whole("whisper", folder, family_folder)

    @pytest.mark.parametrize(
        ("name", "config", "message"),
        [
            (
                "bert",
                {"intermediate_size": 48},
                r"\(64,\) in the file, not \(48",
            ),
            ("bert", {"vocab_size": 500}, r"1 weights .*word_emb.*\(500, 32\)"),
            ("hubert-base", {"intermediate_size": 48}, "another shape"),
        ],
    )
    def test_of_another_shape(self, variant, name, config, message):
        with pytest.raises(InputError, match=message):
            load(name, variant(name, **config))


def test_fill_tells_what_does_not_fit():
    model = torch.nn.Linear(2, 3)
    info = fill(model, {"weight": torch.ones(3, 4), "more": torch.ones(1)})
    assert info["missing_keys"] == {"bias"}
    assert info["unexpected_keys"] == {"more"}
    assert info["mismatched_keys"] == {("weight", (3, 4), (3, 2))}


def shards(folder):
    """Split the weights into two files and an index, as large ones are."""
    weights = load_file(folder / FILE)
    (folder / FILE).unlink()
    names = {
        key: f"model-{1 + n % 2}{FILE[5:]}" for n, key in enumerate(weights)
    }
    for name in set(names.values()):
        part = {k: v for k, v in weights.items() if names[k] == name}
        save_file(part, folder / name, metadata={"format": "pt"})
    index = {"metadata": {"total_size": 1}, "weight_map": names}
    (folder / f"{FILE}.index.json").write_text(json.dumps(index))
    return folder
