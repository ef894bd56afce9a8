"""Cross-entropy and contrastive loss together, Eq. 6."""

import pytest
import torch

from tests import references
from turbo_sb.losses import (
    CrossModalLoss,
    JointLoss,
    TurboLoss,
    classification_loss,
    turbo_terms,
)
from turbo_sb.utils.errors import InputError

EXACT = dict(rtol=0, atol=1e-10)
TARGETS = torch.tensor([0, 2, 1])


def make_outputs(n_views=2):
    """What a model gives: float64 leaves for three utterances."""
    generator = torch.Generator().manual_seed(1)

    def draw(dim):
        shape = (n_views, 3, dim)
        values = torch.randn(shape, generator=generator, dtype=torch.float64)
        return values.requires_grad_()

    return {"logits": draw(3), "views": {"audio": draw(4), "text": draw(4)}}


def leaves_of(outputs):
    return [outputs["logits"], *outputs["views"].values()]


class TestClassificationLoss:
    @pytest.mark.parametrize("view", [1, 2])
    def test_one_pass(self, view):
        logits = make_outputs()["logits"]
        loss = classification_loss(logits, TARGETS, view)
        expected = references.cross_entropy(logits[view - 1], TARGETS)
        torch.testing.assert_close(loss, expected, **EXACT)

    def test_both_is_the_mean_of_the_passes(self):
        logits = make_outputs()["logits"]
        one, two = (classification_loss(logits, TARGETS, k) for k in (1, 2))
        both = classification_loss(logits, TARGETS, "both")
        torch.testing.assert_close(both, (one + two) / 2, **EXACT)

    def test_random_draws_each_pass_about_equally_often(self):
        logits = make_outputs()["logits"]
        one, two = (
            classification_loss(logits, TARGETS, k).item() for k in (1, 2)
        )
        torch.manual_seed(1)
        drawn = [
            classification_loss(logits, TARGETS, "random").item()
            for _ in range(100)
        ]
        assert set(drawn) == {one, two}
        assert 30 < drawn.count(one) < 70

    @pytest.mark.parametrize("ce_view", [1, 2, "both", "random"])
    def test_a_single_pass_is_taken_whatever_ce_view(self, ce_view):
        logits = make_outputs(n_views=1)["logits"]
        expected = references.cross_entropy(logits[0], TARGETS)
        loss = classification_loss(logits, TARGETS, ce_view)
        torch.testing.assert_close(loss, expected, **EXACT)

    def test_bfloat16_logits_are_summed_in_float32(self):
        logits = make_outputs()["logits"].detach().bfloat16()
        with torch.autocast("cpu", torch.bfloat16):
            loss = classification_loss(logits, TARGETS)
        assert loss.dtype == torch.float32
        assert loss == classification_loss(logits.float(), TARGETS)


class TestJointLoss:
    @pytest.mark.parametrize("weight", [0, 0.3, 0.5])
    def test_equation_6(self, weight):
        outputs = make_outputs()
        loss, terms = JointLoss(TurboLoss(0.5), weight)(outputs, TARGETS)
        ce = references.cross_entropy(outputs["logits"][0], TARGETS)
        naive = references.turbo(outputs["views"], temperature=0.5)
        expected = weight * ce + (1 - weight) * sum(naive.values())
        torch.testing.assert_close(loss, expected, **EXACT)
        found = torch.autograd.grad(loss, leaves_of(outputs))
        wanted = torch.autograd.grad(expected, leaves_of(outputs))
        torch.testing.assert_close(found, wanted, **EXACT)

    def test_terms_are_reported_without_lambda_and_without_graph(self):
        outputs = make_outputs()
        _, terms = JointLoss(TurboLoss(), 0.3)(outputs, TARGETS)
        assert list(terms) == ["ce", *turbo_terms(outputs["views"])]
        assert not any(term.requires_grad for term in terms.values())
        expected = turbo_terms(outputs["views"])["in/audio"].detach()
        torch.testing.assert_close(terms["in/audio"], expected, **EXACT)

    def test_ids_reach_the_contrastive_terms(self):
        outputs, ids = make_outputs(), torch.tensor([0, 0, 1])
        _, terms = JointLoss(TurboLoss(0.5))(outputs, TARGETS, ids)
        naive = references.turbo(outputs["views"], temperature=0.5, ids=ids)
        for name, expected in naive.items():
            torch.testing.assert_close(terms[name], expected.detach(), **EXACT)

    def test_ce_view_reaches_the_cross_entropy(self):
        outputs = make_outputs()
        _, terms = JointLoss(TurboLoss(), ce_view=2)(outputs, TARGETS)
        assert terms["ce"] == classification_loss(outputs["logits"], TARGETS, 2)

    def test_lambda_1_is_cross_entropy_of_one_pass(self):
        joint = JointLoss(TurboLoss(learnable_temperature=True), lambda_ce=1)
        assert joint.n_views == 1
        assert not list(joint.parameters())
        outputs = make_outputs(n_views=1)
        loss, terms = joint(outputs, TARGETS)
        assert list(terms) == ["ce"]
        plain = classification_loss(outputs["logits"], TARGETS)
        assert loss == plain
        assert torch.equal(
            *(
                torch.autograd.grad(x, outputs["logits"])[0]
                for x in (loss, plain)
            )
        )

    def test_lambda_below_1_takes_the_contrastive_losss_passes(self):
        assert JointLoss(TurboLoss()).n_views == 2
        assert JointLoss(CrossModalLoss()).n_views == 1
        assert JointLoss(None, lambda_ce=1).n_views == 1

    def test_a_learnable_temperature_is_its_parameter(self):
        joint = JointLoss(TurboLoss(learnable_temperature=True))
        assert list(joint.state_dict()) == ["contrastive.log_scale"]

    @pytest.mark.parametrize("weight", [-0.1, 1.5, float("nan")])
    def test_lambda_error(self, weight):
        with pytest.raises(InputError, match=f"lambda_ce: {weight}"):
            JointLoss(TurboLoss(), weight)

    @pytest.mark.parametrize("ce_view", [0, 3, "all"])
    def test_ce_view_error(self, ce_view):
        with pytest.raises(InputError, match=f"ce_view: {ce_view!r}"):
            JointLoss(TurboLoss(), ce_view=ce_view)

    def test_mask_equal_error(self):
        with pytest.raises(
            InputError, match="mask_equal: 'word'.*'id', 'text'"
        ):
            JointLoss(TurboLoss(), mask_equal="word")

    def test_lambda_without_a_contrastive_loss_is_an_error(self):
        with pytest.raises(InputError, match="no contrastive loss"):
            JointLoss(None, lambda_ce=0.5)
