"""All runs are run once, whatever happens, and the report is of them."""

import json
import math
import re
import signal
import time
from pathlib import Path

import pytest

from tests import forks
from tests.evaluation.cross_validation.recipe import lay_out
from turbo_sb.evaluation import jobs
from turbo_sb.evaluation.cross_validation import command, main
from turbo_sb.evaluation.cross_validation.plan import keep_checkpoints
from turbo_sb.evaluation.figures import draw_all
from turbo_sb.training.checkpoints import AtomicCheckpointer, earliest_best
from turbo_sb.utils.errors import InputError

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
ANALYZE = draw_all.analyze


@pytest.fixture(autouse=True)
def look_often(monkeypatch):
    """The trainings here take no time."""
    monkeypatch.setattr(jobs, "PAUSE", 0.01)
    # Drawing takes seconds; one test does it.
    monkeypatch.setattr(draw_all, "analyze", lambda *_: None)


def call(folder, *given, names=("vanilla", "turbo"), code=0, **options):
    """Run main on a made-up recipe, and return what was started so far."""
    recipe, yamls = lay_out(folder, names, **options)
    arguments = [*yamls, f"--data_folder={folder}", "--device=cpu"]
    arguments += [f"--output_folder={folder / 'out'}", "--seeds=1,2", *given]
    with pytest.raises(SystemExit) as ended:
        main(arguments, recipe)
    assert ended.value.code == code
    return started(folder)


def started(folder):
    try:
        return (folder / "started.txt").read_text().split()
    except FileNotFoundError:
        return []


def test_every_method_fold_and_seed_is_run_once(tmp_path, capsys):
    runs = call(tmp_path, "--jobs=2")
    expected = {
        f"{method}/speaker10_fold{fold}_seed{seed}"
        for method in ("vanilla", "turbo")
        for fold in (1, 2, 3, 4)
        for seed in (1, 2)
    }
    assert set(runs) == expected and len(runs) == 16
    for name in runs:
        skipped = (tmp_path / "out" / name / "skipped.csv").read_text()
        assert skipped == "line,ID,problem\n7,s9_fru,label fru\n"
    for file in ("report.md", "report.json", "report.csv", "report.tex"):
        assert (tmp_path / "out" / file).is_file()
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    found = report["protocols"]["speaker10"]
    assert found["reference"] == "vanilla"
    assert found["scores"]["all"]["turbo"]["WA"]["value"] == 1
    assert found["methods"]["turbo"]["n_tested"] == 8
    split = (tmp_path / "out" / "splits" / "speaker10.csv").read_text()
    assert split.splitlines()[:2] == [
        "ID,fold1,fold2,fold3,fold4",
        "s1_ang,test,train,train,valid",
    ]
    assert "16 runs, 0 of them finished before" in capsys.readouterr().out


