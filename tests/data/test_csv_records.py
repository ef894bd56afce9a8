"""Double quotes in tables that were written without quoting."""

import csv
import io

import pytest

from turbo_sb.data.csv_manifest import read_csv_manifest
from turbo_sb.data.csv_table import read_table, write_table
from turbo_sb.data.transcripts import read_texts
from turbo_sb.utils.errors import InputError

COLUMNS = ("ID", "wav", "label", "text")
WORDS = ["yes", "so", "no", "well", "ja", "nein"]


def unquoted(texts, delimiter):
    """Lines as a program writes them that knows no quoting."""
    rows = [COLUMNS]
    rows += [
        (f"u{k}", f"audio/u{k}.wav", "directed", text)
        for k, text in enumerate(texts)
    ]
    return "".join(delimiter.join(row) + "\n" for row in rows)


def read(folder, content, required=COLUMNS, rejects=None):
    path = folder / "t.csv"
    path.write_text(content, encoding="utf-8")
    return read_table(path, required, rejects=rejects)


def refuse(folder, content, required=COLUMNS):
    with pytest.raises(InputError, match="t.csv: ") as caught:
        read(folder, content, required)
    return str(caught.value)


def with_texts(changes):
    return [changes.get(k, word) for k, word in enumerate(WORDS)]


# Two quotes that would join rows; a third that is left over; the last row;
# after a space; a text that begins and goes on; curly and single ones.
STRAY = [
    {1: '"so', 3: 'well"'},
    {1: '"so', 2: 'no"'},
    {0: '"yes', 3: 'well"', 4: '"ja'},
    {5: '"nein'},
    {1: ' "so', 3: 'well"'},
    {1: '"so" he said'},
    {1: '"', 3: '"'},
    {1: '"', 2: '"'},
]


@pytest.mark.parametrize("changes", STRAY)
def test_a_table_with_tabs_is_read_as_it_is(tmp_path, changes, caplog):
    texts = with_texts(changes)
    found = read(tmp_path, unquoted(texts, "\t"))
    assert [line for line, _ in found] == [2, 3, 4, 5, 6, 7]
    assert [row["text"] for _, row in found] == [t.strip() for t in texts]
    assert "read as written without quoting" in caplog.text


@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("changes", STRAY)
def test_other_tables_are_refused_at_the_line(tmp_path, changes, delimiter):
    message = refuse(tmp_path, unquoted(with_texts(changes), delimiter))
    assert f"line {min(changes) + 2}: " in message
    assert "write it twice" in message


@pytest.mark.parametrize("changes", STRAY)
def test_a_stray_quote_costs_its_own_row(tmp_path, changes):
    rejects = []
    content = unquoted(with_texts(changes), ",")
    found = read(tmp_path, content, rejects=rejects)
    lost = {line - 2 for line, _ in rejects}
    assert lost <= set(changes)
    assert [row["ID"] for _, row in found] == [
        f"u{k}" for k in range(6) if k not in lost
    ]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        # Each line is a row of two cells.
        ('ID,text\nu1,"so\nu2,yes"\nu3,no\n', 2),
        ('ID,text\na,"so\nb,yes"\nc,no\n', 2),
        # One of those between has a comma of its own.
        ('ID,text\nu1,"so\nu2,well, yes"\nu3,no\n', 2),
        ('ID,text\nu1,"so\nu2,a, b\nu3,yes"\nu4,no\n', 2),
        # The text comes first.
        ('text,ID\n"so,u1\nyes",u2\nno,u3\n', 2),
        # A spreadsheet has padded the rows.
        ('ID,text,,\nu1,"so,,\nu2,yes",,\nu3,no,,\n', 2),
        # What is joined makes no row.
        ('ID,text\nu1,x\nu2,"so\nyes",y\nu3,z\n', 3),
        # Nothing but a line break and a delimiter beside the ID.
        ('ID,text\nu1,"\nu2,"\nu3,no\n', 2),
        # A line break in an ID.
        ('ID,text\n"u1\nu2",so\nu3,x\n', 2),
    ],
)
def test_what_gives_a_joined_row_away(tmp_path, content, line):
    message = refuse(tmp_path, content, ("ID", "text"))
    assert f"line {line}: a double quote opens a text" in message


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('"two\nlines"', "two\nlines"),
        ('"So, yes.\nNo, no, no."', "So, yes.\nNo, no, no."),
        ('"hi\nSo, yes."', "hi\nSo, yes."),
        ('"""So,"" he said.\n\n""Yes."""', '"So," he said.\n\n"Yes."'),
        ('"a\nb\nc, d, e, f, g\nh"', "a\nb\nc, d, e, f, g\nh"),
        ("\u201cso\u201d", "\u201cso\u201d"),
        ("\u201eso", "\u201eso"),
        ('so "yes', 'so "yes'),
        ("'so", "'so"),
        ('5" pipe', '5" pipe'),
    ],
)
def test_what_is_quoted_well_is_read(tmp_path, cell, text, caplog):
    content = f"ID,text\nu_1,x\nu_2,{cell}\nu_3,'y\n"
    found = read(tmp_path, content, ("ID", "text"))
    assert [row["ID"] for _, row in found] == ["u_1", "u_2", "u_3"]
    assert found[1][1]["text"] == text
    assert not caplog.text


