"""Bootstrap intervals against known spreads and against scipy."""

import math
from statistics import NormalDist

import numpy as np
import pytest
import scipy.stats
import torch

from turbo_sb.metrics import ErrorRates
from turbo_sb.metrics.bootstrap import bootstrap_intervals
from turbo_sb.metrics.bootstrap import interval as interval_of
from turbo_sb.utils.errors import InputError


def mean_of(values):
    """The statistic of the weighted mean."""
    values = np.asarray(values, dtype=float)
    return {"mean": lambda weights: float(weights @ values / weights.sum())}


def interval(values, groups, **options):
    return bootstrap_intervals(mean_of(values), groups, **options)["mean"]


def width(pair):
    return pair[1] - pair[0]


class TestInterval:
    @pytest.mark.parametrize("level", [0.5, 0.9, 0.99])
    def test_equals_scipys_for_groups_of_one(self, level):
        values = np.random.default_rng(0).exponential(size=40)
        found = interval(values, range(40), n_resamples=4000, level=level)
        expected = scipy.stats.bootstrap(
            (values,),
            np.mean,
            n_resamples=20000,
            confidence_level=level,
            method="percentile",
            rng=1,
        ).confidence_interval
        # Monte-Carlo error of a quantile is about this share of the spread.
        error = 0.1 * values.std() / math.sqrt(40)
        assert found == pytest.approx(tuple(expected), abs=2 * error)

    def test_is_the_normal_approximation_over_groups(self):
        """Of 200 speakers of 5 utterances each, all alike."""
        speakers = np.random.default_rng(0).normal(size=200)
        found = interval(speakers.repeat(5), np.arange(200).repeat(5))
        half = NormalDist().inv_cdf(0.975) * speakers.std() / math.sqrt(200)
        expected = speakers.mean() - half, speakers.mean() + half
        assert found == pytest.approx(expected, abs=0.2 * half)

    def test_covers_the_truth_as_often_as_it_says(self):
        """80 % of the intervals of 100 data sets: 80, give or take 3 * 4."""
        rng = np.random.default_rng(0)
        hits = 0
        for _ in range(100):
            speakers = rng.normal(size=50)
            values = (speakers[:, None] + rng.normal(size=(50, 3))).ravel()
            groups = np.arange(50).repeat(3)
            low, high = interval(values, groups, n_resamples=200, level=0.8)
            hits += low <= 0 <= high
        assert 68 <= hits <= 92

    def test_alike_utterances_widen_it_by_the_root_of_their_number(self):
        values = np.random.default_rng(0).normal(size=60).repeat(9)
        by_speaker = interval(values, np.arange(60).repeat(9))
        by_utterance = interval(values, range(540))
        ratio = width(by_speaker) / width(by_utterance)
        assert ratio == pytest.approx(3, rel=0.1)

    def test_groups_are_drawn_whole_and_as_many_as_there_are(self):
        seen = []
        statistics = {"w": lambda weights: seen.append(weights) or 0.0}
        bootstrap_intervals(statistics, list("abbccc"), n_resamples=300)
        seen = np.array(seen)
        assert (seen[:, 1] == seen[:, 2]).all()
        assert (seen[:, 3:] == seen[:, 3:4]).all()
        counts = seen[:, [0, 1, 3]]
        assert (counts.sum(axis=1) == 3).all()
        assert {tuple(row) for row in counts} == {
            (i, j, 3 - i - j) for i in range(4) for j in range(4 - i)
        }
        # Standard error: sqrt(2 / 3 / 300), about 0.05.
        assert counts.mean(axis=0) == pytest.approx([1, 1, 1], abs=0.15)

    def test_statistics_see_the_same_resamples(self):
        values = np.random.default_rng(0).normal(size=20)
        pair = {"a": mean_of(values)["mean"], "b": mean_of(-values)["mean"]}
        found = bootstrap_intervals(pair, range(20))
        mirrored = -found["b"][1], -found["b"][0]
        assert found["a"] == pytest.approx(mirrored, abs=1e-12)


