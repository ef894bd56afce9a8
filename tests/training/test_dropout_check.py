"""Whether encoders survive their dropout, and two views differ by it."""

import logging
import random
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from turbo_sb.losses import CrossModalLoss, JointLoss, TurboLoss
from turbo_sb.training.dropout_check import (
    check_dropout,
    distance,
    mean_cosine,
    spread,
)


class Encoder(torch.nn.Module):
    """The first `dim` samples or token ids, with dropout."""

    dim = 3

    def __init__(self, rate):
        super().__init__()
        self.dropout = torch.nn.Dropout(rate)

    def embed(self, inputs, lengths, n_views=1):
        rows = inputs[:, : self.dim].float().expand(n_views, -1, -1)
        return self.dropout(rows)


def dataset(n=5):
    generator = torch.Generator().manual_seed(3)
    return [
        {
            "id": str(row),
            "signal": 1 + torch.rand(4 + row % 2, generator=generator),
            "tokens": torch.tensor([row, 1, 2]),
        }
        for row in range(n)
    ]


@pytest.fixture
def brain(make_model):
    """With encoders of one's own, and nothing to resume from."""

    def make(rates=(0.2, 0.2), head=0.0, contrastive=TurboLoss, **settings):
        model = make_model(head, encode_chunk=None)
        for name, rate in zip(("audio", "text"), rates):
            model.encoders[name] = Encoder(rate)
            model.projections[name][0] = torch.nn.Linear(3, 16)
        loss = JointLoss(*((contrastive(), 0.5) if contrastive else (None, 1)))
        return SimpleNamespace(
            hparams=SimpleNamespace(seed=1, loss=loss),
            modules=SimpleNamespace(model=model),
            device=torch.device("cpu"),
            **{"checkpointer": None, "test_only": False, **settings},
        )

    return make


@pytest.fixture
def said(brain, caplog):
    """What a check logs."""

    def check(*args, n=5, same_tokens=False, **settings):
        caplog.clear()
        rows = dataset(n)
        if same_tokens:
            rows = [{**row, "tokens": rows[0]["tokens"]} for row in rows]
        with caplog.at_level(logging.INFO):
            check_dropout(brain(*args, **settings), rows, pad_id=0)
        return caplog.text

    return check


class TestDistance:
    def test_is_that_of_loops(self):
        """sqrt(mean ||train - eval||^2 / mean ||eval - mean eval||^2)."""
        torch.manual_seed(0)
        clean, noisy = torch.randn(4, 3), torch.randn(2, 4, 3)
        moved = apart = 0.0
        for row in range(4):
            for k in range(3):
                value = float(clean[row, k])
                for view in range(2):
                    moved += (float(noisy[view, row, k]) - value) ** 2 / 8
                centre = sum(float(clean[other, k]) for other in range(4)) / 4
                apart += (value - centre) ** 2 / 4
        assert distance(clean, noisy) == pytest.approx(
            (moved / apart) ** 0.5, rel=1e-12
        )

    def test_of_an_encoder_that_is_constant_is_infinite(self):
        assert distance(torch.ones(3, 2), torch.zeros(2, 3, 2)) == float("inf")


def test_mean_cosine_is_that_of_all_pairs():
    torch.manual_seed(0)
    rows = torch.randn(5, 3).double().tolist()
    found = []
    for i, a in enumerate(rows):
        for j, b in enumerate(rows):
            if i != j:
                norms = sum(x * x for x in a) * sum(x * x for x in b)
                found.append(sum(x * y for x, y in zip(a, b)) / norms**0.5)
    assert mean_cosine(torch.tensor(rows)) == pytest.approx(
        sum(found) / 20, rel=1e-12
    )


def test_utterances_are_spread_over_the_set():
    """A corpus is in the order of its speakers."""
    assert spread(3, 32) == [0, 1, 2]
    assert spread(100, 4) == [0, 25, 50, 75]


class TestWarnings:
    def test_an_encoder_that_dropout_destroys(self, said):
        """The signals differ by less than dropout takes away."""
        log = said((0.5, 0.0), 0.2)
        assert "audio encoder: dropout moves its embeddings by" in log
        assert (
            "Use a smaller --dropout" in log
            and "text encoder: dropo" not in log
        )

    def test_texts_that_are_all_the_same_are_no_fault_of_the_dropout(
        self, said
    ):
        log = said((0.0, 0.5), 0.2, same_tokens=True)
        assert "text encoder: 5 training utterances have the same" in log
        assert "inf standard" not in log and "Use a smaller" not in log
        assert "audio encoder: mean cosine" in log

    def test_equal_views_under_a_contrastive_loss(self, said):
        equal = "the two views of an utterance are equal"
        assert said((0.0, 0.0)).count(equal) == 2
        assert said((0.0, 0.2)).count(equal) == 1
        assert equal not in said((0.0, 0.0), 0.2)  # behind the projections
        assert equal not in said((0.0, 0.0), contrastive=None)
        assert equal not in said((0.0, 0.0), contrastive=CrossModalLoss)

    def test_mean_cosine_is_logged_of_each_encoder(self, said):
        log = said((0.0, 0.0), 0.2)
        assert "audio encoder: mean cosine of 5 training utterances 0.9" in log
        assert "text encoder: mean cosine of 5 training utterances 0." in log
        assert log.count("dropout moves them by 0.00") == 2
        assert "WARNING" not in log

    def test_a_training_that_resumes_or_only_tests_is_not_checked(self, said):
        saved = SimpleNamespace(list_checkpoints=lambda: ["one"])
        assert not said((0.0, 0.0), checkpointer=saved)
        assert not said((0.0, 0.0), test_only=True)
        assert not said((0.0, 0.0), n=1)
        empty = SimpleNamespace(list_checkpoints=list)
        assert said((0.0, 0.0), checkpointer=empty)


def test_draws_of_the_training_are_as_without_it(brain):
    """Of torch, NumPy and Python; and no weight has a gradient."""
    found = []
    for check in (False, True):
        torch.manual_seed(7)
        np.random.seed(7)
        random.seed(7)
        made = brain()
        if check:
            torch.manual_seed(7)
            check_dropout(brain(), dataset(), pad_id=0)
            torch.manual_seed(7)
            made = brain()
            check_dropout(made, dataset(), pad_id=0)
        assert made.modules.model.training
        assert all(p.grad is None for p in made.modules.model.parameters())
        found.append(
            (torch.rand(3).tolist(), np.random.rand(), random.random())
        )
    assert found[0] == found[1]
