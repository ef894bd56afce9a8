"""The three files agree, stand beside the paper, and beside another report."""

import csv
import json
import os
import shutil

import pytest

from tests.evaluation.report.report_runs import read, rows, write_fold
from turbo_sb.cli import main
from turbo_sb.data.manifest import write_json
from turbo_sb.evaluation.figures.drawn_runs import RUNS, fingerprints
from turbo_sb.evaluation.report import build_report, write_report
from turbo_sb.evaluation.report.write import result_lines
from turbo_sb.training.run_folder import find_runs
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
    assert row["p_mcnemar"] == row["p_bootstrap"] == ""  # two speakers
    assert cells(text, "turbo")[1] == "0.750"


def test_paper_stands_beside_and_is_marked(runs):
    text = write_report(runs, n_resamples=20)
    row = cells(text, "turbo, the paper's (*)")
    assert row[1] == "0.764" and row[5] == "0.771"
    assert "(*) The paper's own figures: IEMOCAP" in text
    with open(runs / "report.csv", newline="") as file:
        paper = [r for r in csv.DictReader(file) if r["source"] == "the paper"]
    assert len(paper) == 6
    assert cells(text, "majority class")[1] == "0.750"
    assert paper[0]["value"] == "0.7076"


def test_what_must_be_said_is_said(runs):
    text = write_report(runs, n_resamples=20)
    assert "## speaker10" in text
    assert (
        "4 of 6 utterances tested, 2 speakers, 2 folds, seeds 1, 2 (2 seeds)"
        in text
    )
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


def test_two_speakers_have_no_p_and_the_reason(runs):
    text = write_report(runs, n_resamples=20)
    part = text.split("### Against vanilla")[1].split("###")[0]
    assert "p, " not in part
    assert "with 2 speakers the smallest two-sided p is 2 / 2^2 = 0.5" in part


def test_one_seed_does_not_read_as_a_count(tmp_path):
    write_fold(tmp_path, "turbo", 1, FIRST, seed=1)
    assert "1 fold, seed 1;" in write_report(tmp_path, n_resamples=20)


def test_latex_has_the_table_escaped(runs):
    write_fold(runs, "cross_modal", 1, FIRST)
    write_report(runs, n_resamples=20)
    text = (runs / "report.tex").read_text()
    assert text.count(r"\begin{tabular}") == 1 and r"\toprule" in text
    assert r" cross\_modal " in text and r"95 \%" in text
    row = next(x for x in text.splitlines() if x.startswith(" turbo "))
    assert row.split("&")[1].strip() == "0.750"


class TestFigures:
    @pytest.fixture
    def drawn(self, runs):
        (runs / "figures").mkdir()
        captions = runs / "figures" / "captions.md"
        captions.write_text(
            "# Figures of runs\n\n## density\n\n![density](density.png)\n\n"
            "What it shows.\n"
        )
        found = fingerprints(runs, find_runs(runs))
        captions.with_name(RUNS).write_text(json.dumps(found))
        return captions

    def test_are_shown_with_their_captions(self, runs, drawn):
        text = write_report(runs, n_resamples=20)
        expected = (
            "### Figures\n\n#### density\n\n![density](figures/density.png)"
        )
        assert f"{expected}\n\nWhat it shows.\n\n### kind: impro" in text
        assert "Next: " not in result_lines(runs)  # no run has a checkpoint
        for name, guess in (("turbo", "hap"), ("vanilla", "ang")):
            run = write_fold(runs, name, 5, rows(f"e x ang {guess}"))
            (run / "save" / "CKPT+1").mkdir(parents=True)
        write_report(runs, n_resamples=20)
        expected = f"{runs}/vanilla/speaker10_fold5_seed1 --to MODEL"
        assert result_lines(runs).endswith(f"Next: turbo-sb export {expected}")

    @pytest.mark.parametrize("change", ["new", "gone", "other"])
    def test_are_not_shown_where_the_runs_are_others(self, runs, drawn, change):
        """Whatever the times of the files are, as copies have others."""
        if change == "new":
            write_fold(runs, "turbo", 5, rows("e x ang hap"))
            write_fold(runs, "vanilla", 5, rows("e x ang ang"))
        elif change == "gone":
            for path in runs.glob("*/*_fold1_seed1"):
                shutil.rmtree(path)
        else:
            path = next(runs.rglob("metrics.json"))
            path.write_text(path.read_text() + "\n")
        for path in runs.rglob("metrics.json"):
            os.utime(path, (0, 0))
        text = write_report(runs, n_resamples=20)
        assert "![" not in text and "They are of other runs" in text

    def test_a_trial_in_a_runs_folder_changes_nothing(self, runs, drawn):
        debug = next(runs.rglob("metrics.json")).parent / "debug"
        debug.mkdir()
        (debug / "metrics.json").write_text("{}")
        assert "![" in write_report(runs, n_resamples=20)

    def test_are_of_each_protocol(self, runs, drawn):
        write_fold(runs, "turbo", 3, FIRST, protocol="random10")
        assert "![" not in write_report(runs, n_resamples=20)
        place = runs / "figures" / "random10"
        place.mkdir()
        drawn.rename(place / "captions.md")
        own = [r for r in find_runs(runs) if r.protocol == "random10"]
        (place / RUNS).write_text(json.dumps(fingerprints(runs, own)))
        text = write_report(runs, n_resamples=20)
        (found,) = [p for p in text.split("\n## ") if "![" in p]
        assert found.startswith("random10\n")
        assert "(figures/random10/density.png)" in found


