"""The Turbo loss: InfoNCE in and across modalities, Eq. 4 of the paper.

A view is one dropout draw of one modality's embedding. The losses take
``views``, modality name to views; two modalities of two views give six terms.

Authors
 * The turbo_sb developers 2026
"""

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

import torch

from turbo_sb.losses.infonce import check_options, info_nce
from turbo_sb.utils.errors import InputError


def view_pairs(
    views: Mapping[str, Sequence[torch.Tensor]],
) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    """Name every (anchor, positive) pair, in the order of the paper's Eq. 4.

    First pairs of views of one modality ("in"), then every view of one modality
    against every view of another ("cross").
    """
    pairs = {}
    for name, own in views.items():
        for i, j in combinations(range(len(own)), 2):
            numbers = "" if len(own) == 2 else f"{i + 1}-{j + 1}"
            pairs[f"in/{name}{numbers}"] = (own[i], own[j])
    for first, second in combinations(views, 2):
        for i, anchors in enumerate(views[first], start=1):
            for j, positives in enumerate(views[second], start=1):
                pairs[f"cross/{first}{i}-{second}{j}"] = (anchors, positives)
    return pairs


def turbo_terms(
    views: Mapping[str, Sequence[torch.Tensor]],
    temperature: float | torch.Tensor = 0.07,
    symmetric: bool = False,
    **options,
) -> dict[str, torch.Tensor]:
    """InfoNCE of every pair of views.

    Arguments
    ---------
    views : dict
        Modality name to a sequence of (batch, dim) torch.Tensor, its views:
        ``{"audio": (a1, a2), "text": (t1, t2)}``, or any number of
        modalities and views.
    temperature : float or () torch.Tensor
        As in `info_nce`.
    symmetric : bool
        As in `info_nce`.
    **options
        `info_nce`'s other keywords: similarity, reduction, ids, block.

    Returns
    -------
    terms : dict
        Term name to () torch.Tensor.

    Raises
    ------
    InputError
        If there is no pair: one modality of one view.

    Example
    -------
    >>> same = (torch.ones(4, 2), torch.ones(4, 2))
    >>> turbo_terms({"audio": same, "text": same})["in/audio"]
    tensor(1.3863)
    """
    pairs = view_pairs(views)
    if not pairs:
        raise InputError(
            "A contrastive loss needs two views or two modalities; came: "
            f"{ {name: len(own) for name, own in views.items()} }."
        )
    return {
        name: info_nce(*pair, temperature, symmetric, **options)
        for name, pair in pairs.items()
    }


def turbo_loss(
    views: Mapping[str, Sequence[torch.Tensor]],
    temperature: float | torch.Tensor = 0.07,
    symmetric: bool = False,
    **options,
) -> torch.Tensor:
    """The sum of `turbo_terms`, Eq. 4 of the Turbo paper.

    Arguments
    ---------
    views : dict
        As in `turbo_terms`.
    temperature : float or () torch.Tensor
        As in `info_nce`.
    symmetric : bool
        As in `info_nce`.
    **options
        `info_nce`'s other keywords: similarity, reduction, ids, block.

    Returns
    -------
    loss : () torch.Tensor
        In nats; 6 log(batch) for two modalities of equal embeddings.

    Example
    -------
    >>> same = (torch.ones(4, 2), torch.ones(4, 2))
    >>> turbo_loss({"audio": same, "text": same})
    tensor(8.3178)
    """
    return sum(turbo_terms(views, temperature, symmetric, **options).values())


