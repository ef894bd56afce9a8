"""Statistics of a training set, on one process or several."""

import random
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from turbo_sb.data import TrainAugment
from turbo_sb.data.dataset import collate_with
from turbo_sb.models.feature_norm import FeatureNorm
from turbo_sb.training import feature_statistics
from turbo_sb.training.feature_statistics import fit_norms
from turbo_sb.utils.errors import InputError


class Encoder(torch.nn.Module):
    """The first three samples or token ids, with dropout."""

    dim = 3

    def embed(self, inputs, lengths, n_views=1):
        rows = inputs[:, : self.dim].float().expand(n_views, -1, -1)
        return torch.nn.functional.dropout(rows, 0.5, self.training)


class Examples(list):
    """70 utterances: two whole batches and a rest."""

    def __init__(self, augment=None, n=70):
        draw = torch.Generator().manual_seed(3)
        signals = torch.randn(n, 4, generator=draw)
        ids = [f"u{row}" for row in range(n)]
        tokens = torch.arange(3 * n).reshape(n, 3) % 7
        super().__init__(zip(ids, signals, tokens))
        self.data_ids, self.augment = ids, augment

    def __getitem__(self, row):
        name, signal, tokens = super().__getitem__(row)
        if self.augment:
            signal = self.augment(signal, name)
        return {"id": name, "signal": signal, "tokens": tokens}


@pytest.fixture
def brain(make_model):
    """With encoders of one's own, and nothing to resume from."""

    def make(augment=None, saved=None, **settings):
        model = make_model(encode_chunk=None, feature_norm=True)
        for name in ("audio", "text"):
            model.encoders[name] = Encoder()
            model.norms[name] = FeatureNorm(3)
        augment = augment or TrainAugment()
        checkpointer = saved and SimpleNamespace(
            recover_if_possible=lambda: saved
        )
        return SimpleNamespace(
            hparams=SimpleNamespace(train_augment=augment),
            modules=SimpleNamespace(model=model),
            device=torch.device("cpu"),
            make_dataloader=lambda data, stage, ckpt_prefix, **kwargs: (
                torch.utils.data.DataLoader(data, **kwargs)
            ),
            **{
                **{"checkpointer": checkpointer, "test_only": False},
                **{"debug": False, "debug_batches": 1, "noprogressbar": True},
                **settings,
            },
        )

    return make


LOADING = {"collate_fn": collate_with(0), "sampler": [0], "batch_size": 9}


def fitted(brain):
    """What the audio is standardised by."""
    norm = brain.modules.model.norms["audio"]
    return norm.mean.tolist(), norm.std.tolist()


def by_loops(rows):
    """Mean and standard deviation of three features, in float64."""
    means = [sum(row[k] for row in rows) / len(rows) for k in range(3)]
    squares = [
        sum((row[k] - means[k]) ** 2 for row in rows) / len(rows)
        for k in range(3)
    ]
    return means, [square**0.5 for square in squares]


def test_are_those_of_all_utterances_without_dropout(brain):
    made, data = brain(), Examples()
    fit_norms(made, data, LOADING)
    rows = [data[k]["signal"].tolist() for k in range(70)]
    for found, expected in zip(fitted(made), by_loops(rows)):
        assert found == pytest.approx(expected, rel=1e-6)
    assert made.modules.model.training


def test_are_those_of_waveforms_without_augmentation(brain):
    plain, noisy = brain(), TrainAugment(noise_snr=0)
    fit_norms(plain, Examples(), LOADING)
    made = brain(noisy)
    fit_norms(made, Examples(noisy), LOADING)
    assert fitted(made) == fitted(plain)
    assert noisy.active


def test_several_processes_have_the_same(brain, monkeypatch):
    """Each its own batches, in the manifest's order."""
    alone = brain()
    fit_norms(alone, Examples(), LOADING)
    shares = []
    for number in range(2):
        monkeypatch.setenv("WORLD_SIZE", "2")
        monkeypatch.setenv("RANK", str(number))
        found = {}
        feature_statistics._embed_share(brain(), Examples(), LOADING, found)
        shares.append(found)
    assert [sorted(share) for share in shares] == [[0, 2], [1]]
    made = brain()
    feature_statistics._fit(
        made.modules.model, {**shares[1], **shares[0]}, Examples().data_ids
    )
    assert fitted(made) == fitted(alone)
    shares[0][0]["text"][4] = float("nan")
    with pytest.raises(InputError, match="text .* first that of u4[.]"):
        feature_statistics._fit(
            made.modules.model, {**shares[1], **shares[0]}, Examples().data_ids
        )


def test_a_training_that_resumes_or_tests_keeps_its_own(brain):
    for settings in ({"saved": "a checkpoint"}, {"test_only": True}):
        made = brain(**settings)
        fit_norms(made, Examples(), LOADING)
        assert fitted(made) == ([0, 0, 0], [1, 1, 1])


def test_a_trial_takes_a_few_batches(brain):
    made, some = brain(debug=True), brain()
    fit_norms(made, Examples(), LOADING)
    fit_norms(some, Examples(n=32), LOADING)
    assert fitted(made)[0] == pytest.approx(fitted(some)[0], rel=1e-6)


def test_an_embedding_that_is_nan_is_named(brain):
    data = Examples()
    list.__getitem__(data, 41)[1][0] = float("nan")
    with pytest.raises(InputError, match="of 1 of 70 .* first that of u41"):
        fit_norms(brain(), data, LOADING)


def test_an_encoder_that_is_constant_is_an_error(brain):
    data = Examples()
    for row in range(70):
        list.__getitem__(data, row)[1].fill_(2)
    with pytest.raises(InputError, match="audio_encoder_source: .* same embed"):
        fit_norms(brain(), data, LOADING)


def test_draws_of_the_training_are_as_without_it(brain):
    found = []
    for fit in (False, True):
        made = brain()
        torch.manual_seed(7)
        np.random.seed(7)
        random.seed(7)
        if fit:
            fit_norms(made, Examples(), LOADING)
        found.append(
            (torch.rand(3).tolist(), np.random.rand(), random.random())
        )
    assert found[0] == found[1]
