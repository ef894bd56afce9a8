"""Tiny encoders in Hugging Face's format, built once for all tests."""

import os
import signal
import sys

import pytest

# Before transformers is imported: a test that needs the network must fail.
os.environ["HF_HUB_OFFLINE"] = "1"
# Before torch is: tiny models are faster on one thread, and others use the
# cores. Both are imported where they are used, as the process that only hands
# out the tests imports this file too.
os.environ["OMP_NUM_THREADS"] = "1"

SIZES = {
    "small": {},
    # wav2vec 2.0's own kernels and strides, 16 channels wide.
    "seven layers": {
        "conv_dim": (16,) * 7,
        "conv_kernel": (10, 3, 3, 3, 3, 2, 2),
        "conv_stride": (5, 2, 2, 2, 2, 2, 2),
        "num_feat_extract_layers": 7,
    },
    # As in wav2vec2-large-lv60.
    "layer norm": {
        "feat_extract_norm": "layer",
        "conv_bias": True,
        "do_stable_layer_norm": True,
    },
}


@pytest.fixture(autouse=True)
def as_before():
    """Whatever becomes of the test, no process is left, nor who hears Ctrl-C."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    handlers = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, handlers):
        signal.signal(number, handler)
    if forks := sys.modules.get("tests.forks"):
        forks.end_all()


@pytest.fixture
def jobs_in_forks(monkeypatch):
    """Trainings of cross_validate.py and of the demo need not import."""
    from tests import forks
    from turbo_sb.evaluation.jobs import Job

    monkeypatch.setattr(Job, "start", forks.start_job)


@pytest.fixture(scope="session")
def encoder_folders(tmp_path_factory):
    """Kind of CNN to the folders of an audio and a text encoder."""
    from turbo_sb.demo.encoders import build_encoders

    return {
        kind: build_encoders(
            tmp_path_factory.mktemp("encoders"),
            words=["hello", "world"],
            hidden_size=32,
            **sizes,
        )
        for kind, sizes in SIZES.items()
    }


@pytest.fixture(scope="session")
def audio_folder(encoder_folders):
    """A small wav2vec 2.0."""
    return encoder_folders["small"][0]


@pytest.fixture(scope="session")
def text_folder(encoder_folders):
    """A small BERT."""
    return encoder_folders["small"][1]


@pytest.fixture
def make_audio(encoder_folders):
    """Build an audio encoder with weights that are always the same."""
    from turbo_sb.encoders import AudioEncoder

    def make(kind="small", **settings):
        return AudioEncoder(encoder_folders[kind][0], **settings)

    return make


@pytest.fixture
def make_text(text_folder):
    """Build a text encoder with weights that are always the same."""
    from turbo_sb.encoders import TextEncoder

    def make(**settings):
        return TextEncoder(text_folder, **settings)

    return make


@pytest.fixture
def make_model(make_small_model):
    """Build a model whose every layer has the same dropout."""
    return make_small_model


@pytest.fixture(scope="session")
def make_small_model(audio_folder, text_folder):
    """`make_model`, for fixtures that live longer than a test."""
    import torch

    from turbo_sb.encoders import AudioEncoder, TextEncoder
    from turbo_sb.models.turbo_model import TurboModel

    def make(
        dropout=0.2, freeze_cnn=True, spec_augment=False, seed=0, **settings
    ):
        rates = {"dropout": dropout}
        if dropout == 0:
            rates["attention_dropout"] = 0.0
        audio = AudioEncoder(
            audio_folder,
            freeze_cnn=freeze_cnn,
            apply_spec_augment=spec_augment,
            **rates,
        )
        text = TextEncoder(text_folder, **rates)
        torch.manual_seed(seed)
        settings = {"n_classes": 4, "projection_dim": 16, **settings}
        return TurboModel(audio, text, dropout=dropout, **settings)

    return make


@pytest.fixture
def batch():
    """Three utterances: samples, relative lengths, token ids, lengths."""
    import torch

    generator = torch.Generator().manual_seed(1)
    samples, words = torch.tensor([8000, 4000, 2000]), torch.tensor([3, 6, 4])
    wavs = torch.randn(3, 8000, generator=generator)
    tokens = torch.randint(10, 60, (3, 6), generator=generator)
    wavs[torch.arange(8000) >= samples[:, None]] = 0
    tokens[torch.arange(6) >= words[:, None]] = 0
    return wavs, samples / 8000, tokens, words / 6
