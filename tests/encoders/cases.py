"""Encoders of all families, what they embed, and what Hugging Face makes of it.

Authors
 * The turbo_sb developers 2026
"""

import torch
from transformers import AutoFeatureExtractor, AutoModel, AutoTokenizer

from tests.encoders.families import AUDIO, SENTENCES, TEXT
from turbo_sb.encoders import make_audio_encoder, make_text_encoder

# Name of a case to its family and what is special about it.
AUDIO_CASES = {name: (name, {}) for name in AUDIO}
AUDIO_CASES["whisper, own window"] = "whisper", {"whisper_window": "own"}
TEXT_CASES = {name: (name, {}) for name in TEXT}
TEXT_CASES["bert, mean"] = "bert", {"pooling": "mean"}
TEXT_CASES["bert, last"] = "bert", {"pooling": "last"}
TEXT_CASES["gpt2, mean"] = "gpt2", {"pooling": "mean"}
CASES = {**AUDIO_CASES, **TEXT_CASES}

SAMPLES = [
    12000,
    5000,
    1600,
    399,
    37000,
]  # the last: three of Whisper's windows
TEXTS = [SENTENCES[0], "hello", "", SENTENCES[3][:20], "hello world " * 60]


def make(case, folder_of, **settings):
    """Build the encoder of a case.

    Arguments
    ---------
    case : str
        Of `CASES`.
    folder_of : callable
        The fixture family_folder.
    **settings
        Of the encoder.

    Returns
    -------
    encoder : AudioEncoder, WhisperEncoder or TextEncoder
    """
    family, own = CASES[case]
    factory = make_audio_encoder if family in AUDIO else make_text_encoder
    return factory(folder_of(family), **{**own, **settings})


def without_dropout(case):
    """Settings by which no dropout is left."""
    rates = {"dropout": 0.0, "attention_dropout": 0.0}
    if CASES[case][0] in AUDIO and "whisper" not in case:
        rates["feature_dropout"] = 0.0
    return rates


def utterances(encoder):
    """Waveforms of unequal level and offset, or token ids.

    Arguments
    ---------
    encoder : torch.nn.Module
        Has ``tokenize``, if it is of texts.

    Returns
    -------
    utterances : list of torch.Tensor
    """
    if hasattr(encoder, "tokenize"):
        return [encoder.tokenize(text) for text in TEXTS]
    generator = torch.Generator().manual_seed(1)
    return [
        0.1 * (i + 1) * torch.randn(n, generator=generator) + 0.05 * i
        for i, n in enumerate(SAMPLES)
    ]


def pad(items, encoder):
    """(batch, time), and lengths relative to it, as SpeechBrain batches them.

    Arguments
    ---------
    items : list of torch.Tensor
        Waveforms or token ids.
    encoder : torch.nn.Module
        Has a ``pad_id``, if it is of texts.

    Returns
    -------
    padded : torch.Tensor
    relative : torch.Tensor
    """
    value = getattr(encoder, "pad_id", 0)
    padded = torch.nn.utils.rnn.pad_sequence(
        items, batch_first=True, padding_value=value
    )
    lengths = torch.tensor([len(item) for item in items])
    return padded, lengths / padded.shape[1]


def embed(encoder, items, n_views=1):
    """Embed items as a batch: (views, batch, dim)."""
    return encoder(*pad(items, encoder), n_views=n_views)


def difference(found, expected):
    """Norm of the difference, relative to that of what is expected."""
    return ((found - expected).norm() / expected.norm()).item()


@torch.no_grad()
def hugging_face(case, folder, item):
    """Hidden states of one utterance by Hugging Face's own means, pooled.

    Arguments
    ---------
    case : str
        Of `CASES`.
    folder : str
        Of the checkpoint.
    item : str or torch.Tensor
        A text or a waveform.

    Returns
    -------
    pooled : (states, dim) torch.Tensor
    """
    model = AutoModel.from_pretrained(folder).eval()
    if isinstance(item, str):
        tokenizer = AutoTokenizer.from_pretrained(folder)
        inputs = tokenizer(item, return_tensors="pt")
        outputs = model(**inputs, output_hidden_states=True)
        states = _stack(outputs)
        way = CASES[case][1].get("pooling", "last" if case == "gpt2" else "cls")
        ends = {"cls": 0, "last": -1}
        return states[:, ends[way]] if way in ends else states.mean(dim=1)
    extractor = AutoFeatureExtractor.from_pretrained(folder)
    inputs = extractor(item.numpy(), sampling_rate=16000, return_tensors="pt")
    if "whisper" in case:
        model = model.get_encoder()
    values = inputs[extractor.model_input_names[0]]
    states = _stack(model(values, output_hidden_states=True))
    if "whisper" in case:
        states = states[:, : -(-len(item) // 320)]
    return states.mean(dim=1)


def _stack(outputs):
    """Hugging Face's last one is not always behind the final norm."""
    states = [*outputs.hidden_states[:-1], outputs.last_hidden_state]
    return torch.stack(states)[:, 0]
