"""Who was in a batch whose loss is NaN or infinite."""

import csv
import math

import torch

from turbo_sb.training.nonfinite import finite_rows, note_batch


def test_rows_of_all_views_and_modalities_count():
    outputs = {
        "logits": torch.zeros(2, 4, 3),
        "views": {"audio": torch.zeros(2, 4, 5), "text": torch.zeros(2, 4, 6)},
    }
    outputs["logits"][1, 0, 2] = math.inf
    outputs["views"]["audio"][0, 1, 4] = math.nan
    outputs["views"]["text"][1, 3, 0] = -math.inf
    assert finite_rows(outputs).tolist() == [False, False, True, False]


def test_batch_that_comes_again_is_noted_once(tmp_path):
    """As after a kill; the others stay."""
    path = tmp_path / "nonfinite.csv"
    for step, ids in ((1, ["a", "b"]), (2, ["c"]), (1, ["a", "b"])):
        note_batch(path, 3, step, math.nan, ids, [True] * len(ids))
    with open(path, newline="") as file:
        found = [(row["step"], row["ID"]) for row in csv.DictReader(file)]
    assert found == [("2", "c"), ("1", "a"), ("1", "b")]