def test_a_table_with_tabs_that_has_quoting_is_not_read_without(tmp_path):
    """As a spreadsheet saves it, and then a quote is typed into it."""
    content = 'ID\ttext\nu1\t"he said ""yes"""\nu2\t"so\nu3\tno\n'
    assert "line 3: " in refuse(tmp_path, content, ("ID", "text"))
    content = '"ID"\t"text"\n"u1"\t"yes"\n"u2"\t"so\n'
    assert "line 3: " in refuse(tmp_path, content, ("ID", "text"))


def test_a_quoted_text_in_a_table_with_tabs(tmp_path):
    content = 'ID\ttext\nu1\t"two\nlines"\nu2\t"so, ""yes"""\n'
    found = read(tmp_path, content, ("ID", "text"))
    assert [row["text"] for _, row in found] == ["two\nlines", 'so, "yes"']


def test_a_header_of_several_lines(tmp_path):
    content = 'ID,text,"how\nloud"\nu1,so,1\nu2,yes,2\n'
    found = read(tmp_path, content, ("ID", "text"))
    assert [row["text"] for _, row in found] == ["so", "yes"]
    assert "line 1: " in refuse(tmp_path, '"ID,text\nu1,so\n', ("ID", "text"))


def test_what_we_write_is_ours_to_read(tmp_path):
    """Texts that look like rows, which no reader could tell from them."""
    texts = ["hi\nu9,yes", "u8,x\nu9,y", '"\nu9,"', "a\rb", "=1+1", " -x "]
    rows = [(f"u{k}", text) for k, text in enumerate(texts)]
    write_table(tmp_path / "t.csv", [("ID", "text"), *rows])
    found = read_table(tmp_path / "t.csv", ("ID", "text"))
    expected = [text.replace("\r", "\n").strip() for text in texts]
    assert [row["text"] for _, row in found] == expected
    assert [row["ID"] for _, row in found] == [name for name, _ in rows]


@pytest.mark.parametrize("quoting", [csv.QUOTE_ALL, csv.QUOTE_MINIMAL])
def test_what_others_write_with_quoting(tmp_path, quoting):
    texts = ["so, yes\nwell, no", 'a "b"\n"c"', "x"]
    file = io.StringIO()
    writer = csv.writer(file, quoting=quoting)
    writer.writerow(["ID", "text"])
    writer.writerows((f"k-{k}", text) for k, text in enumerate(texts))
    found = read(tmp_path, file.getvalue(), ("ID", "text"))
    assert [row["text"] for _, row in found] == texts


class TestReaders:
    """All of them read by `read_table`."""

    def test_recognised_words(self, tmp_path):
        path = tmp_path / "asr.csv"
        path.write_text('ID,text\nu1,"so\nu2,yes"\nu3,no\n')
        with pytest.raises(InputError, match="line 2: a double quote opens"):
            read_texts(path)

    def test_a_manifest_to_train_on(self, tmp_path):
        texts = with_texts({1: '"so', 3: 'well"'})
        path = tmp_path / "manifest.csv"
        path.write_text(unquoted(texts, ","))
        with pytest.raises(InputError) as caught:
            read_csv_manifest(tmp_path, ["directed"], "skip")
        assert "line 3: (no ID): a double quote opens a text" in str(
            caught.value
        )
