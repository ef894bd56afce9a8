"""The demo's figure shows every corpus, with its ceilings."""

import matplotlib.figure
import pytest

from turbo_sb.demo.figure import COLOURS, draw

pytestmark = pytest.mark.slow

CEILINGS = {"chance": 0.25, "audio": 0.8, "text": 0.75, "both": 1.0}
GEOMETRY = {"alignment": 1.5, "uniformity_audio": -2.0}
EMOTION = {"WA": 0.5, "n": 100, **GEOMETRY}
DIRECTED = {"ACC": 0.9, "n": 60, "shortcut_ACC": 0.54, **GEOMETRY}


@pytest.fixture
def drawn(tmp_path, monkeypatch):
    """Draw, and return (axes, folder) of the figure that was saved."""
    saved = []
    save = matplotlib.figure.Figure.savefig

    def keep(figure, *arguments, **options):
        saved.append(figure)
        return save(figure, *arguments, **options)

    monkeypatch.setattr(matplotlib.figure.Figure, "savefig", keep)
    corpora = {
        "redundant": (CEILINGS, dict.fromkeys(COLOURS, EMOTION)),
        "directed": (CEILINGS, dict.fromkeys(COLOURS, DIRECTED)),
    }
    draw(tmp_path / "summary", corpora)
    return saved[0].axes, tmp_path


def test_png_and_pdf(drawn):
    _, folder = drawn
    assert (folder / "summary.png").read_bytes()[:4] == b"\x89PNG"
    assert (folder / "summary.pdf").read_bytes()[:4] == b"%PDF"


def test_a_bar_a_run_at_its_own_measure(drawn):
    (bars, points), _ = drawn
    heights = [bar.get_height() for bar in bars.patches]
    assert heights == [0.5] * 3 + [0.9] * 3
    names = [tick.get_text() for tick in bars.get_xticklabels()]
    assert names == ["redundant\nWA, n = 100", "directed\nACC, n = 60"]
    assert len(points.collections) == 6


def test_ceilings_of_each_and_the_shortcut_where_there_is_one(drawn):
    (bars, _), _ = drawn
    lines = [
        segment[0][1]
        for collection in bars.collections
        for segment in collection.get_segments()
        if segment[0][1] == segment[1][1]
    ]
    # Error bars are upright, so these are the ceilings, corpus by corpus.
    assert lines == [1.0, 0.8, 0.75, 0.25, 1.0, 0.8, 0.75, 0.25, 0.54]


def test_the_legend_names_methods_and_corpora(drawn):
    (_, points), _ = drawn
    legend = {t.get_text() for t in points.get_legend().get_texts()}
    assert legend == {*COLOURS, "redundant", "directed"}
    low, high = points.get_ylim()
    assert low < 1.5 < high
