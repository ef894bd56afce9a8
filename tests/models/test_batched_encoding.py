"""Chunks and recomputation change neither loss, gradient nor dropout."""

import random

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from turbo_sb.losses import JointLoss, TurboLoss
from turbo_sb.models.batched_encoding import encode
from turbo_sb.utils.errors import InputError

SECONDS = [0.3, 2.1, 0.9, 1.4, 0.05, 3.0, 0.31, 1.0]
WORDS = [3, 9, 1, 5, 2, 7, 7, 4]


@pytest.fixture
def utterances():
    """Waveforms and token ids of very different lengths, unpadded."""
    return draw(SECONDS, WORDS)


def draw(seconds, words):
    generator = torch.Generator().manual_seed(1)
    wavs = [torch.randn(round(s * 16000), generator=generator) for s in seconds]
    tokens = [torch.randint(10, 60, (n,), generator=generator) for n in words]
    return wavs, tokens


def padded(parts, dtype):
    """One batch, and its relative lengths."""
    lengths = torch.tensor([len(part) for part in parts])
    batch = torch.nn.utils.rnn.pad_sequence(parts, batch_first=True)
    batch = batch.to(dtype) if batch.is_floating_point() else batch
    return batch, lengths / batch.shape[1]


def loss_and_gradients(model, outputs):
    model.zero_grad()
    targets = torch.arange(outputs["logits"].shape[1]) % 4
    loss, _ = JointLoss(TurboLoss(temperature=0.2))(outputs, targets)
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


@pytest.mark.parametrize("recompute", [True, False])
@pytest.mark.parametrize("freeze_cnn", [True, False])
@pytest.mark.parametrize("chunk", ["auto", 0.5, 4.0, None])
@pytest.mark.parametrize(
    ("dtype", "bound"), [(torch.float64, 1e-10), (torch.float32, 1e-5)]
)
def test_loss_and_gradients_are_those_of_each_utterance_alone(
    make_model, utterances, freeze_cnn, chunk, recompute, dtype, bound
):
    encoding = {"encode_chunk": chunk, "recompute": recompute}
    model = make_model(dropout=0.0, freeze_cnn=freeze_cnn, **encoding)
    check_alone(model, *utterances, dtype, bound)


@pytest.mark.parametrize("recompute", [True, False])
@pytest.mark.parametrize(
    ("dtype", "bound"), [(torch.float64, 1e-10), (torch.float32, 1e-5)]
)
@pytest.mark.slow
def test_so_are_those_of_a_batch_of_64(make_model, recompute, dtype, bound):
    """From a frame to ten seconds, from one word to fifty."""
    rng = np.random.default_rng(0)
    seconds = rng.permutation(np.geomspace(0.025, 10, 64))
    words = rng.permutation(np.geomspace(1, 50, 64).round().astype(int))
    model = make_model(dropout=0.0, recompute=recompute)
    check_alone(model, *draw(seconds, words), dtype, bound)


def check_alone(model, wavs, tokens, dtype, bound):
    model = model.to(dtype).train()
    expected = loss_and_gradients(model, alone(model, wavs, tokens, dtype))
    outputs = model(*padded(wavs, dtype), *padded(tokens, dtype), n_views=2)
    found = loss_and_gradients(model, outputs)
    assert abs(found[0] - expected[0]) <= bound * abs(expected[0])
    assert set(found[1]) == set(expected[1])
    # Some gradients are 0 but for rounding: relative to the largest of all.
    scale = max(grad.abs().max() for grad in expected[1].values())
    for name, grad in expected[1].items():
        assert (found[1][name] - grad).abs().max() <= bound * scale, name


class Watched(torch.nn.Module):
    """An encoder that does little but remember what it was given."""

    dim = 64

    def __init__(self):
        super().__init__()
        self.calls = []
        self.weight = torch.nn.Parameter(torch.ones(()))

    def embed(self, inputs, lengths, n_views):
        self.calls.append((tuple(inputs.shape), lengths))
        return self.weight * inputs.sum(dim=1).expand(n_views, -1)[..., None]

    def frames(self, inputs, lengths):
        return lengths

    def frozen_prefix(self, inputs, lengths):
        return inputs, lengths


