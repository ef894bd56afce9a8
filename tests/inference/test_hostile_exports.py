"""A hostile export is one clear error, before anything is built or filled."""

import json
import os
import struct

import pytest
import torch

from turbo_sb.inference import export_format
from turbo_sb.inference.export import write_export
from turbo_sb.inference.export_format import read_export
from turbo_sb.inference.export_sizes import Allowance, read_shapes
from turbo_sb.inference.loading import load_folder
from turbo_sb.utils.checksums import SUMS, write_sums
from turbo_sb.utils.errors import InputError

EDITED = ("inference.yaml", "README.md")


@pytest.fixture
def folder(make_model, tmp_path):
    write_export(tmp_path / "mine", make_model(), list("abcd"))
    return tmp_path / "mine"


def yaml(folder, old, new):
    path = folder / "inference.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def config(folder, part, **settings):
    path = folder / part
    content = {**json.loads(path.read_text()), **settings}
    path.write_text(json.dumps(content))
    write_sums(folder, leave_out=EDITED)


def laughs(depth):
    """2^depth times the same word, in some 20 bytes each."""
    names = ["a0: &a0 [x, x]"]
    names += [f"a{k}: &a{k} [*a{k - 1}, *a{k - 1}]" for k in range(1, depth)]
    return "\n".join(names) + "\n"


class TestSettings:
    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            ("labels:", laughs(60) + "labels: *a59 #", "line 5: an anchor or"),
            ("asr: null", "asr: &a {b: *a}", "an anchor or an alias"),
            ("asr: null", f"asr: {'[' * 2000}{']' * 2000}", "deeper or longer"),
            ("asr: null", "asr:\n" + "".join(f"{' ' * k}-\n" for k in range(99)), "deeper or longer"),  # noqa: E501
            ("asr: null", "asr: [" + "1," * 20000 + "]", "deeper or longer"),
            ("asr: null", "asr: null\n" + "# x\n" * 40000, "than 131072 bytes"),
            ("sample_rate: 16000", f"sample_rate: {'9' * 5000}", "4300 digits"),
            ("sample_rate: 16000", "sample_rate: 1000000000", "expected 1000"),
            ("sample_rate: 16000", "sample_rate: 16000.5", "expected int"),
            ("window_seconds: 30", "window_seconds: 1.0e-300", "expected 0.1"),
            ("window_seconds: 30", "window_seconds: 1.0e+300", "expected 0.1"),
            ("version:", "version: 2001-99-99 #", "month must be in 1..12"),
            ("projection: true", "projection: abc", "projection: 'abc'; exp"),
            ("modality_dropout: 0.0", "modality_dropout: [1]", "expected int"),
            ("layer_sum: false", "pretrained: true", "pretrained: a key that"),
            ("layer_sum: false", "layer_sum: 1", "layer_sum: 1; expected bool"),
            ("[a, b,", '["\\e[2J", b,', "x1b.* has a control character"),
            ("[a, b,", '["a\\u202eb", b,', "has a control character"),
            ("[a, b, c, d]", "[]", "expected different words"),
            ("equalizer: null", "equalizer: {1: 2}", "equalizer: "),
            ("equalizer: null", f"equalizer: {{rms_db: 1{'0' * 400}}}", "equa"),
            ("asr: null", "asr: {source: [1]}", "asr: .* are words"),
        ],
    )  # fmt: skip
    def test_is_refused_before_anything_is_built(
        self, folder, monkeypatch, old, new, message
    ):
        monkeypatch.setattr(export_format, "_build", None)
        yaml(folder, old, new)
        with pytest.raises(InputError, match=message):
            load_folder(folder)

    def test_many_classes_are_none(self, folder):
        labels = ", ".join(f"id{k}" for k in range(10000, 15000))
        yaml(folder, "[a, b, c, d]", f"[{labels}]")
        assert len(read_export(folder)["labels"]) == 5000

    @pytest.mark.parametrize("key", ["format", "labels", "model", "version"])
    def test_setting_that_is_absent(self, folder, key):
        yaml(folder, f"{key}:", f"# {key}:")
        with pytest.raises(InputError, match="inference.yaml: "):
            load_folder(folder)


