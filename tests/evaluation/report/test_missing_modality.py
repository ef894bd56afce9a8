"""Missing modalities in a report: three rows a method, checked as the first."""

import csv
import json
import statistics

import numpy as np
import pytest

from tests.evaluation.report.report_runs import (
    read,
    rows,
    share_right,
    write_fold,
)
from turbo_sb.evaluation.report import build_report, write_report
from turbo_sb.evaluation.report.missing_modality import missing
from turbo_sb.evaluation.report.pooled_predictions import gather
from turbo_sb.utils.errors import InputError

SPEAKERS = [f"s{k}" for k in range(6)]
TESTED = rows("a x ang ang; b x ang hap")
TRAINED = {"modality_dropout": 0.3}
ALONE = {"audio_only": ["hap", "hap"], "text_only": ["ang", "ang"]}


def table(seed, share, n=10):
    """n utterances a speaker, of which some are right."""
    rng = np.random.default_rng(seed)
    found = []
    for speaker in SPEAKERS:
        for k in range(n):
            label = ("ang", "hap")[k % 2]
            other = ("hap", "ang")[k % 2]
            guess = label if rng.random() < share else other
            found.append((f"{speaker}_{k}", speaker, label, guess))
    return found


def write(folder, method, seed, tables, **facts):
    """A fold a speaker; `tables` has both, audio_only and text_only."""
    for fold, speaker in enumerate(SPEAKERS, start=1):
        mine = {
            name: [row for row in found if row[1] == speaker]
            for name, found in tables.items()
        }
        both = mine.pop("both")
        alone = {k: [row[3] for row in found] for k, found in mine.items()}
        write_fold(folder, method, fold, both, seed, alone=alone, **facts)


@pytest.fixture
def two_methods(tmp_path):
    """Both lose without the text; turbo less."""
    shares = {"vanilla": (0.9, 0.5, 0.7), "turbo": (0.9, 0.75, 0.7)}
    tables = {}
    for method, rates in shares.items():
        for seed in (1, 2):
            drawn = [table(seed * 100 + int(100 * r), r) for r in rates]
            kinds = dict(zip(("both", "audio_only", "text_only"), drawn))
            rate = 0.3 if method == "turbo" else 0.0
            write(tmp_path, method, seed, kinds, modality_dropout=rate)
            tables[method, seed] = kinds
    return tmp_path, tables


def test_figures_are_those_of_loops(two_methods):
    folder, tables = two_methods
    report = build_report(folder, n_resamples=400)
    found = report["protocols"]["speaker10"]["missing"]
    for source in ("audio_only", "text_only"):
        for method in ("vanilla", "turbo"):
            mine = [tables[method, seed][source] for seed in (1, 2)]
            own = found["scores"][source][method]["WA"]
            pooled = [share_right(one) for one in mine]
            assert own["value"] == pytest.approx(np.mean(pooled))
            folds = [
                np.mean(
                    [share_right([r for r in t if r[1] == s]) for t in mine]
                )
                for s in SPEAKERS
            ]
            assert own["fold_mean"] == pytest.approx(np.mean(folds))
            assert own["fold_sd"] == pytest.approx(statistics.stdev(folds))
            rng = np.random.default_rng(0)  # the naive bootstrap, by speaker
            drawn = rng.choice(np.array(folds), size=(4000, len(SPEAKERS)))
            bounds = np.quantile(drawn.mean(axis=1), [0.025, 0.975])
            assert own["interval"] == pytest.approx(bounds, abs=0.02)
    difference = found["scores"]["audio_only"]["turbo"]["WA"]["difference"]
    values = [
        np.mean([share_right(tables[m, s]["audio_only"]) for s in (1, 2)])
        for m in ("vanilla", "turbo")
    ]
    assert difference == pytest.approx(values[1] - values[0])
    assert difference > 0.1


def test_three_rows_a_method(two_methods):
    folder, tables = two_methods
    text = write_report(folder, n_resamples=50)
    lines = text.split("### Missing modality")[1].split("####")[0]
    cells = [
        [cell.strip() for cell in line.strip("| ").split(" | ")]
        for line in lines.splitlines()
        if line.startswith("|")
    ]
    assert [row[:2] for row in cells[2:]] == [
        [method, source]
        for method in ("vanilla", "turbo")
        for source in ("both", "audio only", "text only")
    ]
    assert {row[-1] for row in cells[2:5]} == {"0: not trained for it"}
    assert {row[-1] for row in cells[5:]} == {"0.3"}
    both = np.mean([share_right(tables["turbo", s]["both"]) for s in (1, 2)])
    assert cells[5][2] == f"{both:.3f}"
    assert "#### Against vanilla, audio only" in text
    assert "Missing modality: the same checkpoints" in text


