"""The demo's table says what the runs' files say."""

import json

import pytest

from turbo_sb.demo.runs import Run
from turbo_sb.demo.summary import read_run, table, wilson_interval

HISTORY = "".join(
    json.dumps({"epoch": epoch, "train": {"seconds": seconds}}) + "\n"
    for epoch, seconds in enumerate((9.0, 2.0, 1.0), start=1)
)
CEILINGS = {"chance": 0.25, "audio": 0.8, "text": 0.75, "both": 1.0}


@pytest.fixture
def result(tmp_path):
    """Read back from the files of a finished run."""
    run = Run("turbo", "corpus", tmp_path / "run", {})
    run.folder.mkdir()
    metrics = {
        "WA": 0.5,
        "UA": 0.4,
        "n": 100,
        "best_epoch": 2,
        "alignment": 1.234,
        "uniformity_audio": -2.5,
        "uniformity_text": None,
    }
    (run.folder / "metrics.json").write_text(json.dumps(metrics))
    (run.folder / "history.jsonl").write_text(HISTORY)
    return read_run(run)


@pytest.fixture
def detection(tmp_path):
    """The same, of a detection: ten utterances, one on the wrong side."""
    run = Run("turbo", "directed", tmp_path / "run", {})
    run.folder.mkdir()
    metrics = {
        "ACC": 0.9,
        "EER": 0.2,
        "EER_interval": [None, None],
        "n": 10,
        "best_epoch": 2,
        "alignment": 1.5,
        "uniformity_audio": -2.0,
        "uniformity_text": -1.0,
        "shortcut_ACC": 0.55,
        "shortcut_EER": 0.47,
    }
    (run.folder / "metrics.json").write_text(json.dumps(metrics))
    (run.folder / "history.jsonl").write_text(HISTORY)
    lines = ["ID,label,prediction,p_non_directed,p_directed"]
    for i in range(10):
        label = "directed" if i < 5 else "non_directed"
        p = 0.3 if i == 4 else 0.9 - 0.06 * i  # 0.3 is between 0.42 and 0.36
        lines.append(f"u{i},{label},x,{1 - p},{p}")
    (run.folder / "predictions.csv").write_text("\n".join(lines) + "\n")
    return read_run(run)


def test_row_of_the_table(result):
    rows = table("complementary", CEILINGS, {"turbo": result}).splitlines()
    cells = [cell.strip() for cell in rows[-1].strip("|").split("|")]
    assert cells == [
        "turbo",
        "0.500",
        "0.404 to 0.596",
        "0.400",
        "1.23",
        "-2.50",
        "",
        "2 of 3",
        "2.0",
    ]
    assert any(
        row.startswith("| ceiling, words alone   | 0.750") for row in rows
    )
    assert len({len(row) for row in rows if row.startswith("|")}) == 1


def test_rows_of_a_detection(detection):
    rows = table("directed", CEILINGS, {"turbo": detection}).splitlines()
    shortcut, turbo = (
        [cell.strip() for cell in row.strip("|").split("|")]
        for row in rows[-2:]
    )
    assert shortcut[0] == "shortcut (signal features, linear)"
    assert shortcut[1:5] == ["0.550", "", "0.470", ""]
    low, high = detection["EER_by_utterance"]
    assert turbo == [
        "turbo",
        "0.900",
        "0.596 to 0.982",
        "0.200",
        f"{low:.3f} to {high:.3f}",
        "1.50",
        "-2.00",
        "-1.00",
        "2 of 3",
        "2.0",
    ]
    assert len({len(row) for row in rows if row.startswith("|")}) == 1


def test_interval_of_the_eer_is_by_utterance(detection):
    # By hand: without the fifth utterance nothing is on the wrong side; and
    # it is not drawn in (9 / 10) ** 10, a third, of the resamples.
    low, high = detection["EER_by_utterance"]
    assert low == 0 and 0.3 < high < 0.7


def test_a_shortcut_that_was_not_measured_has_no_row(detection):
    detection["shortcut_ACC"] = None
    assert "shortcut (" not in table("x", CEILINGS, {"turbo": detection})


def test_wilson_interval_as_published():
    """Newcombe 1998, table I: 81 of 263."""
    assert wilson_interval(81 / 263, 263) == pytest.approx(
        (0.2553, 0.3662), abs=1e-4
    )
    assert wilson_interval(1.0, 20)[1] == 1.0