class TestSizes:
    @pytest.mark.parametrize(
        ("part", "settings", "message"),
        [
            ("text", {"num_hidden_layers": 10**7}, "expected 10,000 at most"),
            ("text", {"num_labels": 10**9}, "num_labels: 1000000000; expect"),
            ("text", {"hidden_size": 10**11}, "hidden_size: 1000.*expected"),
            ("text", {"x": [{"y": 10**11}]}, "y: 100000000000; expected"),
            ("text", {"model_type": "qwen3"}, "model_type: 'qwen3'; expect"),
            ("text", {"model_type": ["bert"]}, r"model_type: \['bert'\]"),
            ("audio", {"model_type": "bert"}, "model_type: 'bert'; expected"),
            ("audio", {"conv_stride": [0, 2]}, "conv_stride: .*product is 16"),
            ("audio", {"conv_stride": [1, 1]}, "conv_stride: .*product is 16"),
            ("audio", {"conv_stride": "x"}, "conv_stride: 'x'; expected"),
            ("audio", {"conv_dim": [8] * 5000}, "a list of 5,000; expected"),
        ],
    )
    def test_configuration_is_refused(self, folder, part, settings, message):
        config(folder, f"{part}/config.json", **settings)
        with pytest.raises(InputError, match=message):
            read_export(folder)

    @pytest.mark.parametrize(
        ("part", "settings"),
        [
            ("text", {"num_hidden_layers": 9999}),
            ("audio", {"num_hidden_layers": 9999}),
            ("text", {"vocab_size": 10**7}),
            ("text", {"max_position_embeddings": 10**7}),
            ("text", {"hidden_size": 4 * 10**6}),
            ("audio", {"intermediate_size": 9 * 10**6}),
            ("audio", {"num_conv_pos_embeddings": 10**7}),
            ("audio", {"conv_kernel": [10**7, 10**7]}),
        ],
        ids=str,
    )
    def test_more_than_the_weights_hold(self, folder, part, settings):
        config(folder, f"{part}/config.json", **settings)
        with pytest.raises(InputError, match="ask for more than the weights"):
            load_folder(folder)

    def test_joint_space(self, folder):
        width = f"projection_dim: {10**11} #"
        yaml(folder, "projection_dim:", width)
        with pytest.raises(InputError, match="ask for more than the weights"):
            load_folder(folder)

    @pytest.mark.parametrize(
        ("part", "settings"),
        [
            ("text", {"hidden_size": "abc"}),
            ("text", {"hidden_size": None}),
            ("text", {"num_attention_heads": 0}),
            ("text", {"hidden_act": "none"}),
            ("audio", {"hidden_size": [1]}),
        ],
        ids=str,
    )
    def test_setting_of_another_kind(self, folder, part, settings):
        config(folder, f"{part}/config.json", **settings)
        with pytest.raises(InputError, match=f"{part}.* cannot be loaded"):
            load_folder(folder)

    @pytest.mark.parametrize("most", [0, -1, "x", 2.5])
    def test_tokens(self, folder, most):
        config(folder, "text/tokenizer_config.json", model_max_length=most)
        with pytest.raises(
            InputError, match="room for|at most|cannot be loaded"
        ):
            load_folder(folder)

    def test_spectrogram(self, folder):
        part = "audio/preprocessor_config.json"
        config(folder, part, n_fft=10**6, feature_size=10**6)
        with pytest.raises(InputError, match="n_fft|feature_size"):
            read_export(folder)

    @pytest.mark.parametrize("size", ["n_fft", "feature_size", "hop_length"])
    def test_spectrogram_of_a_processor(self, folder, size):
        """What transformers takes before preprocessor_config.json."""
        own = {"feature_extractor_type": "WhisperFeatureExtractor"}
        part = folder / "audio/processor_config.json"
        part.write_text(json.dumps({"feature_extractor": {**own, size: 10**6}}))
        write_sums(folder, leave_out=EDITED)
        with pytest.raises(InputError, match=f"processor_config.*{size}"):
            read_export(folder)


def header(folder, content, data=b"", length=None):
    content = content if isinstance(content, bytes) else json.dumps(content)
    content = content if isinstance(content, bytes) else content.encode()
    first = struct.pack("<Q", len(content) if length is None else length)
    (folder / "model.safetensors").write_bytes(first + content + data)
    write_sums(folder, leave_out=EDITED)


def tensor(*shape, end=0):
    return {"dtype": "F32", "shape": list(shape), "data_offsets": [0, end]}


