"""A batch whose utterances may lack their audio or their words.

Authors
 * The turbo_sb developers 2026
"""

import torch

from turbo_sb.encoders.padding import absolute
from turbo_sb.utils.errors import InputError


def classify_rows(model, embedded, n):
    """Probabilities, with zeros for what a row lacks.

    Arguments
    ---------
    model : TurboModel
        In evaluation mode.
    embedded : dict
        Of `turbo_sb.inference.joint_space.embed_rows`.
    n : int
        Utterances of the batch.

    Returns
    -------
    probabilities : (n, classes) torch.Tensor
        In float64, on the host: each row sums to 1.

    Raises
    ------
    InputError
        If an utterance has nothing that the model takes, or what it finds is
        NaN.
    """
    found, covered = torch.zeros(n, model.classifier.out_features), set()
    found = found.double()
    for rows, views in by_what_is_there(embedded):
        # Of one view, which the model has in front.
        views = {name: values[None] for name, values in views.items()}
        logits = model.classify(views)[0]
        # On the host: some devices have no float64.
        found[rows] = logits.cpu().double().softmax(dim=-1)
        covered.update(rows.tolist())
    if missing := sorted(set(range(n)) - covered):
        raise InputError(
            f"utterance {missing[0] + 1} of {n}: nothing to classify: this "
            f"model takes {' and '.join(model.encoders)}."
        )
    if found.isnan().any():
        row = int(found.isnan().any(dim=1).nonzero()[0])
        raise InputError(
            f"utterance {row + 1} of {n}: what the model finds is no number. "
            "Are its weights, and the waveform, finite?"
        )
    return found


def by_what_is_there(embedded):
    """Group rows by the modalities that they have.

    Arguments
    ---------
    embedded : dict
        Modality to its rows' numbers, (n,) torch.LongTensor, and their
        embeddings, (n, dim) torch.Tensor.

    Returns
    -------
    groups : list of (torch.LongTensor, dict)
        Row numbers, and modality to (rows, dim) torch.Tensor.

    Example
    -------
    >>> audio = torch.tensor([0, 2]), torch.ones(2, 3)
    >>> text = torch.tensor([2]), torch.ones(1, 3)
    >>> for rows, views in by_what_is_there({"audio": audio, "text": text}):
    ...     print(rows.tolist(), list(views))
    [0] ['audio']
    [2] ['audio', 'text']
    """
    places = {
        name: {row: place for place, row in enumerate(rows.tolist())}
        for name, (rows, _) in embedded.items()
    }
    groups = {}
    for row in sorted(set().union(*places.values())):
        present = tuple(name for name in places if row in places[name])
        groups.setdefault(present, []).append(row)
    return [
        (
            torch.tensor(rows),
            {
                name: embedded[name][1][[places[name][row] for row in rows]]
                for name in present
            },
        )
        for present, rows in groups.items()
    ]


def unpad(wavs, wav_lens=None, texts=None):
    """A batch by its rows.

    Arguments
    ---------
    wavs : (batch, samples) torch.Tensor, optional
        Padded waveforms.
    wav_lens : (batch,) torch.Tensor, optional
        Relative lengths in [0, 1]; all 1 if not given.
    texts : list of str, optional
        The words of each.

    Returns
    -------
    signals : list of (samples,) torch.Tensor
        On the host; None where there is none.
    texts : list of str
        None where there is none.

    Example
    -------
    >>> unpad(torch.tensor([[1.0, 0.0]]), torch.tensor([0.5]))
    ([tensor([1.])], [None])
    """
    if wavs is None and texts is None:
        raise InputError("nothing to classify: neither wavs nor texts.")
    if isinstance(texts, str):
        raise InputError(f"texts: {texts!r:.60}: expected a list of them.")
    n = len(texts) if wavs is None else len(wavs)
    texts = [None] * n if texts is None else list(texts)
    if len(texts) != n:
        raise InputError(f"texts: {len(texts)}, for a batch of {n}.")
    if wavs is None:
        return [None] * n, texts
    if wavs.dim() != 2:
        raise InputError(
            f"wavs: of shape {tuple(wavs.shape)}; expected (batch, samples)."
        )
    lengths = absolute(
        [1.0] * n if wav_lens is None else wav_lens, wavs.shape[1]
    )
    if len(lengths) != n or max(lengths) > wavs.shape[1]:
        raise InputError(
            f"wav_lens: expected {n} relative lengths, from 0 to 1."
        )
    wavs = wavs.float().cpu()
    return [wav[:own] for wav, own in zip(wavs, lengths)], texts
