"""A recogniser's texts take the place of the corpus's, or nothing does."""

import copy

import pytest

from turbo_sb.data.transcripts import (
    read_texts,
    replace_texts,
    shared_texts,
    text_source,
)
from turbo_sb.utils.errors import InputError

SETS = {
    "train": {"a": {"text": "Yes.", "label": "hap"}, "b": {"text": "No."}},
    "valid": {"c": {"text": "Well."}},
    "test": {"d": {"text": "So."}},
}


def write(folder, content, encoding="utf-8"):
    path = folder / "asr.csv"
    path.write_bytes(content.encode(encoding))
    return path


def texts(sets):
    """Utterance to text, of all sets."""
    return {n: e["text"] for part in sets.values() for n, e in part.items()}


class TestReadTexts:
    @pytest.mark.parametrize(
        ("content", "encoding"),
        [
            ("ID,text\na,käthe\nb,\n", "utf-8"),
            ("ID;text\r\na;käthe\r\nb;\r\n", "utf-8-sig"),
            ("text\tID\tscore\nkäthe\ta\t0.9\n\tb\t0.1\n", "utf-16"),
        ],
    )
    def test_whoever_wrote_it(self, tmp_path, content, encoding):
        path = write(tmp_path, content, encoding)
        assert read_texts(path) == {"a": "käthe", "b": ""}

    def test_an_id_that_stands_there_twice(self, tmp_path):
        path = write(tmp_path, "ID,text\na,yes\nb,no\na,yes\n")
        with pytest.raises(InputError) as caught:
            read_texts(path)
        assert str(caught.value).startswith(f"{path}: 1 lines")
        assert "line 4: a is also in line 2" in str(caught.value)

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("ID,text\n,yes\n", "line 2: no ID"),
            ("ID,words\na,yes\n", "no column text"),
            ("ID,text\n", "without rows"),
        ],
    )
    def test_errors(self, tmp_path, content, message):
        with pytest.raises(InputError, match=message):
            read_texts(write(tmp_path, content))

    def test_a_file_that_is_not_there(self, tmp_path):
        with pytest.raises(InputError, match="none.csv: cannot be read"):
            read_texts(tmp_path / "none.csv")


class TestReplaceTexts:
    def test_only_the_sets_that_are_named(self, tmp_path):
        path = write(tmp_path, "ID,text\na,yes\nb,no\nc,well\nd,so\n")
        replaced, _ = replace_texts(SETS, path, ["train", "test"])
        expected = {"a": "yes", "b": "no", "c": "Well.", "d": "so"}
        assert texts(replaced) == expected
        assert replaced["train"]["a"] == {"text": "yes", "label": "hap"}
        assert [list(part) for part in replaced.values()] == [
            ["a", "b"],
            ["c"],
            ["d"],
        ]

    def test_blank_texts_and_other_lines_are_counted(self, tmp_path):
        path = write(tmp_path, 'ID,text\nd,"  "\ny,yes\nz,\n')
        replaced, note = replace_texts(SETS, path, ("test",), "<none>")
        assert replaced["test"] == {"d": {"text": "<none>"}}
        assert note == (
            f"{path}, in test: 1 texts, of which 1 blank (<none>); 2 lines "
            "for other utterances"
        )

    def test_what_is_given_stays(self, tmp_path):
        before = copy.deepcopy(SETS)
        path = write(tmp_path, "ID,text\na,yes\nb,no\nc,well\nd,so\n")
        replaced, _ = replace_texts(SETS, path, ["test"])
        for part in replaced.values():
            for entry in part.values():
                entry["text"] = "changed"
        assert SETS == before

    def test_utterances_without_a_line_are_named(self, tmp_path):
        path = write(tmp_path, "ID,text\nb,no\nd,so\n")
        with pytest.raises(InputError) as caught:
            replace_texts(SETS, path, ["train", "valid"])
        message = str(caught.value)
        assert "2 of 3 utterances of train, valid have no line" in message
        assert "\n  a\n  c\n" in message
        assert "leave the set out of text_csv_sets" in message

    @pytest.mark.parametrize("which", [[], None, "test", ["test", "dev"], [[]]])
    def test_which_sets(self, tmp_path, which):
        path = write(tmp_path, "ID,text\nd,so\n")
        with pytest.raises(InputError, match="text_csv_sets: .*valid, test"):
            replace_texts(SETS, path, which)


class TestSharedTexts:
    def test_by_hand(self):
        train = ["Yes.", "Oh,  no!", "Never"]
        assert shared_texts(train, ["oh no", "yes", "YES!", "maybe"]) == 0.75
        assert shared_texts([], ["yes"]) == 0.0

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("I don't", "i don’t…"),
            ("KÄTHE", "ka\u0308the"),  # a dotted letter, or a letter and dots
            ("so\u00a0what", " so \t what"),
            ("¿Qué?", "qué"),
            ("ｙｅｓ", "yes"),  # letters as wide as Chinese ones
            ("5 $", "5"),
            ("…", "?!"),
        ],
    )
    def test_the_same(self, one, other):
        assert shared_texts([one], [other]) == 1.0

    @pytest.mark.parametrize(
        ("one", "other"),
        [("yes", "yes yes"), ("Käthe", "Kathe"), ("ja", "да"), ("5", "6")],
    )
    def test_not_the_same(self, one, other):
        assert shared_texts([one], [other]) == 0.0

    def test_no_test_text(self):
        with pytest.raises(InputError, match="one or more test texts"):
            shared_texts(["yes"], [])


def test_source_of_texts():
    assert text_source("/data/asr.csv", ["test"]) == "asr.csv in test"
