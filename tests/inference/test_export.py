"""What is exported is what prediction needs: no more, and no less."""

import hashlib
import json
import shutil
import subprocess

import pytest
import ruamel.yaml
import torch
from safetensors.torch import load_file, save_file

from tests.encoders.families import build
from turbo_sb.encoders import make_audio_encoder
from turbo_sb.inference.export import write_export
from turbo_sb.inference.export_format import build_export, read_export
from turbo_sb.models.turbo_model import TurboModel
from turbo_sb.utils.checksums import write_sums
from turbo_sb.utils.errors import InputError

LABELS = ["ang", "no", "1e3", "sad"]  # that YAML might take for others


@pytest.fixture
def export(make_model, tmp_path):
    def export(name="mine", overwrite=False, labels=LABELS, **settings):
        model = make_model(**settings)
        write_export(tmp_path / name, model, labels, overwrite)
        return model, tmp_path / name

    return export


def files(folder):
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in found)


def test_files(export):
    _, folder = export()
    assert files(folder) == [
        "README.md",
        "SHA256SUMS",
        "audio/config.json",
        "audio/preprocessor_config.json",
        "inference.yaml",
        "model.safetensors",
        "text/config.json",
        "text/tokenizer.json",
        "text/tokenizer_config.json",
    ]


def test_one_modality_has_one_encoder(export):
    _, folder = export(modalities=["audio"])
    assert not (folder / "text").exists()
    assert read_export(folder)["text"] is None


def test_whoever_reads_one_reads_all(export):
    _, folder = export()
    assert len({(folder / name).stat().st_mode for name in files(folder)}) == 1


def test_sums_are_sha256sums(export):
    _, folder = export()
    run = subprocess.run(
        ["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=folder
    )
    assert run.returncode == 0
    text = (folder / "SHA256SUMS").read_text()
    assert "README.md" not in text and "inference.yaml" not in text


def test_yaml_is_plain(export):
    _, folder = export()
    text = (folder / "inference.yaml").read_text()
    assert "!" not in text.replace("# ", "")
    plain = ruamel.yaml.YAML(typ="safe", pure=True).load(text)
    assert plain == read_export(folder)
    assert plain["labels"] == LABELS


def test_nothing_tells_of_this_machine(export, tmp_path):
    _, folder = export()
    for name in files(folder):
        assert str(tmp_path.parent).encode() not in (folder / name).read_bytes()


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"projection": False},
        {"projection_dim": 24},
        {"modality_dropout": 0.3},
        {"modalities": ["text"]},
    ],
    ids=str,
)
def test_model_is_the_same(export, batch, settings):
    model, folder = export(**settings)
    again = build_export(folder, read_export(folder))
    assert not again.training
    expected, found = (m.eval()(*batch)["logits"] for m in (model, again))
    assert torch.equal(found, expected)


def test_standardisation_is_the_models(export, batch):
    """With its statistics; `auto` is written as what it was."""
    model, folder = export(feature_norm=["text"])
    settings = read_export(folder)
    assert settings["model"]["feature_norm"] == ["text"]
    model.norms["text"].fit(torch.randn(5, 32))
    again = build_export(folder, settings)
    assert not torch.equal(
        model.eval()(*batch)["logits"], again(*batch)["logits"]
    )
    write_export(folder, model, LABELS, overwrite=True)
    again = build_export(folder, settings)
    assert torch.equal(model(*batch)["logits"], again(*batch)["logits"])
    settings["model"]["feature_norm"] = ["video"]
    with pytest.raises(InputError, match="feature_norm: .'video'.: expected"):
        build_export(folder, settings)


def test_pooling_is_the_models(make_text, make_audio, batch, tmp_path):
    torch.manual_seed(0)
    audio, text = make_audio(layer_sum=True), make_text(pooling="mean")
    model = TurboModel(audio, text, n_classes=4)
    write_export(tmp_path / "mine", model, LABELS)
    again = build_export(tmp_path / "mine", read_export(tmp_path / "mine"))
    expected, found = (m.eval()(*batch)["logits"] for m in (model, again))
    assert torch.equal(found, expected)


@pytest.mark.parametrize("window", ["full", "own"])
def test_whispers_window_is_the_models(make_text, batch, tmp_path, window):
    audio = make_audio_encoder(
        build("whisper", tmp_path), whisper_window=window
    )
    torch.manual_seed(0)
    model = TurboModel(audio, make_text(), n_classes=4)
    write_export(tmp_path / "mine", model, LABELS)
    again = build_export(tmp_path / "mine", read_export(tmp_path / "mine"))
    expected, found = (m.eval()(*batch)["logits"] for m in (model, again))
    assert torch.equal(found, expected)


