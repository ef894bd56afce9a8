"""Parameters are counted, and memory that was held shows."""

import subprocess
import sys

import pytest
import torch

from turbo_sb.training.cost import measure_cost


def test_parameters_are_counted():
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Linear(2, 1))
    model[1].weight.requires_grad = False
    cost = measure_cost(model, "cpu")
    assert (cost["parameters"], cost["trainable_parameters"]) == (11, 9)


@pytest.mark.slow
def test_memory_that_was_held_and_freed_counts():
    code = """if True:
        import torch
        from turbo_sb.training.cost import measure_cost
        model = torch.nn.Linear(1, 1)
        before = measure_cost(model, "cpu")["peak_memory_mb"]
        held = torch.ones(2 ** 26)
        del held
        print(measure_cost(model, "cpu")["peak_memory_mb"] - before)
    """
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert 200 < int(found.stdout) < 320
