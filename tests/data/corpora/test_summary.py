"""The counts of a build, laid out."""

from turbo_sb.data.corpora.summary import table


def test_a_row_for_each_corpus():
    row = dict(listed=9, missing=1, kept=6, hours=0.5, speakers=2)
    row |= dict(label="directed", skipped={"damaged": 2})
    counts = {"corpora": {"slurp": row}, "classes": {"directed": 6}}
    assert table(counts).splitlines() == [
        "                listed   missing      kept     hours  speakers  label",
        "slurp                9         1         6      0.50         2  directed",
        "skipped of slurp: damaged 2",
        "classes: directed 6",
    ]
