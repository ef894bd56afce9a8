"""Rows of length 1, at the ends of their type too."""

import pytest
import torch
import torch.nn.functional as F

from turbo_sb.utils.unit_rows import unit_rows

ROWS = torch.randn(6, 8, generator=torch.Generator().manual_seed(0))


def pulled(function, rows):
    """The rows and the gradient of some function of them."""
    rows = rows.clone().requires_grad_()
    found = function(rows)
    (found * torch.arange(8).to(found)).sum().backward()
    return found.detach(), rows.grad


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("scale", [1e-9, 1e-3, 1, 1e3, 1e15])
def test_ordinary_rows_are_pytorchs_to_the_bit(dtype, scale):
    rows = ROWS.to(dtype) * scale
    found = pulled(unit_rows, rows)
    expected = pulled(lambda x: F.normalize(x, dim=-1), rows)
    for one, two in zip(found, expected):
        assert one.numpy().tobytes() == two.numpy().tobytes()


@pytest.mark.parametrize(
    ("dtype", "scales"),
    [
        (torch.float32, [1e19, 1e37, 1e-13, 1e-25, 1e-37]),
        (torch.float64, [1e160, 1e307, 1e-13, 1e-170, 1e-307]),
    ],
)
def test_a_length_that_overflows_or_vanishes(dtype, scales):
    expected = F.normalize(ROWS.double(), dim=-1)
    for scale in scales:
        found, gradient = pulled(unit_rows, (ROWS.double() * scale).to(dtype))
        torch.testing.assert_close(found.double(), expected, rtol=0, atol=1e-6)
        assert gradient.isfinite().all() and gradient.abs().max() <= 2e12


def test_extreme_rows_leave_the_others_alone():
    mixed = ROWS.clone()
    mixed[1], mixed[2], mixed[3] = mixed[1] * 1e30, mixed[2] * 1e-30, 0
    found, gradient = pulled(unit_rows, mixed)
    expected = pulled(lambda x: F.normalize(x, dim=-1), ROWS)
    for k in (0, 4, 5):
        assert torch.equal(found[k], expected[0][k])
        assert torch.equal(gradient[k], expected[1][k])
    torch.testing.assert_close(found[:3], expected[0][:3])
    assert not found[3].any()


def test_the_direction_of_a_bounded_gradient_is_right():
    expected = pulled(unit_rows, ROWS)[1]
    found = pulled(unit_rows, ROWS * 1e-20)[1]
    torch.testing.assert_close(
        F.normalize(found, dim=-1), F.normalize(expected, dim=-1)
    )


@pytest.mark.parametrize("value", [torch.inf, -torch.inf, torch.nan])
def test_what_is_not_finite_stays_so(value):
    rows = ROWS.clone()
    rows[2, 3] = value
    found = unit_rows(rows)
    assert found[2].isnan().any()
    assert torch.equal(found[:2], F.normalize(ROWS, dim=-1)[:2])


def test_nothing_at_all():
    assert unit_rows(torch.ones(0, 3)).shape == (0, 3)
    assert unit_rows(torch.ones(3, 0)).shape == (3, 0)