class TestHeaders:
    @pytest.mark.parametrize(
        ("content", "length"),
        [
            ({f"t{k}": tensor(0) for k in range(30_000)}, None),
            (b" " * 2**23 + b"{}", None),
            (b"{}", 10**12),
            (b"{}", 2**64 - 1),
            (b"{}", 0),
            ({"a": tensor(10**11, end=4 * 10**11)}, None),
            ({"a": tensor(2**62, 4, end=4)}, None),
            ({"a": tensor(-1)}, None),
            ({"a": tensor("x")}, None),
            ({"a": 1}, None),
            ([1], None),
            (b"[" * 100_000, None),
            (b"\xff\xfe", None),
        ],
        ids=range(13),
    )
    def test_is_refused(self, folder, content, length):
        header(folder, content, length=length)
        with pytest.raises(InputError, match="cannot be read as safetensors"):
            read_export(folder)

    def test_shapes(self, folder):
        weights = read_shapes(folder / "model.safetensors")
        assert weights["classifier.bias"] == [4]

    def test_allowance_is_spent(self):
        with Allowance({"w": [2, 3]}), pytest.raises(ValueError, match="1 ten"):
            for _ in range(2000):
                torch.empty(1)


class TestFiles:
    @pytest.mark.parametrize(
        "name",
        [
            "inference.yaml",
            "SHA256SUMS",
            "text/config.json",
            "x",
            "audio/y.txt",
        ],
    )
    @pytest.mark.parametrize("kind", ["pipe", "/dev/zero", "/proc/version"])
    def test_that_is_none(self, folder, name, kind):
        path = folder / name
        path.unlink(missing_ok=True)
        if kind == "pipe":
            os.mkfifo(path)
        else:
            path.symlink_to(kind)
        message = "that is no file|no inference.yaml in it"
        with pytest.raises(InputError, match=message):
            read_export(folder)

    def test_link_to_nothing(self, folder):
        (folder / "text" / "config.json").unlink()
        (folder / "text" / "config.json").symlink_to("nowhere")
        with pytest.raises(InputError, match="config.json: cannot be read"):
            read_export(folder)

    def test_too_many(self, folder):
        for number in range(1001):
            (folder / f"{number}.md").touch()
        with pytest.raises(InputError, match="more than 1000 files"):
            read_export(folder)

    @pytest.mark.parametrize(
        "text",
        [
            '{"a": ' + "[" * 100_000 + "]" * 100_000 + "}",
            '{"a": ' + "[" * 40 + "1" + "]" * 40 + "}",
            "[" + "[]," * 1_100_000 + "1]",
            " " * (2**25 + 1),
            f'{{"a": 1{"0" * 5000}}}',
            "",
            "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
        ],
        ids=range(7),
    )
    def test_json(self, folder, text):
        (folder / "text" / "tokenizer.json").write_text(text)
        write_sums(folder, leave_out=EDITED)
        with pytest.raises(InputError, match="tokenizer.json: "):
            read_export(folder)

    @pytest.mark.parametrize(
        "name",
        [
            *("text/added_tokens.json", "text/vocab.txt", "neighbours.json"),
            *("audio/processor_config.json", "asr/config.json", "x/y"),
        ],
    )
    def test_that_no_sum_lists(self, folder, name):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("{}")
        with pytest.raises(InputError, match=f"does not list {name}"):
            read_export(folder)

    @pytest.mark.parametrize(
        "name",
        ["LICENSE", "confusion.png", ".gitattributes", ".git/HEAD", "notes.txt",
         ".cache/huggingface/a.lock", "text/.DS_Store"],
    )  # fmt: skip
    def test_that_nothing_reads(self, folder, name):
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text("x")
        assert read_export(folder)

    def test_sums_with_a_line_less(self, folder):
        path = folder / SUMS
        lines = path.read_text().splitlines(keepends=True)
        for line in lines:
            path.write_text("".join(one for one in lines if one != line))
            name = line.split()[1]
            with pytest.raises(InputError, match=f"does not list {name}"):
                read_export(folder)

    def test_sums_without_end(self, folder):
        (folder / SUMS).write_text("0  a\n" * 300_000)
        with pytest.raises(InputError, match="SHA256SUMS: expected 1048576"):
            read_export(folder)
