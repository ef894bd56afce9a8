"""Batches of IEMOCAP's durations, and models of the base models' proportions.

Authors
 * The turbo_sb developers 2026
"""

import csv
import json
import string

import flops
import numpy as np
import soundfile
import torch
from speechbrain.integrations.huggingface.wav2vec2 import Wav2Vec2
from transformers import BertConfig, BertModel, Wav2Vec2Config, Wav2Vec2Model
from transformers.utils import logging

from turbo_sb.demo.encoders import build_encoders
from turbo_sb.encoders import AudioEncoder, TextEncoder
from turbo_sb.models.turbo_model import TurboModel

logging.disable_progress_bar()
RATE, WORDS_PER_SECOND = 16000, 3
LABELS = ["ang", "hap", "neu", "sad"]
BASE = flops.Sizes()
# A sixteenth as wide as the base models, otherwise the same.
SCALED = flops.Sizes(dim=48, channels=32, positional=(128, 4))


def read_durations(path=None):
    """Seconds, of a CSV or a recipe's manifest; otherwise drawn as IEMOCAP's."""
    if path is None:
        draws = np.random.default_rng(0).lognormal(np.log(3.58), 0.69, 5531)
        return np.clip(draws, 0.585, 34.1)
    with open(path, encoding="utf-8", newline="") as file:
        if path.endswith(".json"):
            entries = json.load(file).values()
            return np.array([entry["duration"] for entry in entries])
        return np.array([float(row["seconds"]) for row in csv.DictReader(file)])


def write_set(folder, name, durations, n):
    """Recordings of noise, letters as words, and their manifest."""
    rng = np.random.default_rng(0)
    [(samples, tokens)] = draw_batches(durations, 1, n)
    entries = {}
    for row, (long, words) in enumerate(zip(samples, tokens)):
        wav = folder / f"{name}{row}.wav"
        soundfile.write(wav, 0.1 * rng.standard_normal(long), RATE)
        entries[wav.stem] = {
            "wav": str(wav),
            "duration": long / RATE,
            "text": " ".join(rng.choice([*string.ascii_lowercase], words)),
            "label": LABELS[row % len(LABELS)],
        }
    path = folder / f"{name}.json"
    path.write_text(json.dumps(entries), encoding="utf-8")


def draw_batches(durations, n, size, seed=1986):
    """Random batches, each without repetition."""
    rng, batches = np.random.default_rng(seed), []
    for _ in range(n):
        drawn = rng.choice(durations, size, replace=False)
        samples = [round(seconds * RATE) for seconds in drawn]
        tokens = [round(seconds * WORDS_PER_SECOND) + 2 for seconds in drawn]
        batches.append((samples, tokens))
    return batches


def make_inputs(samples, tokens):
    """Noise and random tokens of these lengths, padded."""
    generator = torch.Generator().manual_seed(0)
    wavs = torch.zeros(len(samples), max(samples))
    for row, n in enumerate(samples):
        wavs[row, :n] = torch.randn(n, generator=generator)
    ids = torch.randint(10, 60, (len(tokens), max(tokens)), generator=generator)
    lengths = torch.tensor(samples), torch.tensor(tokens)
    return wavs, lengths[0] / max(samples), ids, lengths[1] / max(tokens)


def build(folder, sizes):
    """Write encoders of these sizes."""
    audio, text = build_encoders(folder)
    shared = {
        "hidden_size": sizes.dim,
        "num_hidden_layers": sizes.layers,
        "num_attention_heads": max(1, sizes.dim // 64),
        "intermediate_size": 4 * sizes.dim,
    }
    kernel, groups = sizes.positional
    config = Wav2Vec2Config(
        conv_dim=(sizes.channels,) * len(flops.KERNELS),
        num_conv_pos_embeddings=kernel,
        num_conv_pos_embedding_groups=groups,
        # On a CPU, the fused kernel has none, and without it the attention
        # matrices of a batch are kept: 10 GB a layer.
        attention_dropout=0.0,
        **shared,
    )
    Wav2Vec2Model(config).save_pretrained(audio)
    config = BertConfig(attention_probs_dropout_prob=0.0, **shared)
    BertModel(config, add_pooling_layer=False).save_pretrained(text)
    return audio, text


def ours(sources, **settings):
    """Our model, frozen CNN, from these encoders."""
    audio, text = AudioEncoder(sources[0]), TextEncoder(sources[1])
    torch.manual_seed(0)
    return TurboModel(audio, text, n_classes=4, **settings).train()


class Stock(torch.nn.Module):
    """SpeechBrain's lobe as its IEMOCAP recipe has it, and BERT beside.

    The recipe freezes the CNN by the lobe's own flag, and the backward pass
    runs through it nevertheless.
    """

    def __init__(self, sources, truly_frozen=False):
        super().__init__()
        self.audio = Wav2Vec2(
            sources[0], "", output_norm=True, freeze_feature_extractor=True
        )
        if truly_frozen:
            self.audio.model.freeze_feature_encoder()
        self.text = TextEncoder(sources[1]).model
        dim = self.text.config.hidden_size
        self.project = torch.nn.ModuleDict(
            {name: torch.nn.Linear(dim, 768) for name in ("audio", "text")}
        )
        self.classifier = torch.nn.Linear(2 * 768, 4)

    def forward(self, wavs, wav_lens, tokens, token_lens, n_views=1):
        """`n_views` passes over the padded batch, one after the other."""
        wav_lens, token_lens = map(torch.as_tensor, (wav_lens, token_lens))
        longest = tokens.shape[1]
        mask = torch.arange(longest) < (token_lens * longest).round()[:, None]
        passes = []
        for _ in range(n_views):
            text = self.text(tokens, attention_mask=mask)
            embedded = {
                "audio": self.audio(wavs, wav_lens).mean(dim=1),
                "text": text.last_hidden_state[:, 0],
            }
            passes.append({k: self.project[k](v) for k, v in embedded.items()})
        views = {k: torch.stack([p[k] for p in passes]) for k in self.project}
        joint = torch.cat(list(views.values()), dim=-1)
        return {"views": views, "logits": self.classifier(joint)}
