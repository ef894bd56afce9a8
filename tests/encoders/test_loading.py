"""Where encoders come from."""

import json

import pytest
from transformers.utils import logging as transformers_logging

from turbo_sb.encoders.loading import (
    EXTRACTOR,
    TOKENIZER,
    check_preparation,
    check_source,
    loading,
)
from turbo_sb.utils.errors import InputError


class TestCheckSource:
    @pytest.mark.parametrize(
        "source", ["/no/such", "./none", "~/none", "a/b/c"]
    )
    def test_what_looks_like_a_folder_must_be_one(self, source):
        with pytest.raises(InputError, match=f"my_key: .*{source}"):
            check_source(source, "my_key")

    def test_a_hub_name_passes(self):
        check_source("facebook/wav2vec2-base", "my_key")

    def test_a_folder_with_a_model_passes(self, audio_folder):
        check_source(audio_folder, "my_key")

    @pytest.mark.parametrize(
        ("names", "found"),
        [
            ([], "found nothing"),
            (["config.json"], r"found \['config.json'\]"),
            (["model.safetensors"], r"found \['model.safetensors'\]"),
        ],
    )
    def test_a_folder_without_one_is_an_error(self, tmp_path, names, found):
        for name in names:
            (tmp_path / name).touch()
        with pytest.raises(InputError, match=f"holds no Hugging.*{found}"):
            check_source(str(tmp_path), "my_key")

    @pytest.mark.parametrize("pretrained", [True, False])
    @pytest.mark.parametrize(
        "name", ["model.safetensors", "pytorch_model.bin", "vocab.txt"]
    )
    def test_a_pointer_of_git_lfs_is_not_the_file(
        self, tmp_path, name, pretrained
    ):
        for file in ("config.json", "model.safetensors"):
            (tmp_path / file).write_text("{}")
        (tmp_path / name).write_text(
            "version https://git-lfs.github.com/spec/v1\n"
            "oid sha256:4d7a214614ab2935c943f9e0ff69d22e\nsize 12345\n"
        )
        with pytest.raises(InputError, match=f"pointers of Git LFS .*{name}"):
            check_source(str(tmp_path), "my_key", pretrained)

    def test_without_pretraining_weights_are_not_needed(self, tmp_path):
        (tmp_path / "config.json").touch()
        check_source(str(tmp_path), "my_key", pretrained=False)
        with pytest.raises(InputError, match="config.json and weights"):
            check_source(str(tmp_path), "my_key")

    @pytest.mark.parametrize("source", ["a/name", "/no/such"])
    def test_without_pretraining_only_a_folder_will_do(self, source):
        with pytest.raises(
            InputError, match=f"my_key: {source} is not a folder"
        ):
            check_source(source, "my_key", pretrained=False)


class TestCheckPreparation:
    def test_a_hub_name_passes(self):
        check_preparation("facebook/wav2vec2-base", "my_key", EXTRACTOR)

    @pytest.mark.parametrize("name", TOKENIZER)
    def test_either_file_will_do(self, tmp_path, name):
        with pytest.raises(InputError, match="my_key: .* or vocab.txt or"):
            check_preparation(str(tmp_path), "my_key", TOKENIZER)
        (tmp_path / name).touch()
        check_preparation(str(tmp_path), "my_key", TOKENIZER)


@pytest.fixture
def bars():
    """Progress bars are shown, whatever other tests have left."""
    before = transformers_logging.is_progress_bar_enabled()
    transformers_logging.enable_progress_bar()
    yield
    if not before:
        transformers_logging.disable_progress_bar()


class TestLoading:
    def test_the_hub_unreachable(self):
        with pytest.raises(InputError) as raised:
            with loading("some/model", "my_key"):
                raise OSError("We couldn't connect\nto the hub")
        message = str(raised.value)
        assert "(We couldn't connect)" in message
        assert "--my_key=FOLDER" in message

    def test_a_folder_that_is_damaged(self, tmp_path):
        (tmp_path / "config.json").write_text(json.dumps({}))
        (tmp_path / "model.safetensors").touch()
        with pytest.raises(InputError, match="cannot be loaded: no header"):
            with loading(str(tmp_path), "my_key"):
                raise RuntimeError("no header")

    def test_an_error_without_words_gives_its_name(self):
        with pytest.raises(InputError, match=r"\(KeyError\)"):
            with loading("some/model", "my_key"):
                raise KeyError

    @pytest.mark.parametrize("local", [True, False])
    def test_only_what_comes_from_the_hub_shows_its_progress(
        self, audio_folder, local, bars
    ):
        source = audio_folder if local else "some/model"
        with loading(source, "my_key"):
            shown = transformers_logging.is_progress_bar_enabled()
        assert shown == (not local)
        assert transformers_logging.is_progress_bar_enabled()

    def test_an_input_error_passes_as_it_is(self):
        with pytest.raises(InputError, match="^dropout: 2$"):
            with loading("some/model", "my_key"):
                raise InputError("dropout: 2")
