"""A tiny random checkpoint of each family, in its own files.

They are written as the hub has them: with the heads of their pre-training,
which an encoder leaves out, and with tokenisers of their own kind.

Authors
 * The turbo_sb developers 2026
"""

import json
from pathlib import Path

import sentencepiece
import torch
import transformers as hf
from tokenizers import ByteLevelBPETokenizer

from turbo_sb.demo.encoders import SPECIAL

WORDS = "hello world how are you turn off the oven what a fine day".split()
SENTENCES = [" ".join(WORDS[i:] + WORDS[:i]) for i in range(len(WORDS))]
POSITIONS = 40  # tokens that a text encoder takes at most
SPREAD = 0.1  # of the weights: what 0.02 is at a width of 768
SIZES = dict(
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=4,
    intermediate_size=64,
    initializer_range=SPREAD,
)
CONVOLUTIONS = dict(
    conv_dim=(16, 16),
    conv_kernel=(400, 3),
    conv_stride=(160, 2),
    num_feat_extract_layers=2,
    num_conv_pos_embeddings=16,
    num_conv_pos_embedding_groups=4,
    mask_time_length=2,
)
# As in the large ones: wav2vec2-large-robust, XLS-R, hubert-large, wavlm-large.
LARGE = dict(
    feat_extract_norm="layer", conv_bias=True, do_stable_layer_norm=True
)


def speech(kind, do_normalize=True, **settings):
    """Write wav2vec 2.0, HuBERT or WavLM."""

    def write(folder):
        config = getattr(hf, f"{kind}Config")(
            **SIZES, **CONVOLUTIONS, vocab_size=8, **settings
        )
        save(folder, getattr(hf, f"{kind}ForCTC")(config))
        hf.Wav2Vec2FeatureExtractor(do_normalize=do_normalize).save_pretrained(
            folder
        )

    return write


def whisper(folder):
    """Its window is of a second, in place of 30."""
    config = hf.WhisperConfig(
        vocab_size=60,
        num_mel_bins=16,
        d_model=32,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        max_source_positions=50,
        max_target_positions=20,
        init_std=SPREAD,
        **{f"{name}_token_id": 1 for name in ("pad", "bos", "eos")},
        decoder_start_token_id=1,
    )
    save(folder, hf.WhisperForConditionalGeneration(config))
    extractor = hf.WhisperFeatureExtractor(feature_size=16, chunk_length=1)
    extractor.save_pretrained(folder)


def save(folder, model):
    """Biases and norms are drawn too: trained ones are not 0 and 1."""
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 1:
                parameter.add_(0.1 * torch.randn_like(parameter))
    model.save_pretrained(folder)


def word_pieces(folder):
    """BERT's vocab.txt."""
    letters = sorted(set("".join(WORDS)))
    pieces = [*SPECIAL, *letters, *(f"##{x}" for x in letters), *WORDS]
    path = folder / "vocab.txt"
    path.write_text("\n".join(dict.fromkeys(pieces)) + "\n", encoding="utf-8")


def byte_pairs(*special):
    """GPT-2's and RoBERTa's vocab.json and merges.txt."""

    def write(folder):
        tokenizer = ByteLevelBPETokenizer()
        tokenizer.train_from_iterator(
            SENTENCES, vocab_size=330, special_tokens=list(special)
        )
        tokenizer.save_model(str(folder))

    return write


def sentence_pieces(name, pad, start, end, unknown, mask):
    """DeBERTa-v3's and ALBERT's file, and no tokenizer.json."""

    def write(folder):
        corpus = folder / "corpus.txt"
        corpus.write_text("\n".join(SENTENCES * 9), encoding="utf-8")
        sentencepiece.SentencePieceTrainer.train(
            input=str(corpus),
            model_prefix=str(folder / name),
            vocab_size=60,
            hard_vocab_limit=False,
            **{"pad_id": 0, "bos_id": 1, "eos_id": 2, "unk_id": 3},
            **{"pad_piece": pad, "bos_piece": start, "eos_piece": end},
            unk_piece=unknown,
            user_defined_symbols=[mask],
            minloglevel=2,
        )
        corpus.unlink()

    return write