class TestResamples:
    VALUES = np.random.default_rng(0).normal(size=30)
    GROUPS = [f"speaker {k % 7}" for k in range(30)]

    def test_a_seed_gives_them_again_and_another_does_not(self):
        first = interval(self.VALUES, self.GROUPS)
        assert interval(self.VALUES, self.GROUPS) == first
        assert interval(self.VALUES, self.GROUPS, seed=1) != first

    def test_the_order_of_rows_does_not_matter(self):
        order = np.random.default_rng(1).permutation(30)
        shuffled = [self.GROUPS[row] for row in order]
        found = interval(self.VALUES[order], shuffled)
        expected = interval(self.VALUES, self.GROUPS)
        assert found == pytest.approx(expected, abs=1e-12)

    @pytest.mark.parametrize(
        "convert",
        [torch.tensor, np.array, lambda k: [("s", i) for i in k]],
    )
    def test_equal_elements_are_one_group(self, convert):
        numbers = [k % 7 for k in range(30)]
        found = interval(self.VALUES, convert(numbers))
        assert found == interval(self.VALUES, self.GROUPS)

    def test_eer_of_resamples_is_that_of_the_rows(self):
        """The interval of the EER, from rows that are really repeated."""
        rng = np.random.default_rng(0)
        targets = rng.integers(0, 2, size=40)
        scores = (rng.normal(size=40) + targets).round(1)
        sweep = ErrorRates(scores, targets)

        def by_rows(weights):
            counts = weights.astype(int)
            return ErrorRates(
                scores.repeat(counts), targets.repeat(counts)
            ).eer()[0]

        statistics = {"ours": lambda w: sweep.eer(w)[0], "rows": by_rows}
        found = bootstrap_intervals(statistics, range(40), n_resamples=200)
        assert found["ours"] == pytest.approx(found["rows"], abs=1e-12)
        assert found["ours"][0] < sweep.eer()[0] < found["ours"][1]


class TestUndefined:
    def test_one_group_has_no_interval(self):
        assert interval([1, 2, 3], ["a", "a", "a"]) == (None, None)

    def test_what_is_undefined_is_left_out(self):
        """Without c, in 8 resamples of 27, the mean is not defined."""
        values = np.array([1.0, 2.0, 3.0])

        def statistic(weights):
            if weights[2] == 0:
                return math.nan
            return float(weights @ values / 3)

        found = bootstrap_intervals({"s": statistic}, list("abc"))["s"]
        assert found == pytest.approx((5 / 3, 3))

    def test_mostly_undefined_is_no_interval_for_that_one_alone(self):
        """Row 0 is drawn every time in one resample of 27."""
        statistics = {
            "rare": lambda w: 1.0 if w[0] == 3 else math.nan,
            "never": lambda w: math.nan,
            "sure": lambda w: 1.0,
        }
        found = bootstrap_intervals(statistics, list("abc"))
        assert found["rare"] == found["never"] == (None, None)
        assert found["sure"] == (1.0, 1.0)

    def test_half_defined_is_enough(self):
        calls = iter([1.0, math.nan, math.nan, 2.0])
        statistics = {"half": lambda w: next(calls)}
        found = bootstrap_intervals(statistics, "ab", n_resamples=4, level=0.5)
        assert found["half"] == pytest.approx((1.25, 1.75))

    def test_no_statistics_no_intervals(self):
        assert bootstrap_intervals({}, ["a", "b"]) == {}


@pytest.mark.parametrize(
    ("groups", "options", "message"),
    [
        ([], {}, "0 of 0 utterances have no group"),
        (["a", None, ""], {}, "2 of 3 .*\n  row 1: None\n  row 2: ''\nGive"),
        ([math.nan, "a"], {}, "1 of 2 .*\n  row 0: nan"),
        (["a", "b"], {"n_resamples": 0}, "n_resamples is 0"),
        (["a", "b"], {"n_resamples": 1e3}, "n_resamples is 1000.0"),
        (["a", "b"], {"level": 95}, "level is 95, expected a share"),
        (["a", "b"], {"level": 0}, "level is 0, expected a share"),
    ],
)
def test_errors(groups, options, message):
    with pytest.raises(InputError, match=message):
        bootstrap_intervals(mean_of(np.ones(len(groups))), groups, **options)


class TestOddNumbers:
    MEAN = {"mean": lambda weights: float(weights.mean())}  # noqa: RUF012

    @pytest.mark.parametrize(
        "options",
        [{"n_resamples": True}, {"level": "0.9"}, {"level": np.nan}],
    )
    def test_options(self, options):
        with pytest.raises(InputError):
            bootstrap_intervals(self.MEAN, ["a", "b"], **options)

    def test_groups_that_have_no_name(self):
        with pytest.raises(InputError, match="groups: "):
            bootstrap_intervals(self.MEAN, [["a"], ["b"]])

    @pytest.mark.parametrize("value", [np.inf, -np.inf])
    def test_an_infinite_statistic_has_no_interval(self, value):
        found = bootstrap_intervals({"odd": lambda w: value}, ["a", "b"])
        assert found == {"odd": (None, None)}

    def test_nothing_has_no_interval(self):
        assert interval_of(np.array([])) == (None, None)
