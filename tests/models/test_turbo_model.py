"""The whole model: what it returns, what it trains, what it ignores."""

import pytest
import torch

from turbo_sb.losses import JointLoss, TurboLoss, classification_loss
from turbo_sb.models.turbo_model import TurboModel
from turbo_sb.utils.errors import InputError

TARGETS = torch.tensor([0, 3, 1])


def joint_step(model, batch, joint, seed=1):
    """The loss of one training step, its gradients left in the model."""
    torch.manual_seed(seed)
    outputs = model.train()(*batch, n_views=joint.n_views)
    loss, _ = joint(outputs, TARGETS)
    loss.backward()
    return loss


def gradients(model):
    return {
        name: p.grad for name, p in model.named_parameters() if p.requires_grad
    }


class TestOutputs:
    def test_shapes(self, make_model, batch):
        outputs = make_model()(*batch, n_views=2)
        assert outputs["logits"].shape == (2, 3, 4)
        shapes = {name: x.shape for name, x in outputs["views"].items()}
        assert shapes == {"audio": (2, 3, 16), "text": (2, 3, 16)}

    def test_logits_of_view_k_are_of_pass_k_of_both(self, make_model, batch):
        """Eq. 5: W [h_a ; h_t] + b, of raw h."""
        model = make_model().train()
        outputs = model(*batch, n_views=2)
        for k in range(2):
            views = [outputs["views"][name][k] for name in ("audio", "text")]
            expected = model.classifier(torch.cat(views, dim=1))
            torch.testing.assert_close(outputs["logits"][k], expected)

    def test_projection_is_linear_with_dropout_behind(self, make_model, batch):
        model = make_model(dropout=0.3)
        for projection in model.projections.values():
            linear, dropout = projection
            assert (linear.in_features, linear.out_features) == (32, 16)
            assert dropout.p == 0.3
        torch.manual_seed(1)
        outputs = model.train()(*batch)
        zeros = (outputs["views"]["audio"] == 0).float().mean()
        assert 0.1 < zeros < 0.6

    @pytest.mark.parametrize("projection", [True, False])
    def test_embeddings_are_standardised_before_the_projection(
        self, make_model, batch, projection
    ):
        """Of the modalities that have it, by loops; the mean becomes 0."""
        made = dict(dropout=0, projection=projection, feature_norm=["audio"])
        model = make_model(**made).eval()
        wavs, wav_lens, tokens, token_lens = batch
        rows = model.encode("audio", wavs, wav_lens)[0]
        model.norms["audio"].fit(rows)
        outputs = model(*batch)
        for number, row in enumerate(rows.tolist()):
            columns = zip(
                row, model.norms["audio"].mean, model.norms["audio"].std
            )
            expected = torch.tensor(
                [(x - mean) / std for x, mean, std in columns]
            )
            if projection:
                expected = model.projections["audio"](expected)
            found = outputs["views"]["audio"][0, number]
            torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
            alone = model.embed("audio", wavs, wav_lens)[0, number]
            torch.testing.assert_close(alone, expected, rtol=1e-4, atol=1e-5)
        text = model.encode("text", tokens, token_lens)
        found = outputs["views"]["text"]
        assert torch.equal(found, model.project("text", text))
        assert (
            list(model.norms) == model.settings()["feature_norm"] == ["audio"]
        )

    def test_without_projection_the_encoders_outputs_are_joined(
        self, make_model, batch
    ):
        model = make_model(projection=False).eval()
        outputs = model(*batch)
        assert not list(model.projections.parameters())
        wavs, wav_lens, _, _ = batch
        embedding = model.encoders["audio"](wavs, wav_lens)
        assert torch.equal(outputs["views"]["audio"], embedding)
        assert model.classifier.in_features == 64

    def test_dropout_error(self, make_audio, make_text):
        with pytest.raises(InputError, match="dropout: 1 is not in"):
            TurboModel(make_audio(), make_text(), n_classes=4, dropout=1)


