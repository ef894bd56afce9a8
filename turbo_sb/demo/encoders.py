"""Small encoders in Hugging Face's own format, with random weights.

They replace wav2vec2-base and BERT-base where pre-trained weights are not at
hand: the same code loads them, and they train on two cores in a minute.

Authors
 * The turbo_sb developers 2026
"""

import argparse
import string
from collections.abc import Iterable
from pathlib import Path

import torch
from transformers import (
    BertConfig,
    BertModel,
    BertTokenizerFast,
    Wav2Vec2Config,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2Model,
)

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def build_encoders(
    folder: str | Path, words: Iterable[str] = (), seed: int = 1986, **sizes
) -> tuple[str, str]:
    """Write a small wav2vec 2.0 and a small BERT as local folders.

    Arguments
    ---------
    folder : str or pathlib.Path
        Gets the folders ``audio`` and ``text``.
    words : iterable of str
        Lower-case words that get their own token; other words are spelt out,
        one token a letter.
    seed : int
        Of the random weights.
    **sizes
        ``hidden_size`` (64), ``layers`` (2), and any key of Wav2Vec2Config.

    Returns
    -------
    audio : str
        Folder to give as audio_encoder_source.
    text : str
        Folder to give as text_encoder_source.

    Example
    -------
    >>> audio, text = build_encoders(getfixture("tmp_path"), words=["hello"])
    >>> sorted(path.name for path in Path(audio).iterdir())
    ['config.json', 'model.safetensors', 'preprocessor_config.json']
    """
    audio, text = Path(folder) / "audio", Path(folder) / "text"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        _build_audio(audio, **sizes)
        _build_text(text, words, **sizes)
    return str(audio), str(text)


def _build_audio(folder, hidden_size=64, layers=2, **options):
    """Large early strides: the usual seven layers cost over ten times as much."""
    config = dict(
        hidden_size=hidden_size,
        num_hidden_layers=layers,
        num_attention_heads=4,
        intermediate_size=2 * hidden_size,
        conv_dim=(96, 64),
        conv_kernel=(400, 3),
        conv_stride=(160, 2),
        num_feat_extract_layers=2,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=4,
        feat_extract_norm="group",
        mask_time_length=2,
    )
    model = Wav2Vec2Model(Wav2Vec2Config(**{**config, **options}))
    model.save_pretrained(folder)
    Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(folder)


def _build_text(folder, words, hidden_size=64, layers=2, **_):
    """A BERT whose vocabulary is the words and single letters."""
    symbols = string.ascii_lowercase + string.digits
    pieces = [*symbols, *(f"##{symbol}" for symbol in symbols)]
    vocabulary = [*SPECIAL, *string.punctuation, *pieces]
    vocabulary += sorted(set(words) - set(vocabulary))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "vocab.txt"
    path.write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    tokenizer = BertTokenizerFast(str(path), model_max_length=512)
    tokenizer.save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=hidden_size,
        num_hidden_layers=layers,
        num_attention_heads=4,
        intermediate_size=2 * hidden_size,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)


def main() -> None:
    """Build the encoders from the command line."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", help="gets the folders audio and text")
    audio, text = build_encoders(parser.parse_args().folder)
    print(f"--audio_encoder_source={audio} --text_encoder_source={text}")


if __name__ == "__main__":
    main()
