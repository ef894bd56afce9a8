"""The command line is read, and what is train.py's is passed on."""

import shutil

import pytest

from turbo_sb.evaluation.cross_validation.options import parse, visible_gpus


def test_own_options_and_those_of_train():
    options = parse(
        [
            *("hparams/a.yaml", "b.yaml", "--data_folder=/x", "--seeds=3,1-2"),
            *("--protocol=speaker10,session5", "--jobs=2", "--lr=0.1"),
            *("--device=cpu", "--text_baseline"),
        ]
    )
    assert options.yamls == ["hparams/a.yaml", "b.yaml"]
    assert options.seeds == [3, 1, 2]
    assert options.folds is None
    assert options.protocols == ["speaker10", "session5"]
    assert options.jobs == 2
    assert options.text_baseline
    assert options.keep_checkpoints == "best"
    assert options.passed == ["--data_folder=/x", "--lr=0.1", "--device=cpu"]


def test_values_with_spaces_and_lists_are_passed_on():
    given = [
        "--data_folder=/my corpus",
        "--term_weights={in: 0.5, cross: 1}",
        "--text_csv_sets=[train, test]",
        "--precision=bf16",
    ]
    options = parse(["a.yaml", *given, "--jobs", "2", "--output_folder=my out"])
    assert options.yamls == ["a.yaml"]
    assert options.passed == given
    assert (options.jobs, options.output_folder) == (2, "my out")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["a.yaml", "--lr", "0.1"],
            "0.1: expected a YAML, or options as --key=value",
        ),
        (["a.yaml", "--folds=1-x"], "1-x: expected such as 1-3,7"),
        (["a.yaml", "--folds=3-1"], "3-1: nothing is in it"),
        (["a.yaml", "--jobs=0"], "0: expected 1 or more"),
        (["a.yaml", "--debug"], "--debug leaves no results"),
        (["a.yaml", "--fold=2"], "--fold=2: use --folds"),
        (["a.yaml", "--seed=2"], "--seed=2: use --seeds"),
        ([], "YAML"),
    ],
)
def test_bad_option_is_named(arguments, message, capsys):
    with pytest.raises(SystemExit):
        parse(arguments)
    assert message in capsys.readouterr().err


def test_a_job_for_each_gpu(monkeypatch, tmp_path):
    """As many as nvidia-smi lists, if there is one."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert visible_gpus([]) == []
    command = tmp_path / "nvidia-smi"
    lines = [f"GPU {k}: NVIDIA H200 (UUID: GPU-{k})" for k in range(3)]
    lines.insert(1, "  MIG 1g.18gb Device 0: (UUID: MIG-0)")
    command.write_text(
        f"#!{shutil.which('sh', path='/bin')}\n"
        + "".join(f"echo '{line}'\n" for line in lines)
    )
    command.chmod(0o755)
    assert visible_gpus([]) == ["0", "1", "2"]
    assert parse(["a.yaml"]).jobs == 3
    assert parse(["a.yaml", "--device=cpu"]).jobs == 1


@pytest.mark.parametrize(
    ("named", "gpus"), [("4,7", ["4", "7"]), ("", []), ("-1", [])]
)
def test_gpus_that_the_environment_names(monkeypatch, named, gpus):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    assert visible_gpus(["--lr=1"]) == gpus
