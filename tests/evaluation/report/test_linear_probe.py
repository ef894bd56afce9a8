"""Methods beside their linear probes, whose predictions are chosen."""

import pytest

from tests.evaluation.report.report_runs import rows, write_fold
from turbo_sb.evaluation.report import build_report, write_report

TESTED = rows("a x ang ang; b x ang ang; c y hap ang; d y hap hap")
PROBES = {
    "probe_audio": ["ang", "ang", "hap", "hap"],  # all right
    "probe_both": ["hap", "hap", "ang", "hap"],  # a quarter
}


def part_of(folder):
    return build_report(folder, n_resamples=20)["protocols"]["speaker10"]


@pytest.fixture
def folder(tmp_path):
    facts = {"alone": PROBES, "probe": "audio"}
    write_fold(tmp_path, "turbo", 1, TESTED, **facts)
    return tmp_path


def test_scores_and_differences(folder):
    found = part_of(folder)["probe"]["turbo"]
    assert found["chosen"] == "probe_audio"
    values = {k: v["WA"]["value"] for k, v in found["scores"].items()}
    expected = {"probe_audio": 1.0, "probe_both": 0.25, "trained": 0.75}
    assert values == expected
    assert found["scores"]["trained"]["WA"]["difference"] == -0.25
    low, high = found["scores"]["trained"]["WA"]["difference_interval"]
    assert (low, high) == (-0.5, 0.0)  # speaker y twice, or x twice
    assert found["lost"] == ["WA", "UA"]


def test_who_loses_is_told(folder):
    text = write_report(folder, n_resamples=20)
    assert "turbo loses to a linear probe on its frozen encoders in WA" in text
    assert "### Linear probe on the frozen encoders" in text
    assert ",probe_both,WA,0.25," in (folder / "report.csv").read_text()


def test_who_wins_is_not(tmp_path):
    facts = {"alone": PROBES, "probe": "both"}
    write_fold(tmp_path, "turbo", 1, TESTED, **facts)
    assert part_of(tmp_path)["probe"]["turbo"]["lost"] == []
    assert "loses" not in write_report(tmp_path, n_resamples=20)


def test_runs_without_one_are_reported_as_ever(tmp_path):
    write_fold(tmp_path, "turbo", 1, TESTED)
    assert part_of(tmp_path)["probe"] == {}
    assert "Linear probe" not in write_report(tmp_path, n_resamples=20)
