"""analyze.py: every file from a folder, or a message one can act on."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.evaluation.figures.run_folders import DETECTION, write_run
from turbo_sb.cli import main
from turbo_sb.evaluation.figures import analyze
from turbo_sb.evaluation.figures.draw_all import draw_protocols
from turbo_sb.utils.errors import InputError

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
NAMES = ("uniformity_alignment", "density", "confusion", "learning_curves")
FILES = [*(f"{n}.{kind}" for n in NAMES for kind in ("png", "pdf"))]


def test_every_file_is_written_and_named_in_print(tmp_path, capsys):
    for method in ("vanilla", "cross_modal", "turbo"):
        for fold in (1, 2):
            write_run(tmp_path, method, fold=fold)
    main(["figures", str(tmp_path)])
    expected = [tmp_path / "figures" / n for n in (*FILES, "captions.md")]
    *lines, last = capsys.readouterr().out.splitlines()
    assert lines == list(map(str, expected))
    assert last.startswith(f"Next: turbo-sb report {tmp_path}")
    names = {path.name for path in expected[0].parent.iterdir()}
    assert names == {path.name for path in expected} | {"runs.json"}
    captions = expected[-1].read_text()
    for name in NAMES:
        assert f"## {name}\n\n![{name}]({name}.png)\n\n" in captions
    assert captions.count("turbo 2; folds 1, 2; seed 1") == 3


def test_drawn_again_the_bytes_are_the_same(tmp_path):
    write_run(tmp_path, "vanilla")
    analyze(tmp_path)
    figures = tmp_path / "figures"
    before = {p.name: p.read_bytes() for p in figures.iterdir()}
    analyze(tmp_path)  # the figures are in the folder, and are no runs
    assert {p.name: p.read_bytes() for p in figures.iterdir()} == before


def test_several_protocols_each_have_their_folder(tmp_path, capsys):
    """Where the report looks for them."""
    for protocol in ("speaker10", "random10"):
        write_run(tmp_path, "m", protocol, n=10)
    main(["figures", str(tmp_path), "--protocol=random10"])
    assert not (tmp_path / "figures" / "speaker10").exists()
    main(["figures", str(tmp_path)])
    for protocol in ("speaker10", "random10"):
        captions = tmp_path / "figures" / protocol / "captions.md"
        assert f"protocol {protocol}" in captions.read_text()
    assert not (tmp_path / "figures" / "captions.md").exists()
    found = draw_protocols(tmp_path)  # as cross_validate.py does
    assert found == {} and not list(tmp_path.glob("figures/*.png"))


def test_the_options_reach_the_figures(tmp_path):
    for protocol in ("speaker10", "random10"):
        for fold in (1, 2):
            for seed in (1, 2):
                place = {"fold": fold, "seed": seed, "n": 10}
                write_run(tmp_path / "runs", "m", protocol, **place)
    place = tmp_path / "elsewhere"
    options = ["--protocol=random10", "--fold=2", "--seed=2"]
    main(
        [
            "figures",
            str(tmp_path / "runs"),
            f"--output_folder={place}",
            *options,
        ]
    )
    captions = (place / "captions.md").read_text()
    assert "Of one run a method: protocol random10, fold 2, seed 2" in captions
    assert "speaker10" not in captions
    assert not (tmp_path / "runs" / "figures").exists()


def test_several_protocols_are_refused_by_name(tmp_path):
    write_run(tmp_path, protocol="speaker10")
    write_run(tmp_path, protocol="random10")
    with pytest.raises(InputError, match="random10, speaker10"):
        analyze(tmp_path)
    assert not (tmp_path / "figures").exists()


def test_what_is_missing_is_named(tmp_path):
    run = write_run(tmp_path)
    (run / "embeddings.npz").unlink()
    with pytest.raises(InputError, match="embeddings.npz"):
        analyze(tmp_path)


def test_text_alone_leaves_two_figures_and_says_why(tmp_path, capsys):
    facts = {"alignment": None, "uniformity_audio": ...}
    run = write_run(tmp_path, "text_only", **facts)
    (run / "embeddings.npz").unlink()  # and nobody asks for it
    main(["figures", str(tmp_path)])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("uniformity_alignment: Not drawn: no run has")
    assert lines[1].startswith("density: Not drawn: no run has audio")
    assert len(list((tmp_path / "figures").iterdir())) == 6  # runs.json too
    captions = (tmp_path / "figures" / "captions.md").read_text()
    assert "## density\n\nNot drawn" in captions


def call(recipe, folder):
    """As a user does, in the recipe's own folder."""
    script = ROOT / "recipes" / recipe / "turbo" / "analyze.py"
    return subprocess.run(
        [sys.executable, script.name, str(folder)],
        cwd=script.parent,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_script_of_iemocap_speaks_plainly(tmp_path):
    result = call("IEMOCAP", tmp_path)
    assert result.returncode == 2
    assert result.stderr.startswith(f"error: {tmp_path}: no finished run")
    assert "Traceback" not in result.stderr


def test_the_script_of_dsd_draws_a_single_run(tmp_path):
    write_run(tmp_path, "m", "manifest", labels=DETECTION)
    result = call("DSD", tmp_path)
    assert result.returncode == 0, result.stderr
    assert len(result.stdout.splitlines()) == len(FILES) + 2
    assert result.stderr == ""
