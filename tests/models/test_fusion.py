"""A missing modality: who is dropped, what stands in, and what it learns."""

import pytest
import torch

from turbo_sb.losses import JointLoss, TurboLoss
from turbo_sb.models.fusion import Fusion
from turbo_sb.utils.errors import InputError

SIZES = {"audio": 3, "text": 2}
NAMES = ("audio", "text")
TARGETS = torch.tensor([0, 3, 1])


def make_views(n_views=2, batch=4, dtype=torch.float64):
    """Embeddings that are never zero."""
    generator = torch.Generator().manual_seed(0)
    shapes = {name: (n_views, batch, size) for name, size in SIZES.items()}
    return {
        name: torch.rand(*shape, generator=generator, dtype=dtype) + 1
        for name, shape in shapes.items()
    }


def dropped(fusion, views):
    """Name to (views, batch) bool: where there are zeros."""
    joint = fusion(views)
    parts = joint.split([SIZES[name] for name in NAMES], dim=-1)
    return {name: (part == 0).all(dim=-1) for name, part in zip(NAMES, parts)}


def naive_logits(views, weight, bias, missing):
    """W [h_a ; h_t] + b, number by number; `missing[k][i]` is left out."""
    n_views, batch = next(iter(views.values())).shape[:2]
    logits = torch.zeros(n_views, batch, len(bias), dtype=torch.float64)
    for k in range(n_views):
        for i in range(batch):
            row = []
            for name in NAMES:
                gone = missing[k][i] == name
                own = views[name][k, i]
                row += [0.0] * len(own) if gone else list(own)
            for c in range(len(bias)):
                logits[k, i, c] = bias[c] + sum(
                    w * x for w, x in zip(weight[c], row)
                )
    return logits


class TestDropping:
    def test_rates(self):
        """Of 20,000 rows: 0.3 in all, half of it each, both never."""
        fusion = Fusion(SIZES, rate=0.3).train()
        views = make_views(n_views=2, batch=10_000, dtype=torch.float32)
        torch.manual_seed(1)
        found = dropped(fusion, views)
        assert not (found["audio"] & found["text"]).any()
        for where in found.values():
            for view in where:  # sd of a share: .0036
                assert abs(view.float().mean() - 0.15) < 0.015
        # Drawn for each view: both are hit as often as by chance.
        both = (found["audio"][0] & found["audio"][1]).float().mean()
        assert abs(both - 0.15**2) < 0.006

    def test_highest_rate_leaves_one(self):
        fusion = Fusion(SIZES, rate=0.999).train()
        found = dropped(fusion, make_views(batch=2000))
        assert not (found["audio"] & found["text"]).any()
        assert (found["audio"] | found["text"]).float().mean() > 0.99

    def test_three_modalities_are_as_likely(self):
        sizes = {"audio": 1, "text": 1, "video": 1}
        fusion = Fusion(sizes, 0.6).train()
        torch.manual_seed(1)
        joint = fusion({name: torch.ones(1, 20_000, 1) for name in sizes})
        shares = (joint[0] == 0).float().mean(dim=0)
        assert torch.allclose(shares, torch.full((3,), 0.2), atol=0.015)
        assert joint.sum(dim=-1).min() == 2  # never more than one

    def test_same_seed_same_drops(self):
        fusion, found = Fusion(SIZES, 0.5).train(), []
        for seed in (1, 1, 2):
            torch.manual_seed(seed)
            found.append(fusion(make_views(batch=50)))
        assert torch.equal(found[0], found[1])
        assert not torch.equal(found[0], found[2])

    def test_nothing_is_dropped_in_evaluation_or_where_one_is_missing(self):
        fusion, views = Fusion(SIZES, rate=0.9), make_views(batch=50)
        whole = torch.cat([views[name] for name in NAMES], dim=-1)
        assert torch.equal(fusion.eval()(views), whole)
        audio = fusion.train()({"audio": views["audio"]})
        assert torch.equal(audio[..., :3], views["audio"])

    def test_rate_0_draws_no_number_and_learns_nothing(self):
        fusion, views = Fusion(SIZES).train(), make_views()
        before = torch.random.get_rng_state()
        joint = fusion(views)
        assert torch.equal(torch.random.get_rng_state(), before)
        assert torch.equal(joint, torch.cat(list(views.values()), dim=-1))
        assert not fusion.state_dict() and not list(fusion.parameters())
        assert fusion.describe() == {"modality_dropout": 0.0}


class TestZeros:
    def test_logits_are_those_of_loops(self):
        fusion = Fusion(SIZES, 0.7).train()
        classifier = torch.nn.Linear(5, 4).double()
        views = make_views(batch=6)
        torch.manual_seed(5)
        joint = fusion(views)
        torch.manual_seed(5)
        where = dropped(fusion, views)
        missing = [
            [next((n for n in NAMES if where[n][k, i]), None) for i in range(6)]
            for k in range(2)
        ]
        assert {"audio", "text", None} == {x for row in missing for x in row}
        expected = naive_logits(
            views, classifier.weight, classifier.bias, missing
        )
        torch.testing.assert_close(
            classifier(joint), expected, rtol=1e-12, atol=1e-12
        )

    def test_dropped_embedding_has_no_gradient_and_others_have(self):
        fusion, views = Fusion(SIZES, rate=0.7).train(), make_views()
        for view in views.values():
            view.requires_grad_()
        torch.manual_seed(5)
        fusion(views).sum().backward()
        for name in NAMES:
            rows = views[name].grad.sum(dim=-1)
            assert set(rows.flatten().tolist()) <= {0.0, float(SIZES[name])}
        gone = [(views[name].grad == 0).all(dim=-1) for name in NAMES]
        assert (gone[0] | gone[1]).any() and not (gone[0] & gone[1]).any()

    def test_bfloat16_embeddings_stay_so(self):
        fusion = Fusion(SIZES, rate=0.5).train()
        assert fusion(make_views(dtype=torch.bfloat16)).dtype == torch.bfloat16


