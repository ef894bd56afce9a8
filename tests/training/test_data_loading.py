"""How a run reads its sets; tests/recipes runs it."""

import pytest

from turbo_sb.training.data_loading import global_batch_size
from turbo_sb.utils.errors import InputError


@pytest.mark.parametrize(
    ("per_process", "expected"), [(None, 64), (16, 48), (1, 3)]
)
def test_batch_is_of_all_processes(per_process, expected, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "3")
    assert global_batch_size(64, per_process) == expected


@pytest.mark.parametrize("given", [0, -1, 2.5, "abc", True])
def test_batch_of_a_process_is_a_whole_number(given):
    with pytest.raises(InputError, match="batch_size_per_process: .*from 1"):
        global_batch_size(64, given)
