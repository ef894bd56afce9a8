"""Record batches with a NaN or infinite loss or gradient.

Authors
 * The turbo_sb developers 2026
"""

import csv

import torch

from turbo_sb.utils.distributed import joined, on_main, world_size
from turbo_sb.utils.files import replacing


def finite_rows(outputs):
    """Which utterances of a batch have embeddings and logits that are numbers.

    Arguments
    ---------
    outputs : dict
        Of `TurboModel`.

    Returns
    -------
    finite : (n,) torch.Tensor
        Of bool.

    Example
    -------
    >>> import torch
    >>> logits = torch.tensor([[[0.0, 1.0], [float("nan"), 0.0]]])
    >>> finite_rows({"logits": logits, "views": {}})
    tensor([ True, False])
    """
    found = [outputs["logits"], *outputs["views"].values()]
    # (views, n, features) each.
    rows = [torch.isfinite(part).all(dim=2).all(dim=0) for part in found]
    return torch.stack(rows).all(dim=0)


def note_batch(path, epoch, step, loss, ids, finite):
    """Write a batch to a CSV, one utterance a line; once, if it comes again.

    Arguments
    ---------
    path : pathlib.Path
        The CSV: epoch, step, loss, ID, and whether the model's outputs for
        the utterance are all numbers, "yes" or "no".
    epoch : int
        From 1.
    step : int
        Of the epoch, from 1.
    loss : float
        Of the batch.
    ids : list of str
        Its utterances.
    finite : list of bool
        As in `finite_rows`.

    Example
    -------
    >>> path = getfixture("tmp_path") / "nonfinite.csv"
    >>> note_batch(path, 1, 7, float("nan"), ["a", "b"], [True, False])
    >>> path.read_text().split()[-1]
    '1,7,nan,b,no'
    """
    before = []
    if path.exists():
        with open(path, encoding="utf-8", newline="") as file:
            before = list(csv.reader(file))[1:]
    now = [str(epoch), str(step)]
    with (
        replacing(path) as draft,
        open(draft, "w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["epoch", "step", "loss", "ID", "finite"])
        # A run that was killed and goes on may have been here before.
        writer.writerows(row for row in before if row[:2] != now)
        for name, is_finite in zip(ids, finite):
            writer.writerow([*now, loss, name, "yes" if is_finite else "no"])


def tell_batch(path, epoch, step, loss, noted):
    """Note a batch of all processes, and say who is in it.

    Arguments
    ---------
    path : pathlib.Path
        As in `note_batch`.
    epoch : int
        As in `note_batch`.
    step : int
        As in `note_batch`.
    loss : float
        As in `note_batch`.
    noted : list of (list of str, (n,) torch.Tensor, object)
        This process's utterances, and `finite_rows` of them.

    Returns
    -------
    message : str
        The same in all processes.
    """
    ids, finite = _of_all_processes(
        [name for names, _, _ in noted for name in names],
        [each for _, rows, _ in noted for each in rows.tolist()],
    )
    facts = dict(epoch=epoch, step=step, loss=loss)
    on_main(note_batch, path=path, ids=ids, finite=finite, **facts)
    odd = [name for name, is_finite in zip(ids, finite) if not is_finite]
    return (
        f"epoch {epoch}, step {step}: the loss is {loss}, or a gradient is no "
        f"number; no step was taken. {len(odd)} of {len(ids)} utterances have "
        f"such outputs{f', the first is {odd[0]}' if odd else ''}: {path}."
    )


def _of_all_processes(*lists):
    """Each list, joined with those of the others, in the order of the ranks."""
    parts = [lists]
    if together := joined():
        parts = [None] * world_size()
        together.all_gather_object(parts, lists)
    return [sum(columns, []) for columns in zip(*parts)]
