"""Readers of tables: the rows that are there, or an InputError."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from tests.properties.doors import REFUSED, WORDS, saved, value_or_refusal
from turbo_sb.data.csv_table import read_table, write_table
from turbo_sb.data.splits import read_split_file
from turbo_sb.data.transcripts import read_texts
from turbo_sb.inference.utterances import read_utterances

PIECES = st.sampled_from(
    ['"', '""', ",", ";", "\t", "\n", "\r\n", "\r", " ", "\0", "\\", "a", "ID"]
    + ["text", "wav", "fold1", "train", "valid", "test", "ü", "\ufeff", "=1"]
)
FILES = st.binary(max_size=80) | st.lists(PIECES, max_size=40).map("".join)
# Cells as people write them, with what has a meaning in a table.
CELLS = st.lists(
    st.sampled_from(['"', '""', "'", ",", ";", " ", "so", "yes", "ü", "=1"]),
    max_size=6,
).map("".join)


@given(
    FILES, st.sampled_from(["ID,wav,text\n", "ID\ttext\n", "ID;fold1\n", ""])
)
def test_any_file(tmp_path, content, header):
    """Nothing but rows, or an error that can be acted on."""
    head = header.encode()
    content = head + (content.encode() if isinstance(content, str) else content)
    path = saved(tmp_path, "table.csv", content)
    rows = value_or_refusal(read_table, path, ("ID",), ("text", "wav"))
    if rows is not REFUSED:
        assert all(
            isinstance(line, int) and set(row) == {"ID", "text", "wav"}
            for line, row in rows
        )
    value_or_refusal(read_texts, path)
    value_or_refusal(read_split_file, path, {"a": {}, "text": {}})
    value_or_refusal(read_utterances, path)


@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=6))
def test_what_is_written_is_read(tmp_path, rows):
    """But for NUL, spaces around a cell, and the kind of line ends."""
    rows = [(f"u{k}", a, b) for k, (a, b) in enumerate(rows)]
    path = tmp_path / "table.csv"
    write_table(path, [("ID", "text", "wav"), *rows])
    found = value_or_refusal(read_table, path, ("ID", "text", "wav"))
    if found is REFUSED:
        assert "\0" in "".join(a + b for _, a, b in rows)
        return
    plain = [
        tuple(c.replace("\r\n", "\n").replace("\r", "\n").strip() for c in row)
        for row in rows
    ]
    assert [tuple(row.values()) for _, row in found] == plain


@given(st.lists(CELLS, min_size=1, max_size=8), st.sampled_from("\t,;"))
def test_unquoted_rows_are_never_joined(tmp_path, texts, delimiter):
    """Quotes in a table without quoting: all rows, or an error."""
    texts = [text.replace(delimiter, "") for text in texts]
    lines = [f"u{k}{delimiter}{text}" for k, text in enumerate(texts)]
    path = saved(tmp_path, "t.csv", f"ID{delimiter}text\n" + "\n".join(lines))
    found = value_or_refusal(read_table, path, ("ID", "text"))
    if found is REFUSED:
        assert '"' in "".join(texts)
        return
    assert [row["ID"] for _, row in found] == [
        f"u{k}" for k in range(len(texts))
    ]
    # Whether quotes around a whole cell are its own, no reader can know.
    bare = [" ".join(t.replace('"', " ").split()) for t in texts]
    assert [
        " ".join(row["text"].replace('"', " ").split()) for _, row in found
    ] == bare


@given(
    st.lists(st.lists(WORDS, min_size=2, max_size=2), min_size=1, max_size=6)
)
def test_quoted_rows_are_read_as_the_csv_module_does(tmp_path, rows):
    """Cells with line ends and delimiters in them, written by another tool."""
    rows = [[f"u{k}", *cells] for k, cells in enumerate(rows)]
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerows([["ID", "text", "wav"], *rows])
    path = saved(tmp_path, "t.csv", text.getvalue())
    found = value_or_refusal(read_table, path, ("ID", "text", "wav"))
    if found is not REFUSED:
        assert len(found) == len(rows)
        assert [row["ID"] for _, row in found] == [row[0] for row in rows]
