"""A folder from anybody: nothing of it runs, and damage is named."""

import json
import os
import pickle
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from turbo_sb.inference.classifier import TurboClassifier
from turbo_sb.inference.export import write_export
from turbo_sb.inference.export_format import build_export, read_export
from turbo_sb.utils.checksums import SUMS, write_sums
from turbo_sb.utils.errors import InputError

SETTINGS = "inference.yaml"


class Planted:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.fixture
def folder(make_model, tmp_path):
    write_export(tmp_path / "mine", make_model(), ["a", "b", "c", "d"])
    return tmp_path / "mine"


@pytest.fixture
def trap(tmp_path):
    """What planted code would make."""
    yield tmp_path / "trap"
    assert not (tmp_path / "trap").exists(), "planted code was run"


def change(folder, old, new, name=SETTINGS, sums=True):
    """Change a file as somebody would who can also change the sums."""
    path = folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    if sums:
        sum_up(folder)


def sum_up(folder):
    """New sums of the folder as it is."""
    (folder / SUMS).unlink()
    write_sums(folder)


class TestPlantedCode:
    @pytest.mark.parametrize(
        "planted",
        [
            "!apply:os.mkdir ['{}']",
            "!new:pathlib.Path ['{}']",
            "!name:os.mkdir",
            "!module:os",
            "!!python/object/apply:os.mkdir ['{}']",
            "!ref <labels>",
            "!include:/etc/passwd",
        ],
    )
    def test_tag_in_the_yaml(self, folder, trap, planted):
        change(folder, "asr:", f"asr: {planted.format(trap)}\nwas:")
        with pytest.raises(InputError, match=r"line \d+: could not determine"):
            TurboClassifier.from_hparams(folder)

    @pytest.mark.parametrize(
        "name",
        ["model.pt", "audio/pytorch_model.bin", "text/tokenizer.pkl", "x.PKL"],
    )
    def test_pickle(self, folder, trap, name):
        (folder / name).write_bytes(pickle.dumps(Planted(trap)))
        with pytest.raises(InputError, match="can run code when it is loaded"):
            TurboClassifier.from_hparams(folder)

    def test_pickle_for_weights(self, folder, trap):
        torch.save({"w": Planted(trap)}, folder / "model.safetensors")
        sum_up(folder)
        with pytest.raises(InputError, match="cannot be read as safetensors"):
            TurboClassifier.from_hparams(folder)

    @pytest.mark.parametrize("part", ["audio/config.json", "text/config.json"])
    def test_code_named_in_a_config(self, folder, trap, part):
        code = folder / part.replace("config.json", "modeling.py")
        entry = (
            '"auto_map": {"AutoModel": "modeling.Model", "AutoConfig": "m.C"}'
        )
        change(folder, "{", "{" + entry + ",", part)
        with pytest.raises(InputError, match="auto_map, which names code"):
            TurboClassifier.from_hparams(folder)
        code.write_text(f"import os; os.mkdir('{trap}')")
        with pytest.raises(InputError, match="can run code|names code"):
            TurboClassifier.from_hparams(folder)

    @pytest.mark.parametrize(
        "entry",
        ['"_attn_implementation": "some/kernel"', '"x": [{"auto_map": "a.b"}]'],
    )
    def test_code_named_deeper(self, folder, entry):
        change(folder, "{", "{" + entry + ",", "text/tokenizer_config.json")
        with pytest.raises(InputError, match="which names code to run"):
            read_export(folder)

    def test_a_word_of_the_vocabulary_is_none(self, make_model, tmp_path):
        model = make_model()
        model.encoders["text"].tokenizer.add_tokens(["auto_map"])
        write_export(tmp_path / "mine", model, list("abcd"))
        assert read_export(tmp_path / "mine")["labels"] == list("abcd")

    def test_folder_that_is_a_link(self, folder, tmp_path, trap):
        """What is behind it would not be looked through."""
        (folder / "audio").rename(tmp_path / "elsewhere")
        (folder / "audio").symlink_to(tmp_path / "elsewhere")
        (tmp_path / "elsewhere" / "evil.py").write_text(
            f"import os; os.mkdir('{trap}')"
        )
        with pytest.raises(InputError, match="audio: a link to another folder"):
            TurboClassifier.from_hparams(folder)

    def test_files_may_be_links_as_in_the_hubs_cache(self, folder, tmp_path):
        path = folder / "audio" / "config.json"
        path.rename(tmp_path / "blob")
        path.symlink_to(tmp_path / "blob")
        TurboClassifier.from_hparams(folder)

    @pytest.mark.parametrize(
        "name", ["text/model.safetensors.index.json", "x.bin.INDEX.JSON"]
    )
    def test_weights_in_pieces(self, folder, name):
        (folder / name).write_text('{"weight_map": {"a": "weights.dat"}}')
        with pytest.raises(InputError, match="can run code when it is loaded"):
            TurboClassifier.from_hparams(folder)

    @pytest.mark.parametrize(
        ("part", "entry", "named"),
        [
            ("text", '"tokenizer_class": "DetrModel"', "DetrModel"),
            ("text", '"tokenizer_class": "AutoModel"', "AutoModel"),
            ("audio", '"feature_extractor_type": "DiaX"', "DiaX"),
            ("audio", '"processor_class": "DiaProcessor"', "DiaProcessor"),
            ("text", '"attribute_map": {"a": "_attn_implementation"}', "attri"),
        ],
    )
    def test_class_of_all_that_transformers_has(
        self, folder, part, entry, named
    ):
        change(folder, "{", "{" + entry + ",", f"{part}/config.json")
        with pytest.raises(InputError, match=f"{named}.*which names code"):
            TurboClassifier.from_hparams(folder)

    def test_recogniser_under_the_name_of_another(self, folder, trap):
        """A user's own recogniser is not one that the folder holds."""
        planted = folder / "openai" / "whisper-small"
        planted.mkdir(parents=True)
        yaml = f"a: !apply:os.mkdir ['{trap}']\n"
        (planted / "hyperparams.yaml").write_text(yaml)
        sum_up(folder)
        found = TurboClassifier.from_hparams(folder, asr="openai/whisper-small")
        assert found.recogniser.source == "openai/whisper-small"
        assert found.recogniser.kind == "transformers"

    @pytest.mark.parametrize("given", ["", "none"])
    def test_no_recogniser_is_trusted_for_being_empty(self, folder, given):
        (folder / "asr").mkdir()
        (folder / "asr" / "hyperparams.yaml").write_text("a: 1\n")
        change(folder, "asr:", "asr: asr #")
        found = TurboClassifier.from_hparams(folder, asr=given)
        assert found.recogniser is None

    def test_recogniser_that_runs_code(self, folder, tmp_path, trap):
        (folder / "asr").mkdir()
        yaml = f"a: !apply:os.mkdir ['{trap}']\n"
        (folder / "asr" / "hyperparams.yaml").write_text(yaml)
        change(folder, "asr:", "asr: asr #")
        with pytest.raises(InputError, match="whose YAML is run as code"):
            TurboClassifier.from_hparams(folder)

    def test_hyperparams_beside_it_are_not_read(self, folder, trap):
        yaml = f"a: !apply:os.mkdir ['{trap}']\n"
        (folder / "hyperparams.yaml").write_text(yaml)
        TurboClassifier.from_hparams(folder)