class TestViews:
    def test_differ_in_training(self, make_model, batch):
        outputs = make_model().train()(*batch, n_views=2)
        for one, two in (*outputs["views"].values(), outputs["logits"]):
            assert (one - two).norm() / one.norm() > 0.01

    def test_coincide_in_evaluation(self, make_model, batch):
        outputs = make_model().eval()(*batch, n_views=2)
        for one, two in (*outputs["views"].values(), outputs["logits"]):
            torch.testing.assert_close(one, two, rtol=0, atol=1e-7)

    def test_one_stacked_forward_equals_two_forwards(self, make_model, batch):
        """Without dropout, in outputs and in every gradient."""
        joint = JointLoss(TurboLoss(temperature=0.5))
        stacked = make_model(dropout=0.0, freeze_cnn=False).train()
        outputs = stacked(*batch, n_views=2)
        joint(outputs, TARGETS)[0].backward()

        twice = make_model(dropout=0.0, freeze_cnn=False).train()
        first, second = twice(*batch), twice(*batch)
        joined = {
            "logits": torch.cat([first["logits"], second["logits"]]),
            "views": {
                name: torch.cat([first["views"][name], second["views"][name]])
                for name in first["views"]
            },
        }
        joint(joined, TARGETS)[0].backward()

        torch.testing.assert_close(outputs, joined, rtol=1e-5, atol=1e-6)
        found, expected = gradients(stacked), gradients(twice)
        scale = max(grad.norm() for grad in expected.values())
        for name in expected:
            difference = (found[name] - expected[name]).norm()
            assert difference <= 1e-5 * scale, name


class TestBatchInvariance:
    @pytest.mark.parametrize("projection", [True, False])
    def test_alone_as_among_longer_ones(self, make_model, batch, projection):
        model = make_model(projection=projection).eval()
        wavs, wav_lens, tokens, token_lens = batch
        together = model(*batch)
        for i in range(3):
            samples = round(wav_lens[i].item() * wavs.shape[1])
            words = round(token_lens[i].item() * tokens.shape[1])
            one = torch.ones(1)
            alone = model(
                wavs[i : i + 1, :samples], one, tokens[i : i + 1, :words], one
            )
            for found, expected in (
                (together["logits"], alone["logits"]),
                (together["views"]["audio"], alone["views"]["audio"]),
                (together["views"]["text"], alone["views"]["text"]),
            ):
                difference = (found[0, i] - expected[0, 0]).norm()
                assert difference / expected.norm() <= 1e-4


class TestTraining:
    @pytest.mark.parametrize("projection", [True, False])
    @pytest.mark.parametrize("freeze_cnn", [True, False])
    def test_one_step_moves_every_trainable_tensor_and_no_frozen_one(
        self, make_model, batch, freeze_cnn, projection
    ):
        model = make_model(freeze_cnn=freeze_cnn, projection=projection)
        before = {name: p.clone() for name, p in model.named_parameters()}
        joint_step(model, batch, JointLoss(TurboLoss()))
        torch.optim.Adam(model.parameters(), lr=0.1).step()
        frozen = set()
        for name, parameter in model.named_parameters():
            if parameter.requires_grad:
                assert parameter.grad is not None, name
                assert not torch.equal(parameter, before[name]), name
            else:
                assert torch.equal(parameter, before[name]), name
                frozen.add(name.split(".")[3])
        cnn = {"feature_extractor"} if freeze_cnn else set()
        assert frozen == {"masked_spec_embed"} | cnn

    def test_lambda_1_has_exactly_the_gradients_of_vanilla(
        self, make_model, batch
    ):
        """Bit for bit, with the same dropout: no second pass is drawn."""
        turbo, vanilla = make_model(), make_model()
        joint_step(turbo, batch, JointLoss(TurboLoss(), lambda_ce=1))
        torch.manual_seed(1)
        outputs = vanilla.train()(*batch)
        classification_loss(outputs["logits"], TARGETS).backward()
        found, expected = gradients(turbo), gradients(vanilla)
        assert all(
            torch.equal(found[name], expected[name]) for name in expected
        )

    def test_lambda_below_1_has_not(self, make_model, batch):
        """So the test above can fail."""
        turbo, vanilla = make_model(), make_model()
        joint_step(turbo, batch, JointLoss(TurboLoss(), lambda_ce=0.99))
        joint_step(vanilla, batch, JointLoss(None, lambda_ce=1))
        found, expected = gradients(turbo), gradients(vanilla)
        name = "projections.audio.0.weight"
        assert not torch.allclose(found[name], expected[name])

    def test_bfloat16_autocast_stays_near_float32(self, make_model, batch):
        model = make_model(dropout=0.0).train()
        joint, losses = JointLoss(TurboLoss(temperature=0.5)), []
        for enabled in (False, True):
            with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
                losses.append(joint(model(*batch, n_views=2), TARGETS)[0])
        assert losses[1].dtype == torch.float32
        torch.testing.assert_close(*losses, rtol=0.02, atol=0)

    def test_a_few_steps_learn_the_batch(self, make_model, batch):
        model, joint = make_model(dropout=0.0), JointLoss(TurboLoss())
        optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
        losses = []
        for _ in range(15):
            optimizer.zero_grad()
            losses.append(joint_step(model, batch, joint).item())
            optimizer.step()
        assert losses[-1] < 0.3 * losses[0]