def test_figures_are_drawn_and_shown(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(draw_all, "analyze", ANALYZE)
    call(tmp_path, "--folds=1,2")
    out = tmp_path / "out"
    assert (out / "figures" / "confusion.pdf").is_file()
    text = (out / "report.md").read_text()
    assert "![confusion](figures/confusion.png)\n\nConfusion of" in text
    assert "folds 1, 2; seeds 1, 2" in text
    *_, scores, files, following = capsys.readouterr().out.splitlines()
    assert scores == "speaker10 turbo: WA 1.000, UA 1.000"
    assert files.startswith("report.md, ") and files.endswith(f"in {out}")
    assert following.startswith("Next: turbo-sb export ")


def test_figures_that_cannot_be_drawn_do_not_cost_the_report(
    tmp_path, monkeypatch
):
    def fail(*_):
        raise InputError("embeddings.npz: cannot be read")

    monkeypatch.setattr(draw_all, "analyze", fail)
    call(tmp_path, "--folds=1")
    text = (tmp_path / "out" / "report.md").read_text()
    assert "Not drawn: embeddings.npz: cannot be read" in text


def test_finished_runs_are_not_run_again(tmp_path, capsys):
    first = call(tmp_path)
    assert call(tmp_path) == first
    assert "16 runs, 16 of them finished before" in capsys.readouterr().out


def test_more_seeds_add_to_what_is_there(tmp_path):
    first = call(tmp_path, "--folds=1,2")
    second = call(tmp_path, "--folds=1-2", "--seeds=1,2,3")[len(first) :]
    assert sorted(second) == [
        f"{method}/speaker10_fold{fold}_seed3"
        for method in ("turbo", "vanilla")
        for fold in (1, 2)
    ]


def test_several_protocols_are_reported_apart(tmp_path):
    runs = call(tmp_path, "--protocol=speaker10,random10", "--folds=1,2")
    assert len(runs) == 16
    assert "turbo/random10_fold2_seed1" in runs
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert list(report["protocols"]) == ["random10", "speaker10"]
    for protocol in ("speaker10", "random10"):
        assert (tmp_path / "out" / "splits" / f"{protocol}.csv").is_file()


def test_failed_run_does_not_lose_the_others(tmp_path, capsys):
    (tmp_path / "broken").write_text("fold2_seed1")
    first = call(tmp_path, code=1)
    assert len(first) == 16
    out = capsys.readouterr().out
    assert "2 runs failed; the same command runs them again" in out
    name = "turbo speaker10 fold 2 seed 1"
    log = tmp_path / "out" / "turbo" / "speaker10_fold2_seed1.log"
    assert f"{name}: no luck\n  ({log})" in out
    report = (tmp_path / "out" / "report.md").read_text()
    assert "turbo: folds not finished (fold of seed): 2 of 1" in report
    (tmp_path / "broken").unlink()
    assert sorted(call(tmp_path)[16:]) == [
        f"{method}/speaker10_fold2_seed1" for method in ("turbo", "vanilla")
    ]
    report = (tmp_path / "out" / "report.md").read_text()
    assert "not finished" not in report


def test_no_run_that_works(tmp_path, capsys):
    (tmp_path / "broken").write_text("fold")
    recipe, yamls = lay_out(tmp_path)
    given = [f"--data_folder={tmp_path}", f"--output_folder={tmp_path / 'out'}"]
    with pytest.raises(InputError, match="no finished run"):
        main([*yamls, *given], recipe)
    assert "8 runs failed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--lr=0.2"], "holds a training with lr: 0.1, not 0.2"),
        (["--number_of_epochs=9"], "with number_of_epochs: 3, not 9"),
        (["--lrr=0.2"], "has no key lrr. Did you mean --lr"),
        (["--lr=fast"], "--lr=fast: expected a number"),
        (["--compare=nowhere"], "nowhere/report.json: cannot be read"),
        (["--folds=5"], "no fold 5 in speaker10; it has 1, 2, 3, 4"),
    ],
)
def test_setting_that_does_not_fit_starts_nothing(tmp_path, given, message):
    runs = call(tmp_path, "--folds=1")
    recipe, yamls = lay_out(tmp_path)
    keys = [f"--data_folder={tmp_path}", f"--output_folder={tmp_path / 'out'}"]
    with pytest.raises(InputError, match=re.escape(message)):
        main([*yamls, *keys, *given], recipe)
    assert started(tmp_path) == runs


def test_finished_run_without_checkpoints_keeps_its_settings(tmp_path):
    runs = call(tmp_path, "--folds=1", "--keep_checkpoints=none")
    recipe, yamls = lay_out(tmp_path)
    keys = [f"--data_folder={tmp_path}", f"--output_folder={tmp_path / 'out'}"]
    with pytest.raises(InputError, match="with lr: 0.1, not 0.2"):
        main([*yamls, *keys, "--lr=0.2"], recipe)
    assert started(tmp_path) == runs


def test_interrupted_run_whose_sets_have_changed_starts_nothing(tmp_path):
    runs = call(tmp_path, "--folds=1,2")
    run = tmp_path / "out" / "turbo" / "speaker10_fold2_seed1"
    (run / "metrics.json").unlink()
    text = (run / "train.json").read_text().replace('"ang"', '"hap"', 1)
    (run / "train.json").write_text(text)
    recipe, yamls = lay_out(tmp_path)
    keys = [f"--data_folder={tmp_path}", f"--output_folder={tmp_path / 'out'}"]
    with pytest.raises(InputError, match="fold2_seed1/train.json would change"):
        main([*yamls, *keys, "--folds=1-3"], recipe)
    assert started(tmp_path) == runs


def test_yaml_that_shares_a_save_folder_is_refused(tmp_path):
    """Fold 2 would go on from fold 1's checkpoint, and test on its data."""
    recipe, yamls = lay_out(tmp_path)
    text = Path(yamls[0]).read_text() + (
        "checkpointer: !new:turbo_sb.training.AtomicCheckpointer\n"
        "    checkpoints_dir: !ref <data_folder>/save\n"
    )
    Path(yamls[0]).write_text(text)
    keys = [f"--data_folder={tmp_path}", f"--output_folder={tmp_path / 'out'}"]
    with pytest.raises(
        InputError, match="checkpoints_dir: .* not in the run's"
    ):
        main([*yamls, *keys], recipe)
    assert not started(tmp_path)