class TurboLoss(torch.nn.Module):
    """`turbo_loss` with its settings, as the YAML builds it.

    Arguments
    ---------
    temperature : float
        Divides the similarities; > 0.
    learnable_temperature : bool
        Whether to train log(1 / temperature), clamped to [0, log 100] as in
        CLIP: `temperature`, where it starts, is within [0.01, 1]. Then the
        loss has a parameter: list it in the YAML's `modules`.
    symmetric : bool
        Whether each term averages both directions.
    similarity : str
        "cosine" or "dot".
    reduction : str
        Over the batch: "mean", "sum" or "log_of_sum".
    term_weights : dict, optional
        Weight of a term by its name ("in/audio", "cross/audio1-text2", ...)
        or of a family by "in" or "cross"; the name wins, the rest weighs 1.

    Example
    -------
    >>> same = (torch.ones(4, 2), torch.ones(4, 2))
    >>> loss = TurboLoss(temperature=0.07, term_weights={"in": 0})
    >>> loss({"audio": same, "text": same})  # 4 log(4)
    tensor(5.5452)
    >>> list(loss.terms({"audio": same, "text": same}))[:2]
    ['cross/audio1-text1', 'cross/audio1-text2']
    """

    n_views = 2  # of each modality, in training

    def __init__(
        self,
        temperature: float = 0.07,
        learnable_temperature: bool = False,
        symmetric: bool = False,
        similarity: str = "cosine",
        reduction: str = "mean",
        term_weights: dict[str, float] | None = None,
    ):
        super().__init__()
        check_options(similarity, reduction, temperature)
        self.fixed_temperature = temperature
        self.log_scale = None
        if learnable_temperature:
            if not 0.01 <= temperature <= 1:
                raise InputError(
                    f"temperature: {temperature} is not in [0.01, 1], within "
                    "which learnable_temperature trains it."
                )
            start = torch.tensor(-math.log(temperature))
            self.log_scale = torch.nn.Parameter(start)
        self.options = dict(
            symmetric=symmetric, similarity=similarity, reduction=reduction
        )
        self.term_weights = dict(term_weights or {})
        for name, weight in self.term_weights.items():
            family = str(name).split("/")[0]
            if family not in ("in", "cross") or type(weight) is str:
                raise InputError(
                    f"term_weights: {name}: {weight} is invalid. Names begin "
                    "with in or cross, and weights are numbers."
                )

    @property
    def temperature(self) -> float | torch.Tensor:
        """The temperature in force: a float, or a () tensor when learnable."""
        if self.log_scale is None:
            return self.fixed_temperature
        # In place: with a clamp in the graph, the gradient beyond it is 0.
        with torch.no_grad():
            self.log_scale.clamp_(0, math.log(100))
        return torch.exp(-self.log_scale)

    def forward(
        self,
        views: Mapping[str, Sequence[torch.Tensor]],
        ids: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """The sum of `terms`.

        Arguments
        ---------
        views : dict
            As in `turbo_terms`.
        ids : (batch,) torch.Tensor, optional
            Rows with equal ids are not negatives of each other.

        Returns
        -------
        loss : () torch.Tensor
            In nats.
        """
        return sum(self.terms(views, ids).values())

    def terms(
        self,
        views: Mapping[str, Sequence[torch.Tensor]],
        ids: torch.Tensor | None = None,
    ) -> dict[str, torch.Tensor]:
        """The terms that the loss is the sum of.

        Arguments
        ---------
        views : dict
            As in `turbo_terms`.
        ids : (batch,) torch.Tensor, optional
            Rows with equal ids are not negatives of each other.

        Returns
        -------
        terms : dict
            Term name to () torch.Tensor, times its weight; a term of weight
            0 is neither computed nor returned.
        """
        pairs = view_pairs(views)
        weights = {name: self._weight(name) for name in pairs}
        self._check_weights(pairs)
        temperature = self.temperature
        return {
            name: weights[name]
            * info_nce(*pair, temperature, ids=ids, **self.options)
            for name, pair in pairs.items()
            if weights[name] != 0
        }

    def _weight(self, name):
        family = name.split("/")[0]
        return self.term_weights.get(name, self.term_weights.get(family, 1))

    def _check_weights(self, pairs):
        """Reject unknown terms, and weights that are all 0."""
        known = {"in", "cross", *pairs}
        unknown = sorted(set(self.term_weights) - known)
        if unknown:
            raise InputError(
                f"term_weights: unknown terms {unknown}; the terms are "
                f"{sorted(known)}."
            )
        if all(self._weight(name) == 0 for name in pairs):
            raise InputError(
                "term_weights: all weights are 0. Use lambda_ce: 1 to train "
                "without a contrastive loss."
            )


class CrossModalLoss(TurboLoss):
    """The paper's +CL_cross baseline: one cross-modal term of a single pass.

    "Similar to CLAP", hence symmetric by default; the rest is `TurboLoss`.

    Arguments
    ---------
    symmetric : bool
        Whether the term averages both directions.
    **settings
        `TurboLoss`'s other arguments.

    Example
    -------
    >>> same = torch.ones(1, 4, 2)
    >>> CrossModalLoss()({"audio": same, "text": same})
    tensor(1.3863)
    """

    n_views = 1

    def __init__(self, symmetric: bool = True, **settings):
        super().__init__(symmetric=symmetric, **settings)