def test_another_report_is_laid_beside(runs, tmp_path):
    other = tmp_path / "asr"
    write_fold(other, "turbo", 1, rows("a x ang hap; b x ang hap"))
    write_report(other, n_resamples=20)
    text = write_report(runs, compare=other, n_resamples=20)
    assert cells(text, f"turbo, of {other}")[1] == "0.000"
    with pytest.raises(InputError, match="nowhere"):
        write_report(runs, compare=tmp_path / "nowhere")
    report = json.loads((other / "report.json").read_text())
    report["metrics"] = ["ACC", "EER"]
    (other / "report.json").write_text(json.dumps(report))
    with pytest.raises(InputError, match=r"asr reports \['ACC', 'EER'\]"):
        write_report(runs, compare=other)


def test_same_bytes_each_time(runs):
    write_report(runs, n_resamples=50)
    before = {p.name: p.read_bytes() for p in runs.glob("report.*")}
    write_report(runs, n_resamples=50)
    assert {p.name: p.read_bytes() for p in runs.glob("report.*")} == before
    assert len(before) == 4


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


def test_sets_that_lack_classes_or_share_recordings_are_said(tmp_path):
    """Also of runs that did not note it: from their manifests."""
    for fold, tested in ((1, FIRST), (2, SECOND)):
        run = write_fold(tmp_path, "turbo", fold, tested, n_same_recording=4)
        for name, labels in (("train", ["ang", "hap"]), ("valid", ["ang"])):
            part = {
                f"{name}{k}": {"spk_id": f"{name}", "label": x, "text": "x"}
                for k, x in enumerate(labels)
            }
            write_json({run / f"{name}.json": part})
    text = write_report(tmp_path, n_resamples=20)
    assert (
        "- **turbo: no hap in the validation set: the other classes alone "
        "chose the epoch (fold 1, 2)**" in text
    )
    assert "- **turbo: 4 utterances of a fold have a recording that" in text
    assert "training set" not in text


def test_from_a_shell(runs, capsys):
    main(["report", str(runs), "--n_resamples=20", "--reference=turbo"])
    out = capsys.readouterr().out
    assert "### Against turbo" in out
    assert out.splitlines()[-4:] == [
        "speaker10 turbo: WA 0.750, UA 0.833",
        "speaker10 vanilla: WA 0.750, UA 0.833",
        f"report.md, report.tex, report.csv and report.json are in {runs}",
        f"Next: turbo-sb figures {runs}",
    ]
    assert len(read(runs)) == 8


def test_names_that_mean_something_elsewhere(tmp_path):
    """Folders and labels are text in report.md, .tex and on a terminal."""
    folder = tmp_path / "a|b<i>\x1b[2J\n%x"
    odd = ["an|g", "<img src=x>"]
    for method in ("`va`_1", "t$u{r}"):
        tested = [("a", "x", odd[0], odd[0]), ("b", "x", odd[1], odd[0])]
        write_fold(folder, method, 1, tested, labels=odd)
    text = write_report(folder, n_resamples=20)
    assert "\x1b" not in text and "<i>" not in text.replace("\\<i>", "")
    assert r"an\|g" in text and r"\<img src=x>" in text
    assert r"\`va\`_1" in text and r"t\$u{r}" in text
    # Every row of a table has the cells of its header.
    tables = [t for t in text.split("\n\n") if t.startswith("|")]
    for one in tables:
        bars = {line.replace("\\|", "").count("|") for line in one.split("\n")}
        assert len(bars) == 1
    latex = (folder / "report.tex").read_text()
    assert "\x1b" not in latex and "\n%x" not in latex
    assert r"t\$u\{r\}" in latex
    assert "\x1b" not in result_lines(folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r.update(protocols=[1]),
        lambda r: r["protocols"].update(speaker10=1),
        lambda r: r["protocols"]["speaker10"].update(scores={}),
        lambda r: r["protocols"]["speaker10"]["scores"]["all"].update(turbo=1),
        lambda r: r["protocols"]["speaker10"]["scores"]["all"]["turbo"][
            "WA"
        ].update(value="x"),
        lambda r: r["protocols"]["speaker10"]["scores"]["all"]["turbo"][
            "WA"
        ].update(interval=3),
    ],
    ids=range(6),
)
def test_other_report_with_odd_values(runs, tmp_path, change):
    write_report(runs, n_resamples=20)
    found = json.loads((runs / "report.json").read_text())
    change(found)
    (tmp_path / "report.json").write_text(json.dumps(found))
    with pytest.raises(InputError, match="report.json: not a report of this"):
        write_report(runs, compare=tmp_path, n_resamples=20)


def test_metric_that_one_seed_does_not_have(tmp_path):
    """The EER of a set of one class is none, and its spread neither."""
    labels = ["non_directed", "directed"]
    both = rows("a x directed directed; b y non_directed directed")
    one = rows("a x directed directed; b y directed directed")
    for seed, tested in ((1, both), (2, one)):
        run = write_fold(tmp_path, "turbo", 1, tested, seed, labels=labels)
        run.rename(run.with_name(f"manifest_{seed}"))
    report = build_report(tmp_path, n_resamples=20)
    scores = report["protocols"]["speaker10"]["scores"]["all"]["turbo"]
    assert scores["EER"]["seed_sd"] is None
    assert scores["ACC"]["seed_sd"] is not None
