"""Tables as spreadsheets, other systems and tired people write them."""

import pytest

from turbo_sb.data.csv_table import read_table, write_table
from turbo_sb.utils.errors import InputError

PLAIN = "ID,text\na,yes\nb,käthe\n"


def write(folder, content, encoding="utf-8"):
    path = folder / "t.csv"
    path.write_bytes(content.encode(encoding))
    return path


def read(folder, content, encoding="utf-8", optional=(), rejects=None):
    path = write(folder, content, encoding)
    return read_table(path, ("ID", "text"), optional, rejects)


def refuse(folder, content, encoding="utf-8", optional=()):
    """Return the message, which begins with the file."""
    with pytest.raises(InputError) as caught:
        read(folder, content, encoding, optional)
    message = str(caught.value)
    assert message.startswith(f"{folder / 't.csv'}: ")
    return message


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (PLAIN, "utf-8"),
        (PLAIN, "utf-8-sig"),
        (PLAIN.replace("\n", "\r\n"), "utf-8-sig"),
        (PLAIN.replace("\n", "\r"), "utf-8"),
        (PLAIN.replace(",", ";"), "utf-8"),
        (PLAIN.replace(",", "\t"), "utf-8"),
        (PLAIN.replace(",", "\t").replace("\n", "\r\n"), "utf-16"),
        ("\ufeff" + PLAIN, "utf-16-be"),
        (PLAIN.rstrip("\n"), "utf-8"),
        (' "ID", "text"\n a , yes\nb, "käthe"\n', "utf-8"),
        ("ID,text,,\na,yes,,\nb,käthe\n", "utf-8"),
        ("\n \nID;text\na;yes\nb;käthe\n", "utf-8"),
        ("sep=;\nID;text\na;yes\nb;käthe\n", "utf-8"),
    ],
)
def test_whoever_wrote_it_it_says_the_same(tmp_path, content, encoding):
    found = [row for _, row in read(tmp_path, content, encoding)]
    assert found == [{"ID": "a", "text": "yes"}, {"ID": "b", "text": "käthe"}]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('"so, yes; no"', "so, yes; no"),
        ('"he said ""yes"""', 'he said "yes"'),
        ('he said "yes"', 'he said "yes"'),
        ('"two\nlines"', "two\nlines"),
        ('"two\r\nlines"', "two\nlines"),
        (' "so, yes"', "so, yes"),
        ("nan", "nan"),
        ("None", "None"),
        ("\u00a0", ""),
        ("'so'", "'so'"),
        ("a\u2028b", "a\u2028b"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_cells_are_taken_by_the_letter(tmp_path, cell, text, delimiter):
    content = f"ID{delimiter}text\na{delimiter}{cell}\n"
    assert read(tmp_path, content) == [(2, {"ID": "a", "text": text})]


def test_a_delimiter_within_a_text_does_not_choose(tmp_path):
    rows = read(tmp_path, "ID;text\na;one, two, three, four\n")
    assert rows[0][1]["text"] == "one, two, three, four"


def test_lines_are_those_of_an_editor(tmp_path):
    content = '\n\nID,text\n\na,"x\ny"\n,\n  \nb,z\n\n'
    found = read(tmp_path, content)
    assert [(line, row["ID"]) for line, row in found] == [(5, "a"), (9, "b")]


def test_optional_columns_in_any_order(tmp_path):
    content = "note,text,spk_id,ID\nn,yes,anna,a\n"
    found = read(tmp_path, content, optional=("spk_id", "split"))
    expected = {"ID": "a", "text": "yes", "spk_id": "anna", "split": ""}
    assert found == [(2, expected)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "empty"),
        (" \n\r\n", "empty"),
        ("\ufeff", "empty"),
        (";;\n", "empty"),
        ("ID,text\n", "a header without rows"),
        ("ID,text\n\n , \n", "a header without rows"),
        ("ID,words\na,b\n", "no column text. Its header is ['ID', 'words']"),
        ("words\na\n", "no column ID, no column text"),
        ("ID|text\na|b\n", "no column ID, no column text"),
        ("ID,text,ID\na,b,c\n", "several columns ID"),
        ("a,b\nID,text\n", "no column ID"),
    ],
)
def test_what_is_no_such_table(tmp_path, content, message):
    assert message in refuse(tmp_path, content)


