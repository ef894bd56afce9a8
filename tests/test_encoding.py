"""Chunks hold each row once, waste little, and change nothing."""

import pytest
import torch

from turbo_sb.encoding import chunk_by_length, encode
from turbo_sb.errors import InputError
from turbo_sb.losses import JointLoss, TurboLoss

SECONDS = [0.3, 2.1, 0.9, 1.4, 0.05, 3.0, 0.31, 1.0]
WORDS = [3, 9, 1, 5, 2, 7, 7, 4]
TARGETS = torch.tensor([0, 1, 2, 3, 0, 1, 2, 3])


class TestChunks:
    def test_by_hand(self):
        lengths = torch.tensor([10, 4, 5, 1, 9])
        found = [c.tolist() for c in chunk_by_length(lengths, limit=20)]
        assert found == [[0, 4], [2, 1, 3]]  # 2 of 10, 3 of 5

    @pytest.mark.parametrize("limit", [1, 7, 20, 64, 1000])
    def test_each_row_is_in_one_and_no_chunk_is_too_large(self, limit):
        generator = torch.Generator().manual_seed(1)
        lengths = torch.randint(1, 30, (50,), generator=generator)
        chunks = chunk_by_length(lengths, limit)
        assert sorted(torch.cat(chunks).tolist()) == list(range(50))
        for chunk in chunks:
            size = len(chunk) * int(lengths[chunk].max())
            assert size <= limit or len(chunk) == 1

    def test_equal_lengths_stay_in_order(self):
        chunks = chunk_by_length(torch.full((6,), 4), limit=8)
        assert [c.tolist() for c in chunks] == [[0, 1], [2, 3], [4, 5]]


@pytest.fixture
def utterances():
    """Waveforms and token ids of very different lengths, unpadded."""
    generator = torch.Generator().manual_seed(1)
    wavs = [torch.randn(round(s * 16000), generator=generator) for s in SECONDS]
    tokens = [torch.randint(10, 60, (n,), generator=generator) for n in WORDS]
    return wavs, tokens


def padded(parts, dtype):
    """One batch, and its relative lengths."""
    lengths = torch.tensor([len(part) for part in parts])
    batch = torch.nn.utils.rnn.pad_sequence(parts, batch_first=True)
    batch = batch.to(dtype) if batch.is_floating_point() else batch
    return batch, lengths / batch.shape[1]


def loss_and_gradients(model, outputs):
    model.zero_grad()
    loss, _ = JointLoss(TurboLoss(temperature=0.2))(outputs, TARGETS)
    loss.backward()
    named = model.named_parameters()
    return loss.detach(), {k: p.grad for k, p in named if p.grad is not None}


def alone(model, wavs, tokens, dtype):
    """Every utterance by itself, without padding, and all of them joined."""
    one = torch.ones(1)
    parts = [
        model(wav[None].to(dtype), one, ids[None], one, n_views=2)
        for wav, ids in zip(wavs, tokens)
    ]
    views = {
        name: torch.cat([part["views"][name] for part in parts], dim=1)
        for name in ("audio", "text")
    }
    logits = torch.cat([part["logits"] for part in parts], dim=1)
    return {"views": views, "logits": logits}


@pytest.mark.parametrize("freeze_cnn", [True, False])
@pytest.mark.parametrize("seconds", [0.5, 4.0, 100.0])
@pytest.mark.parametrize(
    ("dtype", "bound"), [(torch.float64, 1e-10), (torch.float32, 1e-5)]
)
def test_loss_and_gradients_are_those_of_each_utterance_alone(
    make_model, utterances, freeze_cnn, seconds, dtype, bound
):
    model = make_model(dropout=0.0, freeze_cnn=freeze_cnn, encode_chunk=seconds)
    model = model.to(dtype).train()
    wavs, tokens = utterances
    expected = loss_and_gradients(model, alone(model, *utterances, dtype))
    outputs = model(*padded(wavs, dtype), *padded(tokens, dtype), n_views=2)
    found = loss_and_gradients(model, outputs)
    assert abs(found[0] - expected[0]) <= bound * abs(expected[0])
    assert set(found[1]) == set(expected[1])
    # Some gradients are 0 but for rounding: relative to the largest of all.
    scale = max(grad.abs().max() for grad in expected[1].values())
    for name, grad in expected[1].items():
        assert (found[1][name] - grad).abs().max() <= bound * scale, name


def test_without_chunks_the_batch_runs_as_it_is(make_audio):
    encoder, calls = make_audio(), []
    encoder.forward = lambda *given: calls.append(given)
    inputs = torch.zeros(2, 10), torch.ones(2)
    encode(encoder, *inputs, n_views=2)
    assert calls == [(*inputs, 2)]


def test_chunks_are_cut_to_their_longest(make_audio):
    """Three rows of 1 s, 1 s and 0.5 s in a batch that is padded to 2 s."""
    encoder, shapes = make_audio(), []
    whole = encoder.forward

    def watched(inputs, *rest):
        shapes.append(tuple(inputs.shape))
        return whole(inputs, *rest)

    encoder.forward = watched
    relative = torch.tensor([0.25, 0.5, 0.5])
    encode(encoder, torch.randn(3, 32000), relative, 1, seconds=2)
    assert shapes == [(2, 16000), (1, 8000)]


def test_views_are_still_independent_draws(make_model, utterances):
    """Of many views, mean and variance are as without chunks, and two views
    of an utterance are no more alike than with whole batches.
    """
    wavs, tokens = utterances
    wavs = [wav[: len(wav) // 8] for wav in wavs]
    inputs = (*padded(wavs, torch.float32), *padded(tokens, torch.float32))
    found = {}
    for seconds in (None, 0.25):
        model = make_model(dropout=0.2, encode_chunk=seconds).train()
        torch.manual_seed(3)
        with torch.no_grad():
            draws = torch.stack(
                [
                    model(*inputs, n_views=2)["views"]["audio"]
                    for _ in range(200)
                ]
            )  # (draws, views, batch, dim)
        centred = draws - draws.mean(dim=(0, 1))
        product = (centred[:, 0] * centred[:, 1]).mean()
        variance = centred.square().mean().item()
        alike = product.item() / variance
        found[seconds] = draws.mean(dim=(0, 1)), variance, alike
    (mean, variance, alike), (mean_c, variance_c, alike_c) = found.values()
    error = (variance / 200) ** 0.5  # of a mean of 200 draws
    assert (mean - mean_c).square().mean().sqrt() < 2 * error
    assert variance_c == pytest.approx(variance, rel=0.05)
    assert abs(alike) < 0.03 and abs(alike_c) < 0.03


@pytest.mark.parametrize("seconds", [0, -1, "auto"])
def test_bad_limit_is_named(make_model, seconds):
    with pytest.raises(InputError, match="encode_chunk: .*padded seconds"):
        make_model(encode_chunk=seconds)
