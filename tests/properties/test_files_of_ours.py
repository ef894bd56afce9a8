"""What our own files say, changed by whoever: as it was written, or an error."""

import json

from hypothesis import given
from hypothesis import strategies as st

from tests.properties.doors import (
    JSON,
    REFUSED,
    TEXTS,
    saved,
    value_or_refusal,
)
from turbo_sb.inference.export_settings import FIELDS, PARTS, read_settings
from turbo_sb.inference.journal import Journal
from turbo_sb.inference.prediction import Prediction
from turbo_sb.inference.utterances import Utterance
from turbo_sb.training.history import curves, read_history
from turbo_sb.training.run_checks import METRICS
from turbo_sb.training.run_folder import find_runs, read_metrics
from turbo_sb.utils.checksums import find_damage, write_sums

EXPORT = {
    **{"format": 1, "version": "1", "labels": ["no", "yes"]},
    **{"sample_rate": 16000, "window_seconds": 30, "empty_text": "[UNK]"},
    "model": {"modalities": ["audio", "text"], "projection": True},
    **{"audio": {"layer_sum": False}, "text": {"pooling": "cls"}},
    **{"equalizer": None, "asr": None},
}
RUN = {
    **{"labels": ["ang", "hap"], "protocol": "speaker10", "fold": 1, "seed": 1},
    **{"confusion": [[1, 0], [0, 1]], "WA": 1.0, "UA": 1.0},
}
PLACES = [(key,) for key in FIELDS]
PLACES += [(part, key) for part, own in PARTS.items() for key in own]


@st.composite
def changed_bytes(draw, content):
    """A byte of it is another one, or its end is missing."""
    changed = bytearray(content)
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(content) - 1))
        changed[place] = draw(st.integers(0, 255))
    return bytes(changed[: draw(st.integers(0, len(content)) | st.none())])


@given(st.sampled_from(PLACES), JSON)
def test_settings_of_an_export(tmp_path, place, value):
    """Whatever a field holds, it is of its kind, or refused."""
    settings = json.loads(json.dumps(EXPORT))
    owner = settings
    for key in place[:-1]:
        owner = owner[key]
    owner[place[-1]] = value
    path = saved(tmp_path, "inference.yaml", json.dumps(settings))
    found = value_or_refusal(read_settings, path)
    if found is not REFUSED:
        assert all(isinstance(found[k], kinds) for k, kinds in FIELDS.items())
        assert len(set(found["labels"])) == len(found["labels"])


@given(st.binary(max_size=80) | TEXTS)
def test_any_settings(tmp_path, content):
    value_or_refusal(read_settings, saved(tmp_path, "inference.yaml", content))


@given(st.sampled_from(sorted(METRICS | RUN)), JSON)
def test_metrics(tmp_path, key, value):
    """A run's figures are numbers, its labels words, or it is refused."""
    path = saved(tmp_path, "metrics.json", json.dumps({**RUN, key: value}))
    found = value_or_refusal(read_metrics, path)
    if found is not REFUSED:
        assert all(isinstance(label, str) for label in found["labels"])
        assert isinstance(found["WA"], int | float | None)
    value_or_refusal(find_runs, tmp_path)


@given(
    st.lists(JSON.map(json.dumps) | TEXTS, max_size=4).map("\n".join),
    st.sampled_from(["", "\n"]),
)
def test_histories(tmp_path, text, end):
    """What is read can be drawn."""
    saved(tmp_path, "history.jsonl", text + end)
    found = value_or_refusal(read_history, tmp_path)
    if found is not REFUSED:
        for curve in curves(found).values():
            assert all(isinstance(value, int | float) for value in curve)


@given(st.data())
def test_journals(tmp_path, data):
    """Only what was written comes back."""
    given = [
        (Utterance(f"u{k}", text="so"), Prediction(f"u{k}", "no", k / 10))
        for k in range(3)
    ]
    out = tmp_path / "out.csv"
    Journal(out, "model").path.unlink(missing_ok=True)  # of another example
    with Journal(out, "model") as journal:
        for utterance, prediction in given:
            journal.add(utterance, prediction)
    path = journal.path
    path.write_bytes(data.draw(changed_bytes(path.read_bytes())))
    with Journal(out, "model") as journal:
        found = journal.done([utterance for utterance, _ in given])
    written = {utterance.name: prediction for utterance, prediction in given}
    assert all(found[name] == written[name] for name in found)


@given(st.data())
def test_sums(tmp_path, data):
    """A changed byte of a file is found, and so is a line that is gone."""
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(name.encode() * 9)
    (tmp_path / "SHA256SUMS").unlink(missing_ok=True)
    write_sums(tmp_path)
    assert find_damage(tmp_path) is None
    name = data.draw(st.sampled_from(["a", "b", "SHA256SUMS"]))
    before = (tmp_path / name).read_bytes()
    after = data.draw(changed_bytes(before))
    (tmp_path / name).write_bytes(after)
    damage = find_damage(tmp_path)
    if name != "SHA256SUMS":
        assert (damage is None) == (after == before)
    elif sorted(after.split(b"\n")) != sorted(before.split(b"\n")):
        assert damage is not None or after == before[:-1]