class TestDamage:
    @pytest.mark.parametrize(
        "name",
        [
            "inference.yaml",
            "model.safetensors",
            "audio/config.json",
            "audio/preprocessor_config.json",
            "text/config.json",
            "text/tokenizer.json",
        ],
    )
    @pytest.mark.parametrize("sums", [True, False], ids=["", "new sums"])
    def test_missing(self, folder, name, sums):
        (folder / name).unlink()
        if not sums:
            sum_up(folder)
        with pytest.raises(InputError, match=name.rpartition("/")[2]):
            TurboClassifier.from_hparams(folder)

    @pytest.mark.parametrize(
        "name",
        ["model.safetensors", "audio/config.json", "text/tokenizer.json"],
    )
    @pytest.mark.parametrize("sums", [True, False], ids=["", "new sums"])
    def test_truncated(self, folder, name, sums):
        path = folder / name
        path.write_bytes(path.read_bytes()[:-100])
        if not sums:
            sum_up(folder)
        with pytest.raises(InputError, match=name):
            TurboClassifier.from_hparams(folder)

    def test_a_bit(self, folder):
        path = folder / "model.safetensors"
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)
        with pytest.raises(InputError, match="model.safetensors is not as it"):
            TurboClassifier.from_hparams(folder)

    @pytest.mark.parametrize("lines", [0, 1])
    def test_sums_that_lack_lines(self, folder, lines):
        path = folder / SUMS
        kept = path.read_text().splitlines(keepends=True)[:lines]
        path.write_text("".join(kept))
        with pytest.raises(InputError, match="SHA256SUMS: does not list"):
            read_export(folder)

    def test_settings_may_be_edited(self, folder):
        change(folder, "asr:", "asr: openai/whisper-small #", sums=False)
        found = TurboClassifier.from_hparams(folder)
        assert found.recogniser.source == "openai/whisper-small"

    def test_card_may_be_edited(self, folder):
        (folder / "README.md").write_text("# Mine")
        (folder / ".gitattributes").write_text("*.safetensors filter=lfs")
        TurboClassifier.from_hparams(folder)

    def test_moved(self, folder, tmp_path):
        moved = tmp_path / "else where"
        shutil.move(folder, moved)
        TurboClassifier.from_hparams(moved)