def test_files_have_the_rows(two_methods):
    folder, _ = two_methods
    write_report(folder, n_resamples=50)
    report = json.loads((folder / "report.json").read_text())
    found = report["protocols"]["speaker10"]["missing"]["scores"]
    with open(folder / "report.csv", newline="") as file:
        lines = [r for r in csv.DictReader(file) if r["source"] == "runs"]
    for source in ("audio_only", "text_only"):
        (row,) = [
            r
            for r in lines
            if (r["part"], r["method"], r["metric"]) == (source, "turbo", "UA")
        ]
        assert float(row["value"]) == found[source]["turbo"]["UA"]["value"]
        assert row["modality_dropout"] == "0.3"


def test_runs_of_older_versions_have_no_table(tmp_path):
    write_fold(tmp_path, "turbo", 1, TESTED)
    text = write_report(tmp_path, n_resamples=20)
    assert "issing modality" not in text
    report = build_report(tmp_path, n_resamples=20)
    assert report["protocols"]["speaker10"]["missing"] is None


def test_method_of_both_versions_is_left_out_and_named(tmp_path):
    write_fold(tmp_path, "vanilla", 1, TESTED)
    write_fold(tmp_path, "turbo", 1, TESTED, alone=ALONE, **TRAINED)
    write_fold(tmp_path, "other", 1, TESTED, alone=ALONE, **TRAINED)
    write_fold(tmp_path, "other", 1, TESTED, seed=2)
    text = write_report(tmp_path, n_resamples=20)
    lines = text.split("### Missing modality")[1].split("###")[0]
    assert "| turbo | audio only | 0.000" in lines
    assert "vanilla" not in lines and "| other" not in lines
    assert "Without other: some runs have no such predictions." in lines


def test_two_trainings_under_one_name_are_refused(tmp_path):
    write_fold(tmp_path, "turbo", 1, TESTED, alone=ALONE, **TRAINED)
    other = {**TRAINED, "placeholder": "learnt"}
    write_fold(tmp_path, "turbo", 1, TESTED, seed=2, alone=ALONE, **other)
    methods = gather(read(tmp_path))["speaker10"]
    with pytest.raises(InputError, match="turbo: its runs were .* different"):
        missing(methods, 20)


@pytest.mark.parametrize(
    ("placeholder", "said"),
    [("learnt", "0.3, learnt placeholder"), ("zeros", "0.3")],
)
def test_runs_of_before_placeholders_went_are_reported(
    tmp_path, placeholder, said
):
    old = {**TRAINED, "placeholder": placeholder}
    write_fold(tmp_path, "turbo", 1, TESTED, alone=ALONE, **old)
    if placeholder == "zeros":
        write_fold(tmp_path, "turbo", 1, TESTED, 2, alone=ALONE, **TRAINED)
    text = write_report(tmp_path, n_resamples=20)
    lines = text.split("### Missing modality")[1].split("###")[0]
    rows = [x for x in lines.splitlines() if x.startswith("| turbo")]
    assert {row.strip("| ").split(" | ")[-1].strip() for row in rows} == {said}


@pytest.mark.parametrize("name", ["audio_only", "text_only"])
class TestChecks:
    def test_metrics_that_the_predictions_do_not_give(self, tmp_path, name):
        run = write_fold(tmp_path, "turbo", 1, TESTED, alone=ALONE, **TRAINED)
        build_report(tmp_path, n_resamples=20)
        found = json.loads((run / "metrics.json").read_text())
        found[name]["WA"] = 0.75
        (run / "metrics.json").write_text(json.dumps(found))
        with pytest.raises(InputError, match=f"_{name}.csv has .* says 0.75"):
            build_report(tmp_path, n_resamples=20)

    def test_predictions_of_another_test_set(self, tmp_path, name):
        run = write_fold(tmp_path, "turbo", 1, TESTED, alone=ALONE, **TRAINED)
        path = run / f"predictions_{name}.csv"
        path.write_text("\n".join(path.read_text().splitlines()[:2]))
        with pytest.raises(InputError, match=f"b is in predictions_{name}.csv"):
            build_report(tmp_path, n_resamples=20)

    def test_file_that_is_gone(self, tmp_path, name):
        run = write_fold(tmp_path, "turbo", 1, TESTED, alone=ALONE, **TRAINED)
        (run / f"predictions_{name}.csv").unlink()
        with pytest.raises(InputError, match=f"predictions_{name}.csv: not"):
            build_report(tmp_path, n_resamples=20)
