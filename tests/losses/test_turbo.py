"""The Turbo loss: its terms, their weights, and its temperature."""

import math

import pytest
import torch

from tests import references
from turbo_sb.losses import (
    CrossModalLoss,
    TurboLoss,
    info_nce,
    turbo_loss,
    turbo_terms,
)
from turbo_sb.losses.turbo import view_pairs
from turbo_sb.utils.errors import InputError

EXACT = dict(rtol=0, atol=1e-10)
TERMS = [
    "in/audio",
    "in/text",
    "cross/audio1-text1",
    "cross/audio1-text2",
    "cross/audio2-text1",
    "cross/audio2-text2",
]


def make_views(names=("audio", "text"), n_views=2, rows=4, dim=3):
    """Modality to (views, rows, dim), a float64 leaf each."""
    generator = torch.Generator().manual_seed(1)
    shape = (n_views, rows, dim)
    return {
        name: torch.randn(
            shape, generator=generator, dtype=torch.float64
        ).requires_grad_()
        for name in names
    }


class TestTerms:
    @pytest.mark.parametrize(
        "options",
        [
            {},
            {"temperature": 0.5, "symmetric": True},
            {"reduction": "log_of_sum"},
            {"reduction": "sum", "ids": torch.tensor([0, 1, 0, 2])},
        ],
        ids=str,
    )
    def test_equation_4_by_loops(self, options):
        views = make_views()
        ours = turbo_terms(views, **options)
        naive = references.turbo(views, **options)
        assert list(ours) == TERMS
        torch.testing.assert_close(ours, naive, **EXACT)
        leaves = list(views.values())
        total, naive_total = turbo_loss(views, **options), sum(naive.values())
        torch.testing.assert_close(total, naive_total, **EXACT)
        torch.testing.assert_close(
            torch.autograd.grad(total, leaves),
            torch.autograd.grad(naive_total, leaves),
            **EXACT,
        )

    def test_dot_similarity_reaches_every_term(self):
        views = make_views()
        naive = references.turbo(views, kind="dot", temperature=1)
        ours = turbo_terms(views, temperature=1, similarity="dot")
        torch.testing.assert_close(ours, naive, **EXACT)

    def test_views_may_be_a_tuple_of_tensors(self):
        views = make_views()
        pairs = {name: tuple(value) for name, value in views.items()}
        assert turbo_terms(pairs) == turbo_terms(views)

    def test_three_modalities_of_two_views(self):
        views = make_views(("audio", "text", "video"))
        terms = turbo_terms(views)
        inside = [name for name in terms if name.startswith("in/")]
        assert inside == ["in/audio", "in/text", "in/video"]
        assert len(terms) == 3 + 3 * 4
        expected = references.info_nce(views["text"][1], views["video"][0])
        found = terms["cross/text2-video1"]
        torch.testing.assert_close(found, expected, **EXACT)

    def test_three_views_of_one_modality(self):
        views = make_views(["audio"], n_views=3)
        terms = turbo_terms(views)
        assert list(terms) == ["in/audio1-2", "in/audio1-3", "in/audio2-3"]
        expected = references.info_nce(views["audio"][1], views["audio"][2])
        torch.testing.assert_close(terms["in/audio2-3"], expected, **EXACT)

    def test_one_view_has_cross_modal_terms_only(self):
        terms = turbo_terms(make_views(n_views=1))
        assert list(terms) == ["cross/audio1-text1"]

    def test_modalities_may_differ_in_their_views(self):
        views = {**make_views(["audio"], 2), **make_views(["text"], 1)}
        assert list(view_pairs(views)) == [
            "in/audio",
            "cross/audio1-text1",
            "cross/audio2-text1",
        ]

    def test_one_view_of_one_modality_is_an_error(self):
        with pytest.raises(InputError, match=r"two modalities.*'audio': 1"):
            turbo_terms(make_views(["audio"], n_views=1))


class TestTurboLoss:
    def test_module_equals_function(self):
        settings = dict(
            temperature=0.3, symmetric=True, similarity="dot", reduction="sum"
        )
        views, ids = make_views(), torch.tensor([0, 1, 1, 2])
        loss = TurboLoss(**settings)
        assert loss.terms(views, ids) == turbo_terms(views, ids=ids, **settings)
        assert loss(views, ids) == turbo_loss(views, ids=ids, **settings)

    def test_defaults_are_the_functions(self):
        assert TurboLoss()(make_views()) == turbo_loss(make_views())
        assert TurboLoss().n_views == 2

    def test_a_fixed_temperature_is_no_parameter(self):
        assert not list(TurboLoss().parameters())
        assert not TurboLoss().state_dict()

    @pytest.mark.parametrize("temperature", [0, -1, math.nan])
    def test_temperature_error(self, temperature):
        with pytest.raises(InputError, match="is not > 0"):
            TurboLoss(temperature=temperature)