def test_key_that_follows_the_seed_is_resolved_for_each_run(tmp_path):
    recipe, yamls = lay_out(tmp_path, names=["turbo"])
    text = Path(yamls[0]).read_text().replace("lr: 0.1", "lr: !ref <seed>")
    Path(yamls[0]).write_text(text)
    keys = [f"--data_folder={tmp_path}", f"--output_folder={tmp_path / 'out'}"]
    keys += ["--seeds=1,2", "--folds=1"]
    for _ in range(2):
        with pytest.raises(SystemExit) as ended:
            main([*yamls, *keys], recipe)
        assert ended.value.code == 0
        # As train.py writes it.
        for seed in (1, 2):
            run = tmp_path / "out" / "turbo" / f"speaker10_fold1_seed{seed}"
            saved = (run / "hyperparams.yaml").read_text()
            saved = re.sub(r"lr: .*", f"lr: {seed}", saved)
            (run / "hyperparams.yaml").write_text(saved)
    assert len(started(tmp_path)) == 2


def test_yamls_that_cut_differently_are_refused(tmp_path):
    recipe, yamls = lay_out(tmp_path)
    small, whole = (lay_out(tmp_path, n_speakers=n)[0] for n in (3, 4))

    def prepare_folds(data_folder, protocol="speaker10", lr=0.1):
        own = small if lr == 0.5 else whole
        return own.prepare_folds(data_folder)

    recipe.prepare_folds = prepare_folds
    text = Path(yamls[1]).read_text().replace("lr: 0.1", "lr: 0.5")
    Path(yamls[1]).write_text(text)
    keys = [f"--data_folder={tmp_path}", f"--output_folder={tmp_path / 'out'}"]
    with pytest.raises(InputError, match="speaker10 is cut in two ways"):
        main([*yamls, *keys], recipe)


def test_fold_that_is_impossible_does_not_stop_those_wanted(tmp_path):
    recipe, yamls = lay_out(tmp_path)
    whole = recipe.prepare_folds

    def prepare_folds(data_folder, protocol="speaker10", folds=None):
        if folds is None:
            raise InputError("fold=3 cannot be had")
        found, notes = whole(data_folder)
        return {fold: found[fold] for fold in folds}, notes

    recipe.prepare_folds = prepare_folds
    keys = [f"--data_folder={tmp_path}", f"--output_folder={tmp_path / 'out'}"]
    with pytest.raises(InputError, match="fold=3 cannot be had"):
        main([*yamls, *keys], recipe)
    with pytest.raises(SystemExit) as ended:
        main([*yamls, *keys, "--folds=1,2"], recipe)
    assert ended.value.code == 0
    assert len(started(tmp_path)) == 4


