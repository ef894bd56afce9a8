"""Losses and metrics of any numbers, against loops in exact arithmetic."""

import math
from operator import mul

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests import references
from tests.properties.doors import REFUSED, value_or_refusal
from turbo_sb.losses import info_nce
from turbo_sb.metrics import (
    alignment,
    equal_error_rate,
    mcnemar,
    roc_auc,
    uniformity,
    unweighted_accuracy,
    weighted_accuracy,
)

SHAPES = st.tuples(st.integers(1, 5), st.integers(1, 4))


LARGEST = {16: 0x7BFF, 32: 0x7F7FFFFF}  # the bits of the largest finite number


@st.composite
def pairs_of_rows(draw, width):
    """Two arrays of one shape, of all finite numbers of this width."""
    # By their bits: Hypothesis's own floats of 16 bits are filtered ones.
    bits = st.integers(0, LARGEST[width])
    bits |= bits.map(lambda number: number | 1 << width - 1)
    plain = [np.float64(x).astype(f"f{width // 8}") for x in (0, 0.5, 1, -2)]
    bits |= st.sampled_from([int(x.view(f"u{width // 8}")) for x in plain])
    shape = draw(SHAPES)
    found = [draw(arrays(f"u{width // 8}", shape, elements=bits)) for _ in "ab"]
    return [array.view(f"f{width // 8}") for array in found]


def units(rows):
    """Each row over its length; a row of zeros stays."""
    lengths = [math.hypot(*row) or 1 for row in rows]
    return [[x / n for x in row] for row, n in zip(rows, lengths)]


def cosines(anchors, positives):
    """By math.hypot, which neither overflows nor loses small numbers."""
    left, right = (units(array) for array in (anchors, positives))
    return [[math.fsum(map(mul, a, p)) for p in right] for a in left]


def naive_info_nce(similarities, temperature):
    """Mean over rows of -log softmax at the diagonal."""
    losses = []
    for i, row in enumerate(similarities):
        own = row[i]
        total = math.fsum(math.exp((s - own) / temperature) for s in row)
        losses.append(math.log(total))
    return math.fsum(losses) / len(losses)


def check_info_nce(rows):
    anchors, positives = (torch.from_numpy(array) for array in rows)
    anchors.requires_grad_()
    loss = info_nce(anchors, positives, temperature=0.5)
    cos = cosines(*(array.tolist() for array in rows))
    assert math.isclose(
        loss.item(), naive_info_nce(cos, 0.5), rel_tol=1e-4, abs_tol=1e-5
    )
    return loss, anchors


@given(pairs_of_rows(width=32))
def test_info_nce_float32(rows):
    """Also rows whose squares overflow, or vanish."""
    check_info_nce(rows)


@given(pairs_of_rows(width=16))
def test_info_nce_float16(rows):
    """In half precision, the gradient is finite wherever it fits in it."""
    loss, anchors = check_info_nce(rows)
    loss.backward()
    smallest = min(np.abs(row).max() for row in rows[0])
    if smallest > 2**-10:
        assert anchors.grad.isfinite().all()


SCORES = st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from(
    [0.0, -0.0, 0.5, 1.0]
)


@given(st.lists(st.tuples(SCORES, st.integers(0, 2)), max_size=12))
def test_detection(pairs):
    """Equal error rate and area under the ROC curve."""
    scores, targets = [s for s, _ in pairs], [t for _, t in pairs]
    found = value_or_refusal(equal_error_rate, scores, targets)
    area = value_or_refusal(roc_auc, scores, targets)
    good = set(targets) == {0, 1} and all(map(math.isfinite, scores))
    assert (found is not REFUSED) == (area is not REFUSED) == good
    if good:
        expected = references.equal_error_rate(scores, targets)
        assert math.isclose(found[0], expected, abs_tol=1e-12)
        wins = [
            (a > b) + (a == b) / 2 for a, t in pairs for b, u in pairs if t > u
        ]
        assert math.isclose(area, np.mean(wins), abs_tol=1e-12)


CLASSES = st.integers(-1, 3)


@given(st.lists(st.tuples(CLASSES, CLASSES), max_size=12))
def test_accuracy(pairs):
    """Weighted and unweighted accuracy."""
    found = [p for p, _ in pairs]
    targets = [t for _, t in pairs]
    weighted = value_or_refusal(weighted_accuracy, found, targets)
    unweighted = value_or_refusal(unweighted_accuracy, found, targets, 4)
    if weighted is not REFUSED:
        assert math.isclose(weighted, np.mean(np.equal(found, targets)))
    if unweighted is not REFUSED:
        expected = np.mean(references.recalls(found, targets))
        assert math.isclose(unweighted, expected)
    if pairs and min(min(pair) for pair in pairs) >= 0:
        assert weighted is not REFUSED and unweighted is not REFUSED


@given(pairs_of_rows(width=32), st.booleans())
def test_geometry(rows, normalize):
    """Alignment and uniformity have the value of their definitions."""
    audio, text = (torch.from_numpy(array) for array in rows)
    spread = value_or_refusal(uniformity, audio, normalize=normalize)
    together = value_or_refusal(alignment, audio, text, normalize=normalize)
    if not normalize:
        return
    scaled = [units(array.tolist()) for array in rows]
    apart = [math.dist(a, t) ** 2 for a, t in zip(*scaled)]
    assert math.isclose(together, np.mean(apart), abs_tol=1e-6)
    n = len(scaled[0])
    assert (spread is REFUSED) == (n < 2)
    if n > 1:
        potentials = [
            math.exp(-2 * math.dist(scaled[0][i], scaled[0][j]) ** 2)
            for i in range(n)
            for j in range(i)
        ]
        assert math.isclose(spread, math.log(np.mean(potentials)), abs_tol=1e-6)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1))
def test_mcnemar(pairs):
    """A p-value that does not depend on the order of the two."""
    first, second = map(np.array, zip(*pairs))
    p = mcnemar(first, second)
    assert 0 < p <= 1 and p == mcnemar(second, first)