def test_rate_is_the_encoders(make_text, audio_folder, tmp_path):
    source = tmp_path / "telephone"
    shutil.copytree(audio_folder, source)
    path = source / "preprocessor_config.json"
    path.write_text(path.read_text().replace("16000", "8000"))
    audio = make_audio_encoder(str(source), sample_rate=8000)
    write_export(tmp_path / "mine", TurboModel(audio, make_text(), 4), LABELS)
    settings = read_export(tmp_path / "mine")
    assert settings["sample_rate"] == 8000
    with pytest.raises(InputError, match="sample_rate: 16000 Hz, and"):
        build_export(tmp_path / "mine", {**settings, "sample_rate": 16000})


def test_weights_are_the_models(export):
    model, folder = export()
    weights = load_file(folder / "model.safetensors")
    own = model.state_dict()
    assert weights.keys() == own.keys()
    assert all(torch.equal(weights[name], own[name]) for name in own)


class TestFolderThatIsThere:
    def test_is_kept(self, export):
        _, folder = export()
        before = hashlib.sha256((folder / "model.safetensors").read_bytes())
        with pytest.raises(InputError, match="an export is there"):
            export(seed=1)
        after = hashlib.sha256((folder / "model.safetensors").read_bytes())
        assert after.digest() == before.digest()

    def test_is_replaced(self, export):
        _, folder = export()
        before = (folder / "model.safetensors").read_bytes()
        export(seed=1, overwrite=True)
        assert (folder / "model.safetensors").read_bytes() != before

    def test_of_something_else(self, export, tmp_path):
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "thesis.tex").touch()
        with pytest.raises(InputError, match="is there, and is no export"):
            export(overwrite=True)
        assert files(tmp_path / "mine") == ["thesis.tex"]

    def test_failure_leaves_nothing(self, export, tmp_path, monkeypatch):
        def full(*_, **__):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("turbo_sb.inference.export.save_file", full)
        with pytest.raises(InputError, match="mine: cannot be written .No sp"):
            export()
        assert list(tmp_path.glob("*mine*")) == []


def test_unknown_setting(make_model, tmp_path):
    with pytest.raises(InputError, match=r"\['asl'\]: expected some of"):
        write_export(tmp_path / "mine", make_model(), LABELS, asl="whisper")


@pytest.mark.parametrize("labels", [["a", "b"], ["a", "b", "c", "a"]])
def test_labels_are_the_classifiers(export, labels):
    with pytest.raises(InputError, match="expected 4 different ones"):
        export(labels=labels)


def test_json_names_no_code(export):
    _, folder = export()
    for name in files(folder):
        if name.endswith(".json"):
            keys = json.loads((folder / name).read_text()).keys()
            assert not {"auto_map", "attn_implementation"} & keys


@pytest.mark.parametrize("learnt", [False, True])
def test_exports_of_before_placeholders_went(export, batch, learnt):
    """Those of zeros load, and so do those of a learnt one."""
    model, folder = export(modality_dropout=0.3)
    path = folder / "inference.yaml"
    kind = "learnt" if learnt else "zeros"
    path.write_text(
        path.read_text().replace("model:\n", f"model:\n  placeholder: {kind}\n")
    )
    assert read_export(folder)["model"]["placeholder"] == kind
    if learnt:
        weights = load_file(folder / "model.safetensors")
        weights["fusion.placeholders.audio"] = torch.ones(16)
        save_file(weights, folder / "model.safetensors")
        write_sums(folder)
    again = build_export(folder, read_export(folder))
    expected, found = (m.eval()(*batch)["logits"] for m in (model, again))
    assert torch.equal(found, expected)
    name = "fusion.placeholders.audio"
    assert (name in again.state_dict()) == learnt


class TestNoRecogniser:
    def test_blank_is_none(self, make_model, tmp_path, monkeypatch):
        """Not the folder that one is in, whose files would be copied."""
        monkeypatch.chdir(tmp_path)
        (tmp_path / "mine.json").write_text("{}")
        write_export(tmp_path / "x", make_model(), list("abcd"), asr="")
        assert not (tmp_path / "x" / "asr").exists()
        assert read_export(tmp_path / "x")["asr"] is None

    @pytest.mark.parametrize(
        ("asr", "message"),
        [
            ("./nowhere", "nowhere: no such folder"),
            ({"source": "~/nowhere"}, "nowhere: no such folder"),
            ({"sourc": "x"}, "expected a name or a folder"),
            (["x"], "expected a name or a folder"),
            ({"source": "x/y", "kind": "foo"}, "kind: 'foo' is not one of"),
        ],
        ids=str,
    )
    def test_is_told(self, make_model, tmp_path, asr, message):
        with pytest.raises(InputError, match=message):
            write_export(tmp_path / "x", make_model(), list("abcd"), asr=asr)
        assert not (tmp_path / "x").exists()