class TestErrors:
    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"rate": 1.0}, r"modality_dropout: 1.0 is not in \[0, 1\)"),
            ({"rate": -0.1}, "modality_dropout: -0.1"),
        ],
    )
    def test_settings(self, settings, message):
        with pytest.raises(InputError, match=message):
            Fusion(SIZES, **settings)

    def test_one_modality_cannot_be_dropped(self, make_model):
        with pytest.raises(InputError, match="the model has only .'audio'"):
            make_model(modalities=["audio"], modality_dropout=0.3)
        make_model(modalities=["audio"], modality_dropout=0.0)


class TestModel:
    def test_rate_0_is_the_model_that_was(self, make_model, batch):
        """No key of its own, and not a bit in the views or logits."""
        model = make_model().train()
        assert not [key for key in model.state_dict() if "fusion" in key]
        torch.manual_seed(1)
        outputs = model(*batch, n_views=2)
        assert set(outputs) == {"views", "logits"}
        joint = torch.cat(list(outputs["views"].values()), dim=-1)
        assert torch.equal(outputs["logits"], model.classifier(joint))

    @pytest.mark.parametrize("recompute", [False, True])
    def test_contrastive_terms_see_the_views_without_it(
        self, make_model, batch, recompute
    ):
        """The same seed gives the same views, bit for bit, at any rate."""
        found = []
        for rate in (0.0, 0.9):
            model = make_model(modality_dropout=rate, recompute=recompute)
            torch.manual_seed(1)
            found.append(model.train()(*batch, n_views=2))
        for name in NAMES:
            assert torch.equal(*(x["views"][name] for x in found))
        assert not torch.equal(*(x["logits"] for x in found))

    def test_recompute_has_the_same_gradients(self, make_model, batch):
        found = []
        for recompute in (False, True):
            model = make_model(modality_dropout=0.99, recompute=recompute)
            torch.manual_seed(1)
            outputs = model.train()(*batch, n_views=2)
            JointLoss(TurboLoss())(outputs, TARGETS)[0].backward()
            found.append({k: p.grad for k, p in model.named_parameters()})
        for name, grad in found[0].items():
            if grad is not None:
                torch.testing.assert_close(found[1][name], grad)

    @pytest.mark.parametrize("rate", [0.0, 0.3])
    @pytest.mark.parametrize("projection", [True, False])
    def test_alone_is_what_one_present_modality_gives(
        self, make_model, batch, rate, projection
    ):
        model = make_model(modality_dropout=rate, projection=projection).eval()
        wavs, wav_lens, tokens, token_lens = batch
        whole = model(*batch)
        audio = model(wavs, wav_lens, None, None, present=("audio",))
        text = model(None, None, tokens, token_lens, present=["text"])
        assert set(whole["alone"]) == {"audio", "text"}
        for name, one in (("audio", audio), ("text", text)):
            assert set(one) == {"views", "logits"}
            assert set(one["views"]) == {name}
            assert one["logits"].shape == (1, 3, 4)
            assert torch.equal(one["logits"], whole["alone"][name])
            assert not torch.allclose(one["logits"], whole["logits"])
            expected = naive_logits(
                {n: v.double() for n, v in whole["views"].items()},
                model.classifier.weight.double(),
                model.classifier.bias.double(),
                [[({*NAMES} - {name}).pop()] * 3],
            ).detach()
            torch.testing.assert_close(
                one["logits"].double(), expected, rtol=1e-5, atol=1e-5
            )

    def test_alone_is_of_evaluation_and_of_two(self, make_model, batch):
        assert "alone" not in make_model(modality_dropout=0.3).train()(*batch)
        one = make_model(modalities=["text"]).eval()
        assert "alone" not in one(*batch)
        assert set(one(*batch, present=["text"])["views"]) == {"text"}

    @pytest.mark.parametrize("present", [(), ("video",), "audio"])
    def test_present_that_is_not_there(self, make_model, batch, present):
        with pytest.raises(InputError, match="present: .*'audio', 'text'"):
            make_model().eval()(*batch, present=present)

    def test_checkpoint_with_a_learnt_placeholder_uses_it(
        self, make_model, batch
    ):
        """Earlier versions trained one in place of zeros."""
        model = make_model(modality_dropout=0.3).eval()
        weights = model.state_dict()
        zeros = model(*batch, present=["text"])["logits"]
        vector = torch.linspace(-1, 1, 16)
        weights["fusion.placeholders.audio"] = vector
        model.load_state_dict(weights)
        assert torch.equal(
            model.state_dict()["fusion.placeholders.audio"], vector
        )
        # Behind it is a linear classifier: the placeholder is a bias.
        bias = model.classifier.weight[:, :16] @ vector
        found = model(*batch, present=["text"])["logits"]
        assert torch.allclose(found, zeros + bias, atol=1e-5)
        del weights["fusion.placeholders.audio"]
        model.load_state_dict(weights)
        assert torch.equal(model(*batch, present=["text"])["logits"], zeros)
