"""The three files agree, stand beside the paper, and beside another report."""

import csv
import json

import pytest

from tests.evaluation.report.report_runs import read, rows, write_fold
from turbo_sb.cli import main
from turbo_sb.evaluation.report import build_report, write_report
from turbo_sb.utils.errors import InputError

FIRST = rows("a x ang ang impro; b x ang hap script")
SECOND = rows("c y hap hap impro; d y ang ang script")


@pytest.fixture
def runs(tmp_path):
    folder = tmp_path / "runs"
    for method in ("vanilla", "turbo"):
        for seed in (1, 2):
            write_fold(folder, method, 1, FIRST, seed)
            write_fold(folder, method, 2, SECOND, seed)
    return folder


def cells(text, start):
    """The cells of the first row that begins with `start`."""
    line = next(x for x in text.split("\n") if x.startswith(f"| {start} "))
    return [cell.strip() for cell in line.strip("| ").split(" | ")]


def test_files_say_the_same(runs):
    text = write_report(runs, n_resamples=20)
    assert (runs / "report.md").read_text() == text
    report = json.loads((runs / "report.json").read_text())
    with open(runs / "report.csv", newline="") as file:
        table = list(csv.DictReader(file))
    (row,) = [
        r
        for r in table
        if (r["part"], r["method"], r["metric"]) == ("all", "turbo", "WA")
        and r["source"] == "runs"
    ]
    value = report["protocols"]["speaker10"]["scores"]["all"]["turbo"]["WA"]
    assert float(row["value"]) == value["value"] == 0.75
    assert float(row["difference"]) == 0
    assert float(row["p_mcnemar"]) == 1
    assert cells(text, "turbo")[1] == "0.750"


def test_paper_stands_beside_and_is_marked(runs):
    text = write_report(runs, n_resamples=20)
    row = cells(text, "turbo, the paper's (*)")
    assert row[1] == "0.763" and row[5] == "0.771"
    assert "(*) The paper's own figures: IEMOCAP" in text
    with open(runs / "report.csv", newline="") as file:
        paper = [r for r in csv.DictReader(file) if r["source"] == "the paper"]
    assert len(paper) == 6
    assert cells(text, "majority class")[1] == "0.750"
    assert paper[0]["value"] == "0.7076"


def test_what_must_be_said_is_said(runs):
    text = write_report(runs, n_resamples=20)
    assert "## speaker10" in text
    assert "4 of 6 utterances tested, 2 speakers, 2 folds, seeds 1, 2" in text
    assert "25.0 % of the test texts also in training" in text
    assert "### kind: impro" in text and "### kind: script" in text
    assert "### Against vanilla" in text
    assert "Below some 20 speakers, as here" in text
    assert cells(text, "turbo   | ang")[2:4] == ["66.7", "33.3"]


def test_reference_is_chosen(runs):
    report = build_report(runs, "turbo", n_resamples=20)
    found = report["protocols"]["speaker10"]
    assert found["reference"] == "turbo"
    scores = found["scores"]["all"]
    assert "difference" in scores["vanilla"]["WA"]
    assert "difference" not in scores["turbo"]["WA"]
    with pytest.raises(InputError, match="nobody: .* vanilla, turbo"):
        build_report(runs, "nobody")


def test_protocol_without_the_reference_has_its_first_method(runs):
    write_fold(runs, "other", 3, FIRST, protocol="random10")
    report = build_report(runs, "vanilla", n_resamples=20)
    found = {k: v["reference"] for k, v in report["protocols"].items()}
    assert found == {"speaker10": "vanilla", "random10": "other"}


def test_another_report_is_laid_beside(runs, tmp_path):
    other = tmp_path / "asr"
    write_fold(other, "turbo", 1, rows("a x ang hap; b x ang hap"))
    write_report(other, n_resamples=20)
    text = write_report(runs, compare=other, n_resamples=20)
    assert cells(text, f"turbo, of {other}")[1] == "0.000"
    with pytest.raises(InputError, match="nowhere"):
        write_report(runs, compare=tmp_path / "nowhere")


def test_same_bytes_each_time(runs):
    write_report(runs, n_resamples=50)
    before = {p.name: p.read_bytes() for p in runs.glob("report.*")}
    write_report(runs, n_resamples=50)
    assert {p.name: p.read_bytes() for p in runs.glob("report.*")} == before
    assert len(before) == 3


def test_recognised_texts_beside_gold_in_one_report(tmp_path):
    write_fold(tmp_path / "gold", "turbo", 1, FIRST, texts="the corpus's")
    write_fold(tmp_path / "asr", "turbo", 1, FIRST, texts="asr.csv in test")
    text = write_report(tmp_path, "gold/turbo", n_resamples=20)
    assert "texts: asr.csv in test" in text
    assert cells(text, "asr/turbo")[1] == "0.500"
    assert "### Against gold/turbo" in text


def test_geometry_that_is_not_normalised_is_said(tmp_path):
    write_fold(tmp_path, "turbo", 1, FIRST, on_sphere=False)
    text = write_report(tmp_path, n_resamples=20)
    assert "unit sphere (but not normalised: turbo)" in text


def test_missing_run_is_named(tmp_path):
    write_fold(tmp_path, "turbo", 1, FIRST)
    write_fold(tmp_path, "turbo", 1, FIRST, seed=2)
    write_fold(tmp_path, "turbo", 2, SECOND)
    text = write_report(tmp_path, n_resamples=20)
    assert "**turbo: folds not finished (fold of seed): 2 of 2**" in text


def test_from_a_shell(runs, capsys):
    main(["report", str(runs), "--n_resamples=20", "--reference=turbo"])
    assert "### Against turbo" in capsys.readouterr().out
    assert len(read(runs)) == 8
