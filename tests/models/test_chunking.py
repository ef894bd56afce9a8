"""Chunks hold each row once, and no other grouping costs less."""

import itertools

import numpy as np
import pytest

from turbo_sb.models.chunking import (
    chunk_by_cost,
    chunk_by_limit,
    longest_first,
    start_in_frames,
)


def cost(chunks, lengths, start):
    """As defined: a start, and as many frames as the padded chunk has."""
    total = 0
    for rows in chunks:
        total += start + len(rows) * max(lengths[row] for row in rows)
    return total


def groupings(rows):
    """All sets of groups of these rows, whatever their order."""
    if not rows:
        yield []
        return
    first, rest = rows[0], rows[1:]
    for size in range(len(rest) + 1):
        for mates in itertools.combinations(rest, size):
            left = [row for row in rest if row not in mates]
            for others in groupings(left):
                yield [[first, *mates], *others]


class TestLimit:
    def test_by_hand(self):
        found = chunk_by_limit([10, 4, 5, 1, 9], limit=20)
        assert found == [[0, 4], [2, 1, 3]]  # 2 of 10, 3 of 5

    @pytest.mark.parametrize("limit", [1, 7, 20, 64, 1000])
    def test_each_row_is_in_one_and_no_chunk_is_too_large(self, limit):
        lengths = np.random.default_rng(1).integers(1, 30, 50).tolist()
        chunks = chunk_by_limit(lengths, limit)
        assert sorted(sum(chunks, [])) == list(range(50))
        for chunk in chunks:
            size = len(chunk) * max(lengths[row] for row in chunk)
            assert size <= limit or len(chunk) == 1

    def test_equal_lengths_stay_in_order(self):
        assert chunk_by_limit([4] * 6, limit=8) == [[0, 1], [2, 3], [4, 5]]


class TestCost:
    @pytest.mark.parametrize("start", [0, 0.5, 3, 10, 1000])
    @pytest.mark.parametrize("seed", range(3))
    def test_no_grouping_costs_less(self, start, seed):
        """All 877 groupings of seven rows, of sorted rows or not."""
        lengths = np.random.default_rng(seed).integers(1, 20, 7).tolist()
        best = min(cost(g, lengths, start) for g in groupings(range(7)))
        chunks = chunk_by_cost(lengths, start)
        assert sorted(sum(chunks, [])) == list(range(7))
        assert cost(chunks, lengths, start) == pytest.approx(best)

    def test_free_chunks_are_of_one_length(self):
        chunks = chunk_by_cost([5, 3, 5, 1], start=0)
        assert sum(chunks, []) == [0, 2, 1, 3]
        assert all(len({[5, 3, 5, 1][r] for r in c}) == 1 for c in chunks)

    def test_dear_chunks_are_one(self):
        assert chunk_by_cost([2, 9, 5], start=1e6) == [[1, 2, 0]]

    @pytest.mark.parametrize("most", [1, 8, 20, 45, 100])
    @pytest.mark.parametrize("seed", range(3))
    def test_nor_one_whose_chunks_hold_no_more(self, most, seed):
        """Of groupings whose chunks of several rows are within a limit."""

        def fits(chunks):
            sizes = [len(c) * max(lengths[row] for row in c) for c in chunks]
            return all(s <= most for s, c in zip(sizes, chunks) if len(c) > 1)

        lengths = np.random.default_rng(seed).integers(1, 20, 7).tolist()
        allowed = filter(fits, groupings(range(7)))
        best = min(cost(g, lengths, 6) for g in allowed)
        chunks = chunk_by_cost(lengths, 6, most)
        assert fits(chunks)
        assert cost(chunks, lengths, 6) == pytest.approx(best)

    def test_a_row_alone(self):
        assert chunk_by_cost([3], start=1) == [[0]]


def test_the_longest_first():
    assert longest_first([1, 3, 1, 2]) == [1, 3, 0, 2]


def test_a_start_is_worth_more_frames_where_frames_are_cheap():
    of_768 = start_in_frames(768, "cpu")
    assert start_in_frames(384, "cpu") == pytest.approx(4 * of_768)
    assert start_in_frames(768, "cpu", n_views=2) == pytest.approx(of_768 / 2)
    assert start_in_frames(768, "cuda") > 1000 * of_768
    assert start_in_frames(768, "xpu") == start_in_frames(768, "cuda")
