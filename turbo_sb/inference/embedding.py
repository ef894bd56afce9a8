"""Embed and classify utterances, which may lack their audio or their words.

Authors
 * The turbo_sb developers 2026
"""

import torch
from speechbrain.utils.logger import get_logger
from torch.nn.utils.rnn import pad_sequence

from turbo_sb.data.audio_io import windows
from turbo_sb.encoders.padding import absolute
from turbo_sb.utils.errors import InputError

logger = get_logger(__name__)

SECONDS_AT_ONCE = 600  # of audio that an encoder holds at a time, at most


def embed_audio(model, signals, rate, window_seconds) -> torch.Tensor:
    """Embed signals of any length, (batch, dim).

    A longer signal is cut into equal windows; the mean of their embeddings,
    weighted by length, is the mean over all frames, as if attention ended at
    the edges of the windows.
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


def embed_text(model, texts, empty_text) -> torch.Tensor:
    """Embed texts, (batch, dim); warn of cut and of unknown words."""
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
    """Group neighbours so that no padded group holds more than `most`."""
    group, longest = [], 0
    for piece in pieces:
        longest = max(longest, len(piece))
        if group and (len(group) + 1) * longest > most:
            yield group
            group, longest = [], len(piece)
        group.append(piece)
    yield group


def _warn_of_text(encoder, text, ids):
    """Warn of a text that is cut, and of one that is all unknown."""
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


def embed_rows(model, signals, texts, settings) -> dict:
    """Map each modality to the numbers of its rows and their embeddings."""
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


def classify_rows(model, embedded, n) -> torch.Tensor:
    """Probabilities, with zeros for what a row lacks."""
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
            f"utterance {row + 1} of {n}: the model's output is NaN. "
            "Check its weights and the waveform."
        )
    return found


def by_what_is_there(embedded) -> list:
    """Group rows by the modalities that they have."""
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


def unpad(wavs, wav_lens=None, texts=None) -> tuple[list, list]:
    """Return lists of signals and texts, None where there is none."""
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
