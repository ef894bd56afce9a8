"""A protocol's scores: pooled, over folds, over seeds, and against the first.

Authors
 * The turbo_sb developers 2026
"""

import statistics as stats
from collections import defaultdict

import numpy as np

from turbo_sb.evaluation.report.pooled_predictions import KINDS
from turbo_sb.metrics.bootstrap import interval, resample, speaker_groups
from turbo_sb.metrics.significance import bootstrap_p, combine, mcnemar

# The smallest two-sided p of n speakers is 2 / 2^n: below 6, never under 0.05.
FEWEST_GROUPS = 6


class Comparison:
    """Scores the methods of one protocol on the same resamples.

    The first method is what the others are compared with.
    """

    def __init__(self, methods, n_resamples=2000):
        self.methods, self.n_resamples = methods, n_resamples
        known = {}
        for pool in self._pools():
            known.update(zip(pool.keys, pool.entries))
        # An utterance of a fold, in one order for all methods and seeds.
        self.keys = sorted(known, key=lambda key: (key[0] or 0, key[1]))
        self.entries = [known[key] for key in self.keys]
        place = {key: row for row, key in enumerate(self.keys)}
        self.rows = {
            id(pool): np.array([place[key] for key in pool.keys])
            for pool in self._pools()
        }
        self.groups = speaker_groups(
            [ID for _, ID in self.keys],
            [entry.get("spk_id", "") for entry in self.entries],
        )

    def _pools(self):
        return [p for method in self.methods for p in method.pools.values()]

    def score(self) -> dict:
        """Scores on all utterances, and on each kind: "all", "kind: impro".

        Each maps a method to metric to figures.
        """
        found = {"all": self.score_all()}
        for name, mask in self._kinds().items():
            found[name] = self._score(mask)
        return found

    def score_all(self) -> dict:
        """Scores on all utterances: method to metric to figures."""
        return self._score(np.ones(len(self.keys)))

    def _kinds(self):
        """Name the parts that are reported apart: (n,) arrays of 0 and 1."""
        parts = {}
        for field in KINDS:
            values = [entry.get(field) or "" for entry in self.entries]
            if len(set(values)) > 1:
                for value in sorted(set(values) - {""}):
                    mask = np.array([v == value for v in values], float)
                    parts[f"{field}: {value}"] = mask
        return parts

    def _score(self, mask):
        """Score all methods where `mask` is 1."""
        metrics, first = self._metrics(mask), self.methods[0]
        values = resample(metrics, self.groups, self.n_resamples)
        every, scores = np.ones_like(mask), defaultdict(dict)
        n_groups = len({g for g, m in zip(self.groups, mask) if m})
        enough = n_groups >= FEWEST_GROUPS
        if n_groups < 2:  # all resamples are alike
            values = {k: np.full_like(v, np.nan) for k, v in values.items()}
        for (method, name, *difference), metric in metrics.items():
            key, value = (method, name, *difference), _number(metric(every))
            found = scores[method].setdefault(name, {})
            if difference:
                found["difference"] = value
                found["difference_interval"] = interval(values[key])
                p = bootstrap_p(values[key], n_groups) if enough else None
                found["p_bootstrap"] = p
            else:
                found.update(value=value, interval=interval(values[key]))
        for method in self.methods:
            own = scores[method.name]
            for name in method.names:
                own[name].update(self._spread(method, name, mask))
            own["n"] = self._count(method, mask)
            own["n_groups"] = n_groups
            if method is not first:
                own["p_mcnemar"] = (
                    self._mcnemar(first, method, mask)
                    if enough
                    else {"combined": None, "by_seed": []}
                )
        return dict(scores)

    def _metrics(self, mask):
        """(Method, metric) and (method, metric, "difference") to functions."""
        metrics, first = {}, self.methods[0]
        for method in self.methods:
            for name in method.names:
                key = (method.name, name)
                metrics[key] = self._mean_over_seeds(method, name, mask)
                if method is not first:
                    metrics[(*key, "difference")] = self._difference(
                        first, method, name, mask
                    )
        return metrics

    def _mean_over_seeds(self, method, name, mask):
        """A metric as a function of the weights, the mean of the seeds."""
        found = [
            (pool.statistics([name])[name], self.rows[id(pool)])
            for pool in method.pools.values()
        ]
        return lambda weights: float(
            np.mean([metric((weights * mask)[rows]) for metric, rows in found])
        )

    def _difference(self, first, method, name, mask):
        """A difference as a function of the weights.

        Only over utterances that every seed of both has: on others, one of
        them may have had the easier ones.
        """
        common = mask.copy()
        for pool in (*first.pools.values(), *method.pools.values()):
            there = np.zeros_like(mask)
            there[self.rows[id(pool)]] = 1
            common *= there
        one, other = (
            self._mean_over_seeds(each, name, common)
            for each in (first, method)
        )
        return lambda weights: other(weights) - one(weights)

    def _spread(self, method, name, mask):
        """Mean and sd over folds (of seeds' means), and sd over seeds."""
        by_fold, by_seed = defaultdict(list), []
        for pool in method.pools.values():
            metric = pool.statistics([name])[name]
            weights = mask[self.rows[id(pool)]]
            by_seed.append(metric(weights))
            folds = np.array([fold for fold, _ in pool.keys])
            for fold in sorted(set(folds)):
                by_fold[fold].append(metric(weights * (folds == fold)))
        folds = [float(np.mean(values)) for values in by_fold.values()]
        folds = [value for value in folds if not np.isnan(value)]
        return {
            "fold_mean": stats.mean(folds) if folds else None,
            "fold_sd": stats.stdev(folds) if len(folds) > 1 else None,
            "n_folds": len(folds),
            "seed_sd": _sd(by_seed),
            "n_seeds": len(by_seed),
        }

    def _count(self, method, mask):
        """How many utterances are tested, by one seed or another."""
        rows = {row for p in method.pools.values() for row in self.rows[id(p)]}
        return int(sum(mask[row] for row in rows))

    def _mcnemar(self, first, method, mask):
        """McNemar's test for each seed that both have, and all in one."""
        pairs = [(s, s) for s in method.pools if s in first.pools]
        pairs = pairs or [(a, b) for a in first.pools for b in method.pools]
        found = []
        for one, other in pairs:
            a = self._right(first.pools[one], mask)
            b = self._right(method.pools[other], mask)
            both = sorted(set(a) & set(b))
            right = [np.array([x[row] for row in both], bool) for x in (a, b)]
            if both:
                found.append(mcnemar(*right))
        combined = combine(found) if found else None
        return {"combined": combined, "by_seed": found}

    def _right(self, pool, mask):
        """Map the rows that a pool has to whether they are right."""
        rows = self.rows[id(pool)]
        return {row: r for row, r in zip(rows, pool.right) if mask[row]}


def _sd(values):
    """None of a single value, and where one of them is not defined."""
    defined = len(values) > 1 and not np.isnan(values).any()
    return float(stats.stdev(values)) if defined else None


def _number(value):
    """None for nan, which JSON does not have."""
    return None if value is None or np.isnan(value) else float(value)
