"""Readers of JSON: checked values, or an InputError."""

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
from turbo_sb.data.manifest import load_manifest, read_manifest
from turbo_sb.inference.utterances import read_utterances

FIELDS = st.sampled_from(
    ["wav", "text", "duration", "label", "spk_id", "start", "stop", "emo"]
)
MANIFESTS = st.dictionaries(TEXTS, st.dictionaries(FIELDS, JSON) | JSON)
NUMBERS = (int, float, type(None))


def written(folder, content):
    return saved(folder, "test.json", json.dumps(content))


@given(JSON | MANIFESTS)
def test_a_manifest_to_train_on(tmp_path, content):
    """Every field that is asked for has its kind."""
    path = written(tmp_path, content)
    value_or_refusal(read_manifest, path)
    found = value_or_refusal(load_manifest, path)
    if found is not REFUSED:
        for entry in found.values():
            assert isinstance(entry["wav"], str) and entry["wav"].strip()
            assert isinstance(entry["text"], str) and entry["duration"] > 0


@given(JSON | MANIFESTS)
def test_a_manifest_to_predict(tmp_path, content):
    """Texts are strings, times are numbers."""
    found = value_or_refusal(read_utterances, written(tmp_path, content))
    if found is not REFUSED:
        for one in found:
            assert isinstance(one.wav, str | None)
            assert isinstance(one.text, str | None)
            assert isinstance(one.start, NUMBERS)
            assert isinstance(one.stop, NUMBERS)


@given(st.binary(max_size=60) | TEXTS)
def test_any_file(tmp_path, content):
    """Bytes that are not JSON."""
    path = saved(tmp_path, "test.json", content)
    value_or_refusal(load_manifest, path)
    value_or_refusal(read_utterances, path)
