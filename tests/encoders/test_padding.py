"""Lengths and masks, by hand."""

import torch

from turbo_sb.encoders.padding import absolute, padding_mask


def test_absolute_lengths_are_at_least_1():
    assert absolute(torch.tensor([1.0, 0.5, 0.0]), 10) == [10, 5, 1]
    assert absolute([1.0, 0.5], 4) == [4, 2]


def test_mask_is_of_own_steps_and_none_without_padding():
    assert padding_mask([1, 2], 2, "cpu").tolist() == [
        [True, False],
        [True] * 2,
    ]
    assert padding_mask([2, 2], 2, "cpu") is None
