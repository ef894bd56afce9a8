"""A batch arrives as it was, with and without shared memory."""

import functools
import logging
import pickle

import pytest
import torch
from speechbrain.dataio.batch import PaddedBatch
from torch.utils.data import DataLoader

from turbo_sb.data import batch_transport
from turbo_sb.data.batch_transport import Sent, pack

EXAMPLES = [
    {"id": name, "signal": torch.rand(n), "tokens": torch.arange(n)}
    for name, n in (("a", 5), ("b", 3), ("c", 40_000), ("d", 1))
]


def collate(examples):
    return PaddedBatch(examples)


def batches_of(workers):
    loader = DataLoader(
        EXAMPLES,
        batch_size=2,
        num_workers=workers,
        collate_fn=Sent(collate),
        multiprocessing_context="fork" if workers else None,
    )
    return list(loader)


def same(ours, others):
    return all(
        a.id == b.id
        and torch.equal(a.signal.data, b.signal.data)
        and torch.equal(a.signal.lengths, b.signal.lengths)
        and torch.equal(a.tokens.data, b.tokens.data)
        for a, b in zip(ours, others, strict=True)
    )


@pytest.mark.parametrize(
    "dtype", [torch.float32, torch.float16, torch.bfloat16, torch.int64]
)
def test_tensors_come_back(dtype):
    values = torch.arange(12).view(3, 4).to(dtype)
    found = pickle.loads(pack({"whole": values, "view": values.t()[1:]}))
    assert torch.equal(found["whole"], values)
    assert torch.equal(found["view"], values.t()[1:])
    assert found["whole"].dtype == dtype


def test_odd_tensors_come_back():
    values = [
        torch.zeros(0, 3),
        torch.tensor(5),
        torch.nn.Parameter(torch.ones(2)),
        torch.tensor([True, False]),
    ]
    found = pickle.loads(pack(values))
    for ours, theirs in zip(found, values):
        assert torch.equal(ours, theirs)
        assert (type(ours), ours.shape) == (type(theirs), theirs.shape)
        assert ours.requires_grad == theirs.requires_grad


def test_a_view_is_packed_without_what_it_is_a_view_of():
    assert len(pack(torch.zeros(1_000_000)[:2])) < 1000


def test_batches_are_those_without_processes():
    assert same(batches_of(2), batches_of(0))


@pytest.mark.parametrize("error", [RuntimeError, OSError])
def test_full_shared_memory_is_gone_round_and_said_once(
    error, monkeypatch, caplog
):
    """The large batch does not fit; torch alone would wait for ever."""
    share = torch.Tensor.share_memory_

    def full(tensor):
        if tensor.numel() > 1000:
            raise error(28, "No space left on device")
        return share(tensor)

    monkeypatch.setattr(torch.Tensor, "share_memory_", full)
    say = functools.cache(batch_transport._say_slow.__wrapped__)
    monkeypatch.setattr(batch_transport, "_say_slow", say)
    with caplog.at_level(logging.WARNING):
        assert same(batches_of(2), batches_of(0))
        batches_of(1)
    (said,) = [r.getMessage() for r in caplog.records]
    assert "--shm-size" in said
    assert "--num_workers" in said
