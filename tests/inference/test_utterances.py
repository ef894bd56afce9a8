"""What a command line names: recordings, folders, tables."""

import pytest

from turbo_sb.data.manifest import write_json
from turbo_sb.inference.utterances import (
    Utterance,
    find_utterances,
    read_utterances,
)
from turbo_sb.utils.errors import InputError


def table(tmp_path, text, name="manifest.csv"):
    (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path / name


class TestTable:
    def test_paths_are_relative_to_it(self, tmp_path):
        path = table(
            tmp_path, 'ID,wav,text,start,stop\na,x/a.wav,yes,0.5,"1,5"'
        )
        wav = str(tmp_path / "x" / "a.wav")
        assert read_utterances(path) == [Utterance("a", wav, "yes", 0.5, 1.5)]

    def test_paths_are_relative_to_a_folder(self, tmp_path):
        path = table(tmp_path, "ID,wav\na,a.wav\nb,/data/b.wav")
        found = read_utterances(path, "/corpus")
        assert [u.wav for u in found] == ["/corpus/a.wav", "/data/b.wav"]

    def test_blank_is_not_known(self, tmp_path):
        path = table(tmp_path, "ID,wav,text\na,a.wav,\nb,,yes")
        first, second = read_utterances(path)
        assert first.text is None and second.wav is None

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("wav\na.wav", "no column ID"),
            ("ID,path\na,a.wav", "'path': wav"),
            ("ID,wav", "a header without rows"),
        ],
    )
    def test_bad(self, tmp_path, text, message):
        with pytest.raises(InputError, match=message):
            read_utterances(table(tmp_path, text))

    def test_manifest_of_train_py(self, tmp_path):
        entry = {"wav": "{data_root}/a.wav", "text": "yes", "stop": 2.5}
        write_json({tmp_path / "test.json": {"a": entry}})
        found = read_utterances(tmp_path / "test.json", "/corpus")
        assert found == [Utterance("a", "/corpus/a.wav", "yes", None, 2.5)]

    def test_manifest_of_train_py_in_a_relative_folder(self, tmp_path):
        entry = {"wav": "{data_root}/x/a.wav"}
        write_json({tmp_path / "test.json": {"a": entry}})
        (found,) = read_utterances(tmp_path / "test.json", "corpus")
        assert found.wav == "corpus/x/a.wav"

    def test_capital_letters(self, tmp_path):
        write_json({tmp_path / "TEST.JSON": {"a": {"wav": "/a.wav"}}})
        (found,) = find_utterances([str(tmp_path / "TEST.JSON")])
        assert found.wav == "/a.wav"


class TestKey:
    """An equaliser's noise is the same wherever a recording is named."""

    @pytest.mark.parametrize("name", ["a.wav", "x/a.wav", "/data/x/a.wav"])
    def test_of_a_recording(self, name):
        assert Utterance(name, "/data/x/a.wav").key == "a"

    def test_of_a_table(self):
        assert Utterance("utt.1", "/data/x/a.wav").key == "utt.1"
        assert Utterance("utt.1", text="yes").key == "utt.1"


class TestCommandLine:
    def test_folder(self, tmp_path):
        for name in ("b.flac", "a.WAV", "x/c.mp3", "notes.txt"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).touch()
        (tmp_path / "._a.wav").touch()  # macOS leaves these
        found = find_utterances([str(tmp_path)])
        assert [u.name for u in found] == ["a.WAV", "b.flac", "x/c.mp3"]
        assert found[2].wav == str(tmp_path / "x" / "c.mp3")

    def test_folder_without_recordings(self, tmp_path):
        with pytest.raises(InputError, match="no recordings in it"):
            find_utterances([str(tmp_path)])

    def test_twice(self):
        with pytest.raises(InputError, match="several utterances are called"):
            find_utterances(["a.wav", "a.wav"])

    def test_text_alone(self):
        assert find_utterances([], "yes") == [Utterance("text", text="yes")]

    def test_text_is_of_one(self):
        with pytest.raises(InputError, match="--text: for one recording; 2"):
            find_utterances(["a.wav", "b.wav"], "yes")
