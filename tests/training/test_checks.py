"""Settings that would train on nothing, or learn nothing."""

import logging
from types import SimpleNamespace

import pytest
import torch

from turbo_sb.losses import TurboLoss
from turbo_sb.training.checks import check_run
from turbo_sb.utils.distributed import world_size
from turbo_sb.utils.errors import InputError


class TestCheckRun:
    @staticmethod
    def brain(
        contrastive=True,
        max_grad_norm=5.0,
        modalities=("audio", "text"),
        n_views=2,
        grad_accumulation_factor=1,
        lambda_ce=0.5,
        model=None,
    ):
        loss = SimpleNamespace(
            contrastive=TurboLoss() if contrastive else None,
            n_views=n_views,
            lambda_ce=lambda_ce,
        )
        brain = SimpleNamespace(
            hparams=SimpleNamespace(loss=loss, model=model),
            max_grad_norm=max_grad_norm,
            grad_accumulation_factor=grad_accumulation_factor,
        )
        return brain, list(modalities)

    def test_a_sound_run_passes(self):
        check_run(*self.brain(), 4, 4)
        check_run(*self.brain(contrastive=False), 1, batch_size=1)

    def test_a_batch_without_negatives(self):
        with pytest.raises(InputError, match="batch_size: 1.*negatives"):
            check_run(*self.brain(), 10, batch_size=1)

    def test_one_pass_of_one_modality_has_nothing_to_contrast(self):
        with pytest.raises(InputError, match=r"modalities: \['text'\]"):
            check_run(*self.brain(modalities=["text"], n_views=1), 4, 4)
        check_run(*self.brain(modalities=["text"]), 4, 4)  # turbo.yaml
        alone = {"modalities": ["text"], "n_views": 1, "contrastive": False}
        check_run(*self.brain(**alone), 4, 4)

    def test_nothing_that_the_loss_trains(self):
        """A classifier gets no gradient of a contrastive loss."""
        frozen = torch.nn.Linear(1, 1).requires_grad_(False)
        model = SimpleNamespace(
            encoders=torch.nn.ModuleDict({"audio": frozen}),
            projections=torch.nn.ModuleDict(),
        )
        check_run(*self.brain(model=model), 4, 4)
        with pytest.raises(InputError, match="all leaves nothing to train"):
            check_run(*self.brain(model=model, lambda_ce=0), 4, 4)
        model.projections["audio"] = torch.nn.Linear(1, 1)
        check_run(*self.brain(model=model, lambda_ce=0), 4, 4)

    def test_a_batch_larger_than_the_training_set(self):
        with pytest.raises(InputError, match="batch_size: 4.* 3 training"):
            check_run(*self.brain(), 3, 4)

    def test_a_batch_larger_than_a_processs_share(self, monkeypatch):
        monkeypatch.setenv("WORLD_SIZE", "2")
        assert world_size() == 2
        check_run(*self.brain(), 4, batch_size=2)
        with pytest.raises(InputError, match="batch_size: 1 .* 2 processes"):
            check_run(*self.brain(), 4, batch_size=1)

    def test_small_batches_of_negatives_are_warned_of(self, caplog):
        with caplog.at_level(logging.WARNING):
            check_run(*self.brain(grad_accumulation_factor=2), 8, 4)
            assert "batch of 4 alone" in caplog.text
            assert "--recompute=True" in caplog.text
            caplog.clear()
            check_run(*self.brain(contrastive=False), 8, 4)
        assert not caplog.text

    @pytest.mark.parametrize("norm", [0, -1.0, float("nan")])
    def test_a_gradient_norm_that_is_not_positive(self, norm):
        with pytest.raises(InputError, match=f"max_grad_norm: {norm}"):
            check_run(*self.brain(max_grad_norm=norm), 10, 4)
