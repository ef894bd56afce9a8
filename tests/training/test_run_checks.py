"""A file of a run with an odd value is an error that names file and key."""

import json

import pytest

from turbo_sb.training.history import read_history
from turbo_sb.training.run_folder import find_runs
from turbo_sb.utils.errors import InputError

FACTS = {
    **{"labels": ["ang", "hap"], "protocol": "speaker10", "fold": 1, "seed": 1},
    **{"confusion": [[1, 0], [0, 1]], "WA": 1.0, "UA": 1, "alignment": None},
}


def run_of(folder, **facts):
    path = folder / "turbo" / "run" / "metrics.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**FACTS, **facts}))
    return path


def test_what_a_run_writes_is_taken(tmp_path):
    run_of(tmp_path, best_epoch=3, audio_only={"WA": 0.5}, texts=None)
    run_of(tmp_path, seed=None, on_sphere=False, modality_dropout=0.3)
    assert len(find_runs(tmp_path)) == 1


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *[("WA", x) for x in ("0.5", [1], True, {}, 10**400, float("inf"))],
        *[("alignment", x) for x in ("a", [], float("nan"))],
        *[("labels", x) for x in ("ang", [], [1, 2], ["a", "a"], {}, None)],
        *[("fold", x) for x in ("1", 1.5, None, -1, [1])],
        *[("seed", x) for x in ("1", [], True)],
        *[("protocol", x) for x in (1, None, ["a"])],
        *[("confusion", x) for x in ([], [[1]], [[1, 0], [0]], "x", None)],
        *[("confusion", x) for x in ([[1, 0], [0, "1"]], [[1, 0], [0, -1]])],
        *[("audio_only", x) for x in (0.5, {"WA": "1"}, None)],
        *[("best_epoch", x) for x in ("3", 1.5)],
        *[("texts", x) for x in (1, ["a"])],
        ("on_sphere", "yes"),
        ("shortcut_ACC", "0.5"),
        ("n_left_out", [3]),
    ],
    ids=str,
)
def test_metrics(tmp_path, key, value):
    path = run_of(tmp_path, **{key: value})
    with pytest.raises(InputError, match=f"{path}: {key}: "):
        find_runs(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        *('{"peak_memory_mb": "1"}', '{"peak_memory_of": 1}', "[]", "{", "1"),
        *('{"parameters": -1}', '{"trainable_parameters": [1]}', '{"a": 1} x'),
    ],
)
def test_cost(tmp_path, text):
    path = run_of(tmp_path).with_name("cost.json")
    path.write_text(text)
    (run,) = find_runs(tmp_path)
    with pytest.raises(InputError, match=f"{path}"):
        run.cost()


@pytest.mark.parametrize(
    "line",
    [
        *(
            "{",
            "[1]",
            "1",
            "null",
            '{"epoch": "1"}',
            '{"epoch": 0}',
            "[" * 9999,
        ),
        *('{"epoch": 1.5}', '{"epoch": 1000000000000}', '{"epoch": true}'),
        *('{"epoch": 1, "train": 3}', '{"epoch": 1, "valid": {"UA": "x"}}'),
        *('{"epoch": 1, "train": {"a": [1]}}', '{"epoch": 1{"epoch": 2}'),
        *("\x00", '{"epoch": 1, "train": {"a": 1e999}}', ""),
    ],
)
def test_history(tmp_path, line):
    good = '{"epoch": 1, "train": {"loss": 1.5, "b": null}}\n'
    (tmp_path / "history.jsonl").write_text(f"{good}{line}\n{good}")
    with pytest.raises(InputError, match="history.jsonl: line 2: "):
        read_history(tmp_path)
    (tmp_path / "history.jsonl").write_text(f"{good}{line or 'x'}")
    assert len(read_history(tmp_path)) == 1  # a line that nobody finished


def test_history_that_is_no_text(tmp_path):
    (tmp_path / "history.jsonl").write_bytes(b"\xff\xfe\n")
    with pytest.raises(InputError, match="history.jsonl: line 1: not JSON"):
        read_history(tmp_path)


@pytest.mark.parametrize(
    "entry", [1, None, ["x"], {"spk_id": 1}, {"text": ["x"]}, {"kind": {}}]
)
def test_manifest(tmp_path, entry):
    path = run_of(tmp_path).with_name("test.json")
    path.write_text(json.dumps({"a": entry}))
    (run,) = find_runs(tmp_path)
    with pytest.raises(InputError, match=f"{path}: a: "):
        run.manifest("test")


@pytest.mark.parametrize("value", ["nan", "inf", "", "0,5", "-1", "1.5"])
def test_probability_that_is_no_number(tmp_path, value):
    path = run_of(tmp_path).with_name("predictions.csv")
    text = f"ID,label,prediction,p_ang,p_hap\na,ang,hap,{value},0.75\n"
    path.write_text(text)
    (run,) = find_runs(tmp_path)
    with pytest.raises(InputError, match="predictions.csv: not what a run"):
        run.predictions()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"PK" * 500, b"\x80"])
def test_embeddings(tmp_path, content):
    path = run_of(tmp_path).with_name("embeddings.npz")
    path.write_bytes(content)
    (run,) = find_runs(tmp_path)
    with pytest.raises(InputError, match="embeddings.npz: cannot be read"):
        run.embeddings()