class TestChunks:
    inputs = torch.tensor(
        [[1.0, 0, 0, 0, 0, 0], [2.0, 2, 2, 2, 0, 0], [3.0, 3, 3, 0, 0, 0]]
    )
    relative = [1 / 6, 4 / 6, 3 / 6]
    sums = [[1.0, 8.0, 9.0]]

    def embed(self, chunk, **settings):
        encoder = Watched()
        found = encode(
            encoder, self.inputs, self.relative, chunk=chunk, **settings
        )
        assert found[..., 0].tolist() == self.sums * len(found)
        return encoder.calls

    def test_null_is_the_batch_as_it_is(self):
        assert self.embed(None) == [((3, 6), [1, 4, 3])]

    def test_chunks_are_cut_to_their_longest(self):
        """At 50 frames a second, 8 frames: rows 1 and 2, then row 0."""
        calls = self.embed(8 / 50, n_views=2)
        assert calls == [((2, 4), [4, 3]), ((1, 1), [1])]

    def test_lengths_as_a_tensor_are_the_same(self):
        encoder = Watched()
        relative = torch.tensor(self.relative)
        encode(encoder, self.inputs, relative, chunk=8 / 50)
        assert encoder.calls == [((2, 4), [4, 3]), ((1, 1), [1])]

    def test_auto_weighs_the_start_of_a_chunk(self):
        assert len(self.embed("auto")) == 1  # of a small encoder
        wide = Watched()
        wide.dim = 1024
        encode(wide, self.inputs, self.relative)
        assert [lengths for _, lengths in wide.calls] == [[4], [3], [1]]

    def test_auto_knows_that_views_run_together(self):
        """A start is worth 4.2 frames of one view, and 2.1 of two; a chunk
        of rows of 4 and 1 frames wastes 3.
        """
        chunks = {}
        for n_views in (1, 2):
            encoder = Watched()
            encoder.dim = 256
            encode(encoder, torch.ones(2, 4), [1.0, 0.25], n_views)
            chunks[n_views] = [lengths for _, lengths in encoder.calls]
        assert chunks == {1: [[4, 1]], 2: [[4], [1]]}

    @pytest.mark.parametrize(("rows", "n_chunks"), [(30, 2), (120, 6)])
    def test_recomputed_chunks_do_not_grow_with_the_batch(self, rows, n_chunks):
        """A start of a small encoder is worth more frames than all rows."""
        encoder = Watched()
        encoder.dim = 4
        inputs, relative = torch.ones(rows, 100), [1.0] * rows
        encode(encoder, inputs, relative)
        assert [shape for shape, _ in encoder.calls] == [(rows, 100)]
        encoder.calls.clear()
        encode(encoder, inputs, relative, recompute=True)
        assert len(encoder.calls) == n_chunks
        assert max(len(lengths) for _, lengths in encoder.calls) <= 20


def test_features_stand_for_their_waveforms(make_audio, utterances):
    """What the CNN gives, unpadded, chunk by chunk, and padded again."""
    encoder = make_audio().eval()
    wavs, _ = utterances
    features = [encoder.convolve(w[None], [len(w)])[0][0] for w in wavs]
    expected = encode(encoder, *padded(wavs, torch.float32))
    found = encode(encoder, *padded(features, torch.float32))
    assert torch.allclose(found, expected, atol=1e-5)


class TestRecompute:
    """The second run has the first one's dropout, whoever draws it."""

    @pytest.mark.parametrize("freeze_cnn", [True, False])
    @pytest.mark.parametrize("spec_augment", [True, False])
    def test_gradients_are_those_of_the_same_draws(
        self, make_model, utterances, freeze_cnn, spec_augment
    ):
        found = []
        wavs, tokens = utterances
        inputs = *padded(wavs, torch.float32), *padded(tokens, torch.float32)
        for recompute in (False, True):
            model = make_model(
                dropout=0.2,
                freeze_cnn=freeze_cnn,
                spec_augment=spec_augment,
                encode_chunk=1.0,
                recompute=recompute,
            ).train()
            random.seed(5), np.random.seed(5), torch.manual_seed(5)
            outputs = model(*inputs, n_views=2)
            # What else is drawn in between must not matter.
            random.random(), np.random.rand(), torch.rand(1)
            found.append(loss_and_gradients(model, outputs))
        (loss, grads), (loss_again, grads_again) = found
        assert loss_again == loss
        farthest = max(
            (grads_again[name] - grad).abs().max()
            / grad.abs().max().clamp(min=1e-6)
            for name, grad in grads.items()
        )
        print(f"measured: recompute, masks {spec_augment}: {farthest:.1e}")
        assert farthest <= 1e-6

    def test_generators_go_on_as_if_nothing_had_been_run_again(
        self, make_model, utterances
    ):
        wavs, tokens = utterances
        inputs = *padded(wavs, torch.float32), *padded(tokens, torch.float32)
        after = []
        for recompute in (False, True):
            model = make_model(spec_augment=True, recompute=recompute).train()
            random.seed(5), np.random.seed(5), torch.manual_seed(5)
            loss_and_gradients(model, model(*inputs, n_views=2))
            after.append((random.random(), np.random.rand(), torch.rand(1)))
        assert after[0] == after[1]

    def test_a_frozen_cnn_is_not_run_again(self, make_model, utterances):
        model = make_model(encode_chunk=1.0, recompute=True).train()
        cnn = model.encoders["audio"].model.feature_extractor
        rows = []
        cnn.conv_layers[0].conv.register_forward_hook(
            lambda *call: rows.append(len(call[2]))
        )
        wavs, tokens = utterances
        inputs = *padded(wavs, torch.float32), *padded(tokens, torch.float32)
        loss_and_gradients(model, model(*inputs, n_views=2))
        assert sum(rows) == len(wavs)

    def test_only_one_chunk_is_held(self, make_model, utterances):
        """Bytes kept for the backward pass, of eight chunks and of none."""
        wavs, tokens = utterances
        inputs = *padded(wavs, torch.float32), *padded(tokens, torch.float32)
        kept = {}
        for recompute in (False, True):
            model = make_model(
                dropout=0.2, encode_chunk=0.01, recompute=recompute
            ).train()
            kept[recompute] = bytes_kept(model, inputs)
        assert kept[True] < 0.1 * kept[False]


