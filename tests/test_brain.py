"""The Brain's own mechanisms; tests/recipes runs it as a whole."""

from types import SimpleNamespace

import pytest
import speechbrain as sb
import torch
from speechbrain.dataio.batch import PaddedBatch

from turbo_sb.brain import TurboBrain
from turbo_sb.errors import InputError
from turbo_sb.losses import JointLoss, TurboLoss


def test_lengths_are_read_on_the_host():
    """A model that gets them as tensors would wait for the device."""
    given = []

    def model(signal, wav_lens, tokens, token_lens, n_views):
        given.extend([wav_lens, token_lens, n_views])

    class Modules:
        """Of which `modules.model` is a function here."""

    brain = SimpleNamespace(
        hparams=SimpleNamespace(loss=JointLoss(TurboLoss())),
        modules=Modules,
        device="cpu",
    )
    Modules.model = staticmethod(model)
    examples = [
        {"signal": torch.ones(n), "tokens": torch.ones(2 * n)} for n in (2, 4)
    ]
    batch = PaddedBatch(examples)
    TurboBrain.compute_forward(brain, batch, sb.Stage.TRAIN)
    assert given == [[0.5, 1.0], [0.5, 1.0], 2]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"jit": True}, "--jit"),
        ({"compile_module_keys": ["model"]}, "--compile_module_keys"),
        ({"compile": True, "compile_mode": "max-autotune"}, "max-autotune"),
    ],
)
def test_ways_of_compiling_that_do_not_work_are_refused(
    make_model, options, message
):
    brain = TurboBrain(
        {"model": make_model()}, run_opts={"device": "cpu", **options}
    )
    with pytest.raises(InputError, match=message):
        brain._compile()


def test_learnable_temperature_is_saved_and_a_fixed_one_is_not(make_model):
    for learnable, names in (
        (True, ["loss", "averages", "batches"]),
        (False, ["averages", "batches"]),
    ):
        contrastive = TurboLoss(learnable_temperature=learnable)
        found = []
        brain = TurboBrain(
            {"model": make_model()},
            hparams={
                "loss": JointLoss(contrastive),
                "loggers": [],
                "epoch_counter": SimpleNamespace(current=0),
            },
            run_opts={"device": "cpu"},
        )
        brain.checkpointer = SimpleNamespace(
            add_recoverable=lambda name, _, found=found: found.append(name),
            recover_if_possible=lambda: None,
            remove_drafts=lambda: None,
        )
        brain.train_sampler = None
        brain.on_fit_start()
        assert found == names


def test_joint_training_overfits_eight_utterances(make_model):
    """The gradient reaches everything that it takes to learn by heart."""
    torch.manual_seed(0)
    model = make_model(freeze_cnn=False)
    loss = JointLoss(TurboLoss(), lambda_ce=0.5)
    lengths = torch.ones(8)
    targets = torch.arange(8) % 4
    wavs, tokens = torch.randn(8, 4000), torch.randint(10, 60, (8, 6))
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(120):
        outputs = model(wavs, lengths, tokens, lengths, n_views=2)
        value, terms = loss(outputs, targets)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    assert terms["ce"] < 0.2
    assert sum(terms.values()) - terms["ce"] < 6 * 0.5
    model.eval()
    logits = model(wavs, lengths, tokens, lengths)["logits"][0]
    assert (logits.argmax(dim=-1) == targets).all()
