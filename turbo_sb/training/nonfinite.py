"""Record batches with a NaN or infinite loss or gradient.

Authors
 * The turbo_sb developers 2026
"""

import csv

import torch

from turbo_sb.data.csv_table import write_rows
from turbo_sb.utils.distributed import joined, on_main, world_size
from turbo_sb.utils.spreadsheets import as_given


def finite_rows(outputs: dict) -> torch.Tensor:
    """Whether all outputs of each utterance are finite: (n,) of bool."""
    found = [outputs["logits"], *outputs["views"].values()]
    # (views, n, features) each.
    rows = [torch.isfinite(part).all(dim=2).all(dim=0) for part in found]
    return torch.stack(rows).all(dim=0)


def note_batch(path, epoch, step, loss, ids, finite) -> None:
    """Write a batch to a CSV, one utterance a line; replace it if it comes again."""
    before = []
    if path.exists():
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))[1:]
        before = [[as_given(cell) for cell in row] for row in rows]
    now = [str(epoch), str(step)]
    # A run that was killed and goes on may have been here before.
    rows = [row for row in before if row[:2] != now]
    for name, is_finite in zip(ids, finite):
        rows.append([*now, loss, name, "yes" if is_finite else "no"])
    write_rows(path, [["epoch", "step", "loss", "ID", "finite"], *rows])


def tell_batch(path, epoch, step, loss, noted) -> str:
    """Record a batch of all processes; return a message that is the same in all."""
    ids, finite = _of_all_processes(
        [name for names, _, _ in noted for name in names],
        [each for _, rows, _ in noted for each in rows.tolist()],
    )
    facts = dict(epoch=epoch, step=step, loss=loss)
    on_main(note_batch, path=path, ids=ids, finite=finite, **facts)
    odd = [name for name, is_finite in zip(ids, finite) if not is_finite]
    return (
        f"epoch {epoch}, step {step}: the loss is {loss}, or a gradient is NaN "
        f"or infinite; no step was taken. {len(odd)} of {len(ids)} utterances "
        f"have such outputs{f', the first is {odd[0]}' if odd else ''}: {path}."
    )


def _of_all_processes(*lists):
    """Each list, joined with those of the others, in the order of the ranks."""
    parts = [lists]
    if together := joined():
        parts = [None] * world_size()
        together.all_gather_object(parts, lists)
    return [sum(columns, []) for columns in zip(*parts)]