def bytes_kept(model, inputs):
    """Of all that autograd saves beside the weights, each storage once."""
    own = {p.untyped_storage().data_ptr() for p in model.parameters()}
    kept = {}

    def keep(tensor):
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor.detach()  # else a cycle, and never freed

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda x: x):
        outputs = model(*inputs, n_views=2)
    assert outputs["logits"].requires_grad
    return sum(size for where, size in kept.items() if where not in own)


@pytest.mark.parametrize("modality", ["audio", "text"])
@pytest.mark.slow
def test_views_are_still_independent_draws(make_model, utterances, modality):
    """Of many views, mean and variance are as without chunks, and two views
    of an utterance are no more alike than with whole batches.
    """
    wavs, tokens = utterances
    wavs = [wav[: len(wav) // 8] for wav in wavs]
    inputs = (*padded(wavs, torch.float32), *padded(tokens, torch.float32))
    found = {}
    for chunk in (None, 0.25):
        model = make_model(
            dropout=0.2, encode_chunk=chunk, modalities=[modality]
        ).train()
        torch.manual_seed(3)
        with torch.no_grad():
            draws = torch.stack(
                [
                    model(*inputs, n_views=2)["views"][modality]
                    for _ in range(200)
                ]
            )  # (draws, views, batch, dim)
        centred = draws - draws.mean(dim=(0, 1))
        product = (centred[:, 0] * centred[:, 1]).mean()
        variance = centred.square().mean().item()
        alike = product.item() / variance
        found[chunk] = draws.mean(dim=(0, 1)), variance, alike
    (mean, variance, alike), (mean_c, variance_c, alike_c) = found.values()
    error = (variance / 200) ** 0.5  # of a mean of 200 draws
    assert (mean - mean_c).square().mean().sqrt() < 2 * error
    assert variance_c == pytest.approx(variance, rel=0.05)
    assert abs(alike) < 0.03 and abs(alike_c) < 0.03


class Waits(TorchDispatchMode):
    """Counts what would make the host wait for a device."""

    count = 0

    def __torch_dispatch__(self, op, types, args=(), kwargs=None):
        names = "_local_scalar_dense", "nonzero", "is_nonzero", "equal"
        self.count += op.overloadpacket.__name__ in names
        return op(*args, **(kwargs or {}))


@pytest.mark.parametrize("recompute", [True, False])
def test_a_step_does_not_wait_for_the_device(
    make_model, utterances, recompute, monkeypatch
):
    """The one wait of a step is the Brain's, for the loss."""
    rand = torch.rand

    def on_host(*size, **options):
        """Older transformers draw layerdrop so, always on the host."""
        return 0.5 if size == ([],) else rand(*size, **options)

    monkeypatch.setattr(torch, "rand", on_host)
    (wavs, wav_lens), (tokens, token_lens) = (
        padded(parts, torch.float32) for parts in utterances
    )
    model = make_model(encode_chunk=1.0, recompute=recompute).train()
    lengths = wav_lens.tolist(), token_lens.tolist()
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    with Waits() as waits:
        outputs = model(wavs, lengths[0], tokens, lengths[1], n_views=2)
        loss_and_gradients(model, outputs)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        assert waits.count == 0
        outputs["logits"].sum().item()
        assert waits.count == 1


@pytest.mark.parametrize("chunk", [0, -1, "automatic", True])
def test_bad_chunk_is_named(make_model, chunk):
    with pytest.raises(InputError, match="encode_chunk: .*padded seconds"):
        make_model(encode_chunk=chunk)