class TestWhatDoesNotFit:
    def test_size(self, folder):
        path = folder / "audio" / "config.json"
        config = json.loads(path.read_text())
        config["hidden_size"] *= 2
        path.write_text(json.dumps(config))
        sum_up(folder)
        message = r"weights do not fit .* is \(.*\), expected \(.*\)"
        with pytest.raises(InputError, match=message):
            TurboClassifier.from_hparams(folder)

    def test_labels(self, folder):
        change(folder, "labels: [a, b, c, d]", "labels: [a, b]")
        with pytest.raises(InputError, match="1 weights|2 weights"):
            TurboClassifier.from_hparams(folder)

    def test_a_weight_too_few_and_one_too_many(self, folder):
        path = folder / "model.safetensors"
        weights = load_file(path)
        weights["other"] = weights.pop("classifier.bias")
        save_file(weights, path)
        sum_up(folder)
        with pytest.raises(InputError, match="2 weights .*bias is missing"):
            TurboClassifier.from_hparams(folder)

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            ("format: 1", "format: 2", "format 2; this version"),
            ("labels:", "labels: a #", "labels: 'a'; expected list"),
            ("sample_rate:", "sample_rate: True #", "sample_rate: True; exp"),
            ("empty_text:", "empty: 1 #", "empty_text: None; expected str"),
            ("asr:", "other: 1\nasr:", r"nothing reads: \['other'\]"),
            ("projection:", "projecting:", "projecting"),
            (
                "sample_rate: 16000",
                "sample_rate: 0",
                "0; expected 1000 to 192000",
            ),
            ("window_seconds: 30", "window_seconds: .nan", "expected 0.1 to"),
            ("[a, b, c, d]", "[a, b, c, 1]", "expected different words"),
            ("[audio, text]", "[audio, video]", "modalities: .*video"),
            ("[audio, text]", "[]", "modalities: .*; expected one of"),
            ("[audio, text]", "audio", "modalities: .*; expected list"),
            ("[a, b, c, d]", "[a, b, c, a]", "expected different words"),
            ("labels:", "labels: [", "inference.yaml: line"),
        ],
    )
    def test_settings(self, folder, old, new, message):
        change(folder, old, new)
        with pytest.raises(InputError, match=message):
            TurboClassifier.from_hparams(folder)

    def test_no_mapping(self, folder):
        (folder / SETTINGS).write_text("- 1\n")
        with pytest.raises(InputError, match="expected a mapping"):
            read_export(folder)


class TestNoExport:
    def test_no_sums(self, folder):
        (folder / SUMS).unlink()
        with pytest.raises(InputError, match="no SHA256SUMS in it"):
            read_export(folder)

    def test_no_folder(self, tmp_path):
        with pytest.raises(InputError, match="none: no such folder"):
            TurboClassifier.from_hparams(tmp_path / "none")

    def test_empty_folder(self, tmp_path):
        with pytest.raises(InputError, match="no inference.yaml in it"):
            TurboClassifier.from_hparams(tmp_path)


def test_is_built_without_the_generators(folder):
    """Loading a model changes no draws of whoever loads it."""
    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    build_export(folder, read_export(folder))
    assert torch.equal(torch.rand(1), expected)