@pytest.mark.parametrize(
    ("header", "hint"),
    [
        ("id,text", "no column ID, 'id' must be written ID"),
        ("ID,Text", "'Text' must be written text"),
        ("ID,text,Spk-ID", "'Spk-ID' must be written spk_id"),
        ("ID,text,SPKID", "'SPKID' must be written spk_id"),
    ],
)
def test_a_column_nearly_named_right_is_not_passed_over(tmp_path, header, hint):
    message = refuse(tmp_path, f"{header}\na,b,c\n", optional=("spk_id",))
    assert hint in message
    assert "expected ID, text, and perhaps spk_id" in message


def test_rows_that_do_not_fit_are_all_named(tmp_path):
    content = 'ID,text\na,so, yes\nb,"so, yes"\nc\n'
    message = refuse(tmp_path, content)
    assert "2 of 3 rows do not fit the header" in message
    assert "line 2: 3 cells, the header has 2" in message
    assert "line 4: 1 cells" in message
    assert '"so, yes"' in message


@pytest.mark.parametrize(
    "content",
    [
        "ID,text,spk_id,start\na,so, yes,,\n",
        "ID,text,,\na,so, yes\n",
        "ID,text,,\na,so,yes,\n",
        "ID,text,\na,so,,\n",
    ],
)
def test_blank_cells_do_not_hide_an_unquoted_delimiter(tmp_path, content):
    assert "line 2: " in refuse(tmp_path, content)


def test_rows_that_do_not_fit_are_set_aside_on_request(tmp_path):
    rejects = []
    content = "ID,text\na,so, yes\nb,no\nc\n"
    found = read(tmp_path, content, rejects=rejects)
    assert [row["ID"] for _, row in found] == ["b"]
    assert rejects == [
        (2, "3 cells, the header has 2"),
        (4, "1 cells, the header has 2"),
    ]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ('ID,text\na,yes\nb,"never closed\nc,d\n', 3),
        ('ID,text\na,"yes" he said\n', 2),
        ('ID,text\na,"' + "x" * 200_000, 2),
    ],
)
def test_a_quote_amiss_is_located(tmp_path, content, line):
    message = refuse(tmp_path, content)
    assert f"line {line}: " in message
    assert "Is a double quote not closed?" in message


def test_another_encoding_is_located(tmp_path):
    message = refuse(tmp_path, PLAIN, encoding="latin-1")
    assert "line 3: not UTF-8" in message
    assert "CSV UTF-8" in message


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-32"])
def test_nul_is_no_text(tmp_path, encoding):
    assert "NUL" in refuse(tmp_path, "ID,text\na,b\n", encoding=encoding)


def test_a_file_that_is_not_there_or_none(tmp_path):
    with pytest.raises(InputError, match="none.csv: cannot be read"):
        read_table(tmp_path / "none.csv", ("ID",))
    with pytest.raises(InputError, match="cannot be read"):
        read_table(tmp_path, ("ID",))


class TestAliases:
    ALIASES = {"speaker": "spk_id", "end": "stop"}

    def read(self, folder, header):
        path = folder / "manifest.csv"
        path.write_text(f"{header}\na,b,1\n", encoding="utf-8")
        columns = (("ID",), ("spk_id", "stop"))
        return read_table(path, *columns, aliases=self.ALIASES)

    @pytest.mark.parametrize("name", ["speaker", "Speaker", "end"])
    def test_a_column_under_another_name(self, tmp_path, name):
        with pytest.raises(InputError, match=f"'{name}': (spk_id|stop)"):
            self.read(tmp_path, f"ID,text,{name}")

    def test_beside_the_right_one_it_is_another(self, tmp_path, caplog):
        with caplog.at_level("INFO"):
            assert (
                self.read(tmp_path, "ID,spk_id,speaker")[0][1]["spk_id"] == "b"
            )
        assert "columns that are not read: speaker" in caplog.text


def test_what_is_written_is_read_again(tmp_path):
    rows = [("ID", "text"), ("a", 'so, "yes"'), ("b", "käthe")]
    write_table(tmp_path / "new" / "t.csv", rows)
    found = [row for _, row in read_table(tmp_path / "new/t.csv", rows[0])]
    assert [tuple(row.values()) for row in found] == rows[1:]
    with pytest.raises(InputError, match="t.csv: cannot be written"):
        write_table(tmp_path / "new" / "t.csv" / "t.csv", rows)
