"""Ranks of given sizes train one step; their gradients go into a file.

Run by tests/training/test_ddp_gather.py in forks: sizes, options of the losses,
then the file.

Authors
 * The turbo_sb developers 2026
"""

import json
import sys

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

from turbo_sb.losses import JointLoss, TurboLoss
from turbo_sb.training.ddp_gather import gather_batch
from turbo_sb.utils.distributed import part
from turbo_sb.utils.errors import plain_errors

WIDE, DIM, CLASSES = 5, 4, 3


class Towers(torch.nn.Module):
    """A linear layer a modality, and a classifier; two views."""

    def __init__(self):
        super().__init__()
        self.towers = torch.nn.ModuleDict(
            {name: torch.nn.Linear(WIDE, DIM) for name in ("audio", "text")}
        )
        self.classifier = torch.nn.Linear(2 * DIM, CLASSES)

    def forward(self, inputs):
        views = {k: tower(inputs[k]) for k, tower in self.towers.items()}
        joint = torch.cat(list(views.values()), dim=-1)
        return {"views": views, "logits": self.classifier(joint)}


def make_batch(n):
    """Two views of each modality, (views, n, features); labels; ids."""
    generator = torch.Generator().manual_seed(0)
    inputs = {
        name: torch.randn(2, n, WIDE, generator=generator, dtype=torch.float64)
        for name in ("audio", "text")
    }
    targets = torch.randint(CLASSES, (n,), generator=generator)
    ids = torch.arange(n) // 2  # each twice, as a sampler repeats
    return inputs, {"targets": targets, "ids": ids}


def make_model(options):
    """The same weights everywhere."""
    torch.manual_seed(1)
    contrastive = TurboLoss(learnable_temperature=True, **options)
    return Towers().double(), JointLoss(contrastive, lambda_ce=0.3).double()


def step(model, loss, inputs, columns, sizes):
    """Forward and backward of this process's rows."""
    outputs, columns = gather_batch(model(inputs), columns, sizes)
    value, _ = loss(outputs, columns["targets"], columns["ids"])
    value.backward()
    return value.item()


def gradients(model, loss):
    named = [*model.named_parameters(), *loss.named_parameters()]
    return {k.removeprefix("module."): p.grad.tolist() for k, p in named}


def main(sizes, options, path):
    dist.init_process_group("gloo")
    inputs, columns = make_batch(sum(sizes))
    first = sum(sizes[: dist.get_rank()])
    own = slice(first, first + sizes[dist.get_rank()])
    inputs = {name: views[:, own] for name, views in inputs.items()}
    columns = {name: column[own] for name, column in columns.items()}
    model, loss = map(DistributedDataParallel, make_model(options))
    value = step(model, loss, inputs, columns, sizes)
    if dist.get_rank() == 0:
        with open(path, "w", encoding="utf-8") as file:
            json.dump([value, gradients(model, loss)], file)
    half = {"logits": torch.zeros(1, 1, 2, dtype=torch.bfloat16), "views": {}}
    kept, _ = gather_batch(half, {"n": torch.zeros(1).long()}, [1] * len(sizes))
    assert kept["logits"].dtype == torch.float32  # the loss is, under autocast
    part()


if __name__ == "__main__":
    with plain_errors():
        main(json.loads(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3])