def test_report_of_another_task_is_refused_before_anything_starts(tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    report = {"metrics": ["ACC", "EER"], "protocols": {}}
    (other / "report.json").write_text(json.dumps(report))
    recipe, yamls = lay_out(tmp_path)
    keys = [f"--data_folder={tmp_path}", f"--output_folder={tmp_path / 'out'}"]
    with pytest.raises(InputError, match="other reports ACC and EER"):
        main([*yamls, *keys, f"--compare={other}"], recipe)
    assert not started(tmp_path)


def test_whole_message_of_a_failed_run_is_named(tmp_path, capsys):
    recipe, yamls = lay_out(tmp_path, names=["turbo"])
    script = tmp_path / "train.py"
    words = "print('before'); print('error: the cause,')\nprint('what to do')"
    stop = (
        f"if keys['fold'] == '2':\n    exec({words!r})\n    raise SystemExit(2)"
    )
    text = script.read_text().replace(
        'mode = keys.get("mode"', f'{stop}\nmode = keys.get("mode"'
    )
    script.write_text(text)
    keys = [f"--data_folder={tmp_path}", f"--output_folder={tmp_path / 'out'}"]
    with pytest.raises(SystemExit) as ended:
        main([*yamls, *keys], recipe)
    assert ended.value.code == 1
    out = capsys.readouterr().out
    assert "turbo speaker10 fold 2 seed 1: the cause,\nwhat to do\n" in out


def test_corpus_that_has_changed_starts_nothing(tmp_path):
    runs = call(tmp_path, "--folds=1")
    recipe, yamls = lay_out(tmp_path, n_speakers=3)
    keys = [f"--data_folder={tmp_path}", f"--output_folder={tmp_path / 'out'}"]
    split = (tmp_path / "out" / "splits" / "speaker10.csv").read_bytes()
    with pytest.raises(InputError, match="train.json would change"):
        main([*yamls, *keys], recipe)
    assert started(tmp_path) == runs
    now = (tmp_path / "out" / "splits" / "speaker10.csv").read_bytes()
    assert now == split


def test_two_yamls_of_one_name_are_refused(tmp_path):
    recipe, yamls = lay_out(tmp_path)
    (tmp_path / "other").mkdir()
    copy = tmp_path / "other" / "turbo.yaml"
    copy.write_bytes(Path(yamls[1]).read_bytes())
    with pytest.raises(InputError, match="two YAMLs of one name"):
        main([*yamls, str(copy), f"--data_folder={tmp_path}"], recipe)


def test_planted_leak_is_caught_by_the_report(tmp_path):
    """This train.py does not check its sets; the report does."""
    recipe, yamls = lay_out(tmp_path, planted=True)
    keys = [f"--data_folder={tmp_path}", f"--output_folder={tmp_path / 'out'}"]
    with pytest.raises(InputError, match="s1_ang is in both train and test"):
        main([*yamls, *keys], recipe)


@pytest.mark.parametrize(
    ("kept", "left"), [("best", ["CKPT+1"]), ("none", []), ("all", None)]
)
def test_checkpoints_that_are_kept(tmp_path, kept, left):
    """The first epoch's score is the best."""
    call(tmp_path, "--folds=1", f"--keep_checkpoints={kept}")
    saved = tmp_path / "out" / "turbo" / "speaker10_fold1_seed2" / "save"
    found = sorted(path.name for path in saved.iterdir())
    assert found == (["CKPT+1", "CKPT+2"] if left is None else left)


@pytest.mark.parametrize("scores", [(0.1, 0.9, 0.9), (0.5, math.nan, 0.2)])
def test_best_checkpoint_is_the_checkpointers(tmp_path, scores):
    """As training chose the one to test; of equal scores the earliest."""
    for epoch, score in enumerate(scores, start=1):
        meta = {"epoch": epoch, "score": score}
        AtomicCheckpointer(tmp_path).save_checkpoint(meta)
    found = AtomicCheckpointer(tmp_path).list_checkpoints()
    expected = max(found, key=earliest_best("score")).path
    (tmp_path / "CKPT+unfinished").mkdir()  # no checkpoint: stays
    keep_checkpoints(tmp_path, "best")
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {expected.name, "CKPT+unfinished"}


def test_checkpoints_of_runs_finished_before_are_tidied_too(tmp_path):
    call(tmp_path, "--folds=1", "--keep_checkpoints=all")
    call(tmp_path, "--folds=1", "--keep_checkpoints=none")
    saved = tmp_path / "out" / "turbo" / "speaker10_fold1_seed2" / "save"
    assert not list(saved.iterdir())


def test_text_baseline_is_on_the_same_folds(tmp_path):
    runs = call(tmp_path, "--text_baseline")
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    found = report["protocols"]["speaker10"]
    # The text is the label.
    assert found["scores"]["all"]["text_baseline"]["WA"]["value"] == 1
    assert found["methods"]["text_baseline"]["folds"] == [1, 2, 3, 4]
    assert found["methods"]["text_baseline"]["n_tested"] == 8
    assert call(tmp_path, "--text_baseline") == runs


SCRIPT = """
import sys
from pathlib import Path
from tests.evaluation.cross_validation.recipe import lay_out
from turbo_sb.evaluation.cross_validation import main
folder = Path(sys.argv[1])
recipe, yamls = lay_out(folder)
main([*yamls, f"--data_folder={folder}", f"--output_folder={folder / 'out'}",
      "--mode=slow", "--jobs=2"], recipe)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_killed_in_the_middle_it_goes_on(tmp_path, how):
    script = ["-c", SCRIPT, str(tmp_path)]
    process = forks.start(script)
    deadline = time.monotonic() + 60
    while len(started(tmp_path)) < 3:
        assert process.poll() is None, process.stdout.read()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(how)
    out, _ = process.communicate()
    codes = {signal.SIGKILL: -9, signal.SIGTERM: 75, signal.SIGINT: 130}
    assert process.returncode == codes[how], out
    done = {
        f"{path.parent.parent.name}/{path.parent.name}"
        for path in (tmp_path / "out").rglob("metrics.json")
    }
    before = started(tmp_path)
    assert 0 < len(done) < 8
    # What a SIGKILL leaves ends by itself.
    time.sleep(1 if how == signal.SIGKILL else 0)
    result = forks.run(script)
    assert result.returncode == 0, result.stdout
    after = started(tmp_path)[len(before) :]
    assert not done & set(after)
    assert len(done) + len(after) == 8


def test_folder_is_locked_while_jobs_run(tmp_path, monkeypatch):
    refused = []

    def note(*_, **__):
        with pytest.raises(InputError, match="another process works in it"):
            command.cross_validate(options, recipe)
        refused.append(True)

    monkeypatch.setattr(command, "run_jobs", note)
    recipe, yamls = lay_out(tmp_path)
    options = command.parse([*yamls, f"--data_folder={tmp_path}"])
    options.output_folder = str(tmp_path / "out")
    command.cross_validate(options, recipe)
    assert refused == [True]
