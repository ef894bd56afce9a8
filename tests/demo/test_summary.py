"""The demo's table says what the runs' files say."""

import json
from pathlib import Path

import pytest

from turbo_sb.demo.runs import Run
from turbo_sb.demo.summary import draw, read_run, table, wilson_interval

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
    log = "\n".join(f"epoch: 1 - train seconds: {s}" for s in (9.0, 2.0, 1.0))
    (run.folder / "train_log.txt").write_text(log)
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


def test_wilson_interval_as_published():
    """Newcombe 1998, table I: 81 of 263."""
    assert wilson_interval(81 / 263, 263) == pytest.approx(
        (0.2553, 0.3662), abs=1e-4
    )
    assert wilson_interval(1.0, 20)[1] == 1.0


def test_figure_is_drawn_twice(result, tmp_path):
    corpora = {"complementary": (CEILINGS, {"turbo": result})}
    draw(Path(tmp_path) / "summary", corpora)
    assert (tmp_path / "summary.png").read_bytes()[:4] == b"\x89PNG"
    assert (tmp_path / "summary.pdf").read_bytes()[:4] == b"%PDF"