class TestWeights:
    def test_of_a_term_of_a_family_and_of_the_rest(self):
        views = make_views()
        plain = turbo_terms(views)
        weights = {"cross": 0.5, "cross/audio1-text2": 3}
        weighted = TurboLoss(term_weights=weights).terms(views)
        expected = {
            "in/audio": 1,
            "in/text": 1,
            "cross/audio1-text1": 0.5,
            "cross/audio1-text2": 3,
            "cross/audio2-text1": 0.5,
            "cross/audio2-text2": 0.5,
        }
        assert {
            name: (weighted[name] / plain[name]).item() for name in plain
        } == pytest.approx(expected)

    def test_a_term_of_weight_0_is_not_computed(self):
        """Of different dimensions, the cross terms would be an error."""
        views = {**make_views(["audio"]), **make_views(["text"], dim=7)}
        terms = TurboLoss(term_weights={"cross": 0}).terms(views)
        assert list(terms) == ["in/audio", "in/text"]

    def test_a_name_wins_over_its_family(self):
        weights = {"in": 0, "cross": 0, "in/text": 1}
        assert list(TurboLoss(term_weights=weights).terms(make_views())) == [
            "in/text"
        ]

    @pytest.mark.parametrize(
        "name", ["audio", "in/speech", "cross/text1-audio1"]
    )
    def test_an_unknown_name_is_an_error(self, name):
        with pytest.raises(InputError, match=name):
            TurboLoss(term_weights={name: 0.5})(make_views())

    def test_no_term_left_is_an_error(self):
        loss = TurboLoss(term_weights={"in": 0, "cross": 0})
        with pytest.raises(InputError, match="all weights are 0.*lambda_ce"):
            loss(make_views())

    def test_callers_dict_is_not_kept(self):
        weights = {"in": 0}
        loss = TurboLoss(term_weights=weights)
        weights["in"] = 1
        assert "in/audio" not in loss.terms(make_views())


class TestLearnableTemperature:
    def test_starts_as_given_and_gets_the_loops_gradient(self):
        loss = TurboLoss(temperature=0.2, learnable_temperature=True)
        assert loss.temperature.item() == pytest.approx(0.2)
        views = make_views()
        loss(views).backward()
        log_scale = loss.log_scale.detach().double().requires_grad_()
        terms = references.turbo(views, temperature=torch.exp(-log_scale))
        sum(terms.values()).backward()
        assert loss.log_scale.grad.item() == pytest.approx(
            log_scale.grad.item(), rel=1e-5
        )

    @pytest.mark.parametrize(
        ("log_scale", "temperature"), [(9, 0.01), (-9, 1.0), (1, math.exp(-1))]
    )
    def test_is_clamped_as_in_clip(self, log_scale, temperature):
        loss = TurboLoss(learnable_temperature=True)
        with torch.no_grad():
            loss.log_scale.fill_(log_scale)
        assert loss.temperature.item() == pytest.approx(temperature)

    def test_comes_back_from_its_upper_limit(self):
        """Rows that are all wrong want the scale smaller: gradient > 0."""
        loss = TurboLoss(learnable_temperature=True)
        with torch.no_grad():
            loss.log_scale.fill_(5)  # a step beyond log 100
        right, wrong = torch.eye(4), torch.eye(4).roll(1, dims=0)
        loss({"audio": (right, wrong)}).backward()
        assert loss.log_scale.grad > 0

    def test_comes_back_from_its_lower_limit(self):
        """Rows that are all right want the scale larger: gradient < 0."""
        loss = TurboLoss(learnable_temperature=True)
        with torch.no_grad():
            loss.log_scale.fill_(-0.1)  # a step below log 1
        loss({"audio": (torch.eye(4), torch.eye(4))}).backward()
        assert loss.log_scale.grad < 0

    @pytest.mark.parametrize("temperature", [0.005, 2])
    def test_a_start_beyond_the_limits_is_an_error_or_learns(self, temperature):
        """The clamp's gradient is zero there, so it would never move."""
        try:
            loss = TurboLoss(temperature, learnable_temperature=True)
        except InputError:
            return
        loss(make_views()).backward()
        assert loss.log_scale.grad != 0

    def test_survives_a_state_dict(self):
        saved = TurboLoss(0.2, learnable_temperature=True).state_dict()
        other = TurboLoss(0.5, learnable_temperature=True)
        other.load_state_dict(saved)
        assert other.temperature.item() == pytest.approx(0.2)


class TestCrossModalLoss:
    def test_is_one_symmetric_term_of_one_pass(self):
        views = make_views(n_views=1)
        loss = CrossModalLoss(temperature=0.2)
        assert loss.n_views == 1
        expected = references.info_nce(
            views["audio"][0], views["text"][0], 0.2, symmetric=True
        )
        assert list(loss.terms(views)) == ["cross/audio1-text1"]
        torch.testing.assert_close(loss(views), expected, **EXACT)

    def test_takes_turbos_settings(self):
        views = make_views(n_views=1)
        loss = CrossModalLoss(symmetric=False, similarity="dot", temperature=1)
        expected = info_nce(
            views["audio"][0], views["text"][0], 1, similarity="dot"
        )
        assert loss(views) == expected


def test_gradients_add_up_as_with_plain_normalisation(monkeypatch):
    """To the bit, also of an embedding that is in several terms."""

    def gradients():
        generator = torch.Generator().manual_seed(0)
        views = {
            name: [
                torch.randn(16, 32, generator=generator).requires_grad_()
                for _ in range(2)
            ]
            for name in ("audio", "text")
        }
        turbo_loss(views).backward()
        return [x.grad for own in views.values() for x in own]

    found = gradients()
    monkeypatch.setattr(
        "turbo_sb.losses.infonce.unit_rows",
        lambda rows, given: torch.nn.functional.normalize(rows, dim=-1),
    )
    assert all(map(torch.equal, found, gradients()))
