"""One batch of several processes, with its gradient.

A contrastive loss depends on all pairs of a batch. Each process embeds its own
rows; here every one of them gets all rows, and computes the loss of the whole
batch. What DistributedDataParallel then averages over W processes is exact,
whatever the sizes of their parts: the gradient that reaches a row is the sum of
W equal ones, and the average of its parameters' gradients divides by W.

Only its own rows' loss on each process, times W / N, is the same gradient for a
mean over rows, but not for a log of a sum (`reduction`), and the losses that
are logged would have to be gathered as well.

Authors
 * The turbo_sb developers 2026
"""

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch.distributed._functional_collectives import (
    all_gather_single_autograd,
)


def gather_batch(outputs, columns, sizes) -> tuple[dict, dict]:
    """What a model made of a batch, of all processes, in one collective.

    Arguments
    ---------
    outputs : dict
        Of `TurboModel`: ``logits``, (views, n, classes), and ``views``, name
        to (views, n, dim) torch.Tensor.
    columns : dict
        Name to (n,) torch.Tensor of integers below 2 ** 24.
    sizes : list of int
        n of each process.

    Returns
    -------
    outputs : dict
        The same of all rows, in the order of the ranks, in float32 or better;
        as they came where there is one process.
    columns : dict
        The same of all rows.
    """
    if len(sizes) == 1:
        return outputs, columns
    parts = [outputs["logits"], *outputs["views"].values()]
    # float32 also under autocast; a row's integers are exact in it.
    dtype = torch.promote_types(parts[0].dtype, torch.float32)
    flat = [part.to(dtype).transpose(0, 1).flatten(1) for part in parts]
    numbers = torch.stack(list(columns.values()), dim=1).to(flat[0])
    widths = [one.shape[1] for one in (numbers, *flat)]
    rows = _gather_rows(torch.cat([numbers, *flat], dim=1), sizes)
    numbers, *flat = rows.split(widths, dim=1)
    logits, *views = (
        one.unflatten(1, (len(part), -1)).transpose(0, 1)
        for one, part in zip(flat, parts)
    )
    numbers = numbers.detach().long().unbind(dim=1)
    gathered = {
        "logits": logits,
        "views": dict(zip(outputs["views"], views)),
    }
    return gathered, dict(zip(columns, numbers))


def _gather_rows(rows, sizes):
    """A collective takes equal shapes: rows of zeros are added, and dropped."""
    most = max(sizes)
    rows = F.pad(rows, (0, 0, 0, most - len(rows)))
    own = [r * most + i for r, size in enumerate(sizes) for i in range(size)]
    index = torch.tensor(own).to(rows.device, non_blocking=True)
    gathered = all_gather_single_autograd(rows, 0, dist.group.WORLD)
    return gathered.index_select(0, index)
