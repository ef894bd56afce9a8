"""How the memory of a training step grows with the batch, in bytes counted."""

import weakref

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from turbo_sb.demo.encoders import build_encoders
from turbo_sb.encoders import AudioEncoder, TextEncoder
from turbo_sb.losses import JointLoss, TurboLoss
from turbo_sb.models.turbo_model import TurboModel

pytestmark = pytest.mark.slow


class Held(TorchDispatchMode):
    """Counts the bytes of all tensors that are made in the block, while they
    live; weights and the batch were made before.
    """

    def __init__(self, *given):
        super().__init__()
        self.given = {t.untyped_storage()._cdata for t in given}
        self.live, self.now, self.peak = {}, 0, 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        made = function(*args, **(kwargs or {}))
        for tensor in tree_leaves(made):
            if isinstance(tensor, torch.Tensor):
                self.hold(tensor.untyped_storage())
        return made

    def hold(self, storage):
        key = storage._cdata
        if key in self.live or key in self.given:
            return
        self.live[key] = storage.nbytes()
        self.now += storage.nbytes()
        self.peak = max(self.peak, self.now)
        weakref.finalize(storage, self.drop, key)

    def drop(self, key):
        self.now -= self.live.pop(key)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Wide enough for activations to outweigh all else."""
    folder = tmp_path_factory.mktemp("wide")
    return build_encoders(folder, words=["hello"], hidden_size=64)


def peak_of_a_step(folders, n, recompute):
    """Utterances of 0.5 to 2 s, in chunks of 10 padded seconds."""
    audio, text = AudioEncoder(folders[0]), TextEncoder(folders[1])
    settings = dict(projection_dim=16, encode_chunk=10, recompute=recompute)
    model = TurboModel(audio, text, n_classes=4, **settings).train()
    generator = torch.Generator().manual_seed(0)
    lengths = (0.25 + 0.75 * torch.rand(n, generator=generator)).tolist()
    wavs = torch.randn(n, 32000, generator=generator)
    tokens = torch.randint(10, 60, (n, 12), generator=generator)
    with Held(wavs, tokens, *model.parameters()) as held:
        outputs = model(wavs, lengths, tokens, lengths, n_views=2)
        loss, _ = JointLoss(TurboLoss())(outputs, torch.arange(n) % 4)
        loss.backward()
    return held.peak


def growth(folders, recompute):
    small, large = (peak_of_a_step(folders, n, recompute) for n in (64, 256))
    print(f"measured: 256 over 64, recompute {recompute}: {large / small:.2f}")
    return large / small


def test_memory_grows_with_the_chunk_and_not_with_the_batch(folders):
    assert growth(folders, recompute=True) < 1.3


def test_it_would_show(folders):
    """Without recomputation, four times the batch is nearly four times."""
    assert growth(folders, recompute=False) > 3
