"""From signals and words to the joint space, utterances lacking either.

Authors
 * The turbo_sb developers 2026
"""

import torch
from speechbrain.utils.logger import get_logger
from torch.nn.utils.rnn import pad_sequence

from turbo_sb.data.audio_io import windows

logger = get_logger(__name__)

SECONDS_AT_ONCE = 600  # of audio that an encoder holds at a time, at most


def embed_audio(model, signals, rate, window_seconds):
    """Embed signals of any length.

    What is longer than a window is cut into equal ones; the mean of their
    embeddings, weighted by length, is the mean over all frames, as if
    attention ended at each window's edge.

    Arguments
    ---------
    model : TurboModel
        In evaluation mode.
    signals : list of (samples,) torch.Tensor
        On the host.
    rate : int
        In Hz.
    window_seconds : float
        The longest window.

    Returns
    -------
    embeddings : (batch, dim) torch.Tensor
        On the model's device, in float32.
    """
    most = round(window_seconds * rate)
    pieces, owners = [], []
    for row, signal in enumerate(signals):
        for start, stop in windows(len(signal), most):
            pieces.append(signal[start:stop])
            owners.append(row)
    device = model.classifier.weight.device
    embedded = torch.cat(
        [
            _embed(model, "audio", part, device)
            for part in _portions(pieces, SECONDS_AT_ONCE * rate)
        ]
    )
    if len(pieces) == len(signals):
        return embedded
    shares = torch.zeros(len(signals), len(pieces))
    for column, (row, piece) in enumerate(zip(owners, pieces)):
        shares[row, column] = len(piece) / len(signals[row])
    return shares.to(device) @ embedded


def embed_text(model, texts, empty_text):
    """Embed texts, and say of which the model sees little.

    Arguments
    ---------
    model : TurboModel
        In evaluation mode.
    texts : list of str
        The words of each utterance.
    empty_text : str
        Stands for a blank one, as in the training.

    Returns
    -------
    embeddings : (batch, dim) torch.Tensor
        On the model's device, in float32.
    """
    encoder = model.encoders["text"]
    tokens = [encoder.tokenize(text.strip() or empty_text) for text in texts]
    for text, ids in zip(texts, tokens):
        _warn_of_text(encoder, text, ids)
    device = model.classifier.weight.device
    return _embed(model, "text", tokens, device, encoder.pad_id)


def _embed(model, name, rows, device, padding=0):
    padded = pad_sequence(rows, batch_first=True, padding_value=padding)
    relative = [len(row) / padded.shape[1] for row in rows]
    return model.embed(name, padded.to(device), relative)[0].float()


def _portions(pieces, most):
    """Group neighbours so that no group, padded, holds more samples."""
    group, longest = [], 0
    for piece in pieces:
        longest = max(longest, len(piece))
        if group and (len(group) + 1) * longest > most:
            yield group
            group, longest = [], len(piece)
        group.append(piece)
    yield group


def _warn_of_text(encoder, text, ids):
    """What is cut, and what the tokeniser has no words for."""
    shown = f"{text.strip()[:30]!r}"
    if len(ids) >= encoder.max_tokens:
        logger.warning(
            f"text {shown}...: more than the text encoder's limit of "
            f"{encoder.max_tokens} tokens; what is beyond is cut."
        )
    tokenizer = encoder.tokenizer
    own = set(ids.tolist()) - set(tokenizer.all_special_ids)
    unknown = tokenizer.unk_token_id
    if text.strip() and not own and unknown in ids.tolist():
        logger.warning(
            f"text {shown}: the text encoder knows none of it; is it of the "
            "language and script that it was trained on?"
        )


def embed_rows(model, signals, texts, settings):
    """Embed utterances, each of which may lack its audio or its words.

    Arguments
    ---------
    model : TurboModel
        In evaluation mode.
    signals : list of (samples,) torch.Tensor
        None for one that has no audio.
    texts : list of str
        None for one that has no words.
    settings : dict
        ``sample_rate``, ``window_seconds``, ``empty_text``, of `read_export`.

    Returns
    -------
    embedded : dict
        Modality to the numbers of the rows that have it, (n,)
        torch.LongTensor, and their embeddings, (n, dim) torch.Tensor. A
        modality that no row has, or the model does not take, is not there.
    """
    rate, window = settings["sample_rate"], settings["window_seconds"]
    embed = {
        "audio": lambda rows: embed_audio(model, rows, rate, window),
        "text": lambda rows: embed_text(model, rows, settings["empty_text"]),
    }
    given, found = {"audio": signals, "text": texts}, {}
    for name in model.encoders:
        rows = [k for k, x in enumerate(given[name]) if x is not None]
        if rows:
            values = embed[name]([given[name][k] for k in rows])
            found[name] = torch.tensor(rows), values
    return found
