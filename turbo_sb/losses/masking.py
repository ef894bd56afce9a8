"""Which rows of a batch are no negatives of each other.

Authors
 * The turbo_sb developers 2026
"""


def false_negatives(ids, rows=slice(None), columns=slice(None)):
    """Where two different rows of the batch share an id.

    Arguments
    ---------
    ids : (batch,) torch.Tensor
        Of whole numbers.
    rows : slice
        Which rows of the (batch, batch) mask to make.
    columns : slice
        Which columns: `rows` again, or none that is among the rows.

    Returns
    -------
    mask : (rows, columns) torch.Tensor
        bool, false on the batch's diagonal.

    Example
    -------
    >>> import torch
    >>> false_negatives(torch.tensor([5, 3, 5]))
    tensor([[False, False,  True],
            [False, False, False],
            [ True, False, False]])
    """
    same = ids[rows, None] == ids[None, columns]
    return same.fill_diagonal_(False) if rows == columns else same