def unigrams(folder):
    """XLM-RoBERTa's, as a tokenizer.json."""
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    letters = sorted(set("".join(WORDS)))
    vocabulary = [(piece, 0.0) for piece in special]
    vocabulary += [(piece, -3.0) for piece in ["▁", *letters]]
    vocabulary += [(f"▁{word}", -1.0) for word in WORDS]
    vocabulary += [("<mask>", 0.0)]
    hf.XLMRobertaTokenizer(vocab=vocabulary).save_pretrained(folder)


def text(kind, head, tokenize, tokens=None, **settings):
    """Write a text encoder and its tokeniser's files."""

    def write(folder):
        tokenize(folder)
        config = getattr(hf, f"{kind}Config")
        config(**SIZES).save_pretrained(folder)  # says which tokeniser
        path = folder / "tokenizer_config.json"
        if not path.is_file():
            path.write_text(json.dumps(tokens or {}), encoding="utf-8")
        tokenizer = hf.AutoTokenizer.from_pretrained(folder)
        sizes = {"vocab_size": len(tokenizer), **SIZES, **settings}
        if tokenizer.pad_token_id is not None:
            sizes["pad_token_id"] = tokenizer.pad_token_id
        save(folder, getattr(hf, f"{kind}{head}")(config(**sizes)))

    return write


POSITIONED = {"max_position_embeddings": POSITIONS}
OFFSET = {"max_position_embeddings": POSITIONS + 2}
PIECES = ("[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]")
OF_FAIRSEQ = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
AUDIO = {
    "wav2vec2-base": speech("Wav2Vec2"),
    "wav2vec2-large": speech("Wav2Vec2", **LARGE),
    "hubert-base": speech("Hubert"),
    "hubert-large": speech("Hubert", **LARGE),
    "distilhubert": speech("Hubert", feat_proj_layer_norm=False),
    "wavlm-base": speech("WavLM", do_normalize=False),
    "wavlm-large": speech("WavLM", **LARGE),
    "whisper": whisper,
}
TEXT = {
    "bert": text("Bert", "ForPreTraining", word_pieces, **POSITIONED),
    "electra": text(
        "Electra",
        "ForPreTraining",
        word_pieces,
        embedding_size=16,
        **POSITIONED,
    ),
    "roberta": text(
        "Roberta", "ForMaskedLM", byte_pairs(*OF_FAIRSEQ), **OFFSET
    ),
    "xlm-roberta": text("XLMRoberta", "ForMaskedLM", unigrams, **OFFSET),
    "deberta-v3": text(
        "DebertaV2",
        "Model",
        sentence_pieces("spm", *PIECES),
        # As in microsoft/deberta-v3-base.
        position_biased_input=False,
        relative_attention=True,
        share_att_key=True,
        norm_rel_ebd="layer_norm",
        pos_att_type=["p2c", "c2p"],
        position_buckets=8,
        type_vocab_size=0,
        **POSITIONED,
    ),
    # As in microsoft/deberta-v2-xlarge: with a convolution.
    "deberta-v2": text(
        "DebertaV2",
        "Model",
        sentence_pieces("spm", *PIECES),
        position_biased_input=False,
        relative_attention=True,
        pos_att_type=["p2c", "c2p"],
        conv_kernel_size=3,
        conv_act="gelu",
        type_vocab_size=0,
        **POSITIONED,
    ),
    "albert": text(
        "Albert",
        "ForPreTraining",
        sentence_pieces("spiece", "<pad>", "[CLS]", "[SEP]", "<unk>", "[MASK]"),
        embedding_size=16,
        **POSITIONED,
    ),
    "gpt2": text(
        "GPT2", "LMHeadModel", byte_pairs("<|endoftext|>"), **POSITIONED
    ),
}


def build(name, folder):
    """Write a family's checkpoint.

    Arguments
    ---------
    name : str
        Of `AUDIO` or `TEXT`.
    folder : str or pathlib.Path
        Gets a folder of that name.

    Returns
    -------
    folder : str
        To give as the source of an encoder.
    """
    folder = Path(folder) / name
    folder.mkdir()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        {**AUDIO, **TEXT}[name](folder)
    return str(folder)
