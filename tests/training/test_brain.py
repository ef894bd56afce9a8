"""The Brain's own mechanisms; tests/recipes runs it as a whole."""

from types import SimpleNamespace

import pytest
import speechbrain as sb
import torch
from speechbrain.dataio.batch import PaddedBatch

from tests.recipes.recipe_runs import load_train
from turbo_sb.losses import JointLoss, TurboLoss
from turbo_sb.training.brain import ClassificationBrain
from turbo_sb.training.epoch_averages import Averages
from turbo_sb.utils.errors import InputError


@pytest.fixture(scope="module")
def TurboBrain():
    """The recipe's own."""
    return load_train().TurboBrain


def test_lengths_are_read_on_the_host(TurboBrain):
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
    brain = ClassificationBrain(
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
        brain = ClassificationBrain(
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


def test_pass_that_feeds_the_classifier_is_the_same_for_all_processes(
    TurboBrain,
):
    """What a process drew before, its masks for one, must not matter."""
    generator = torch.Generator().manual_seed(0)
    outputs = {
        "logits": torch.randn(2, 3, 4, generator=generator),
        "views": {"audio": torch.randn(2, 3, 5, generator=generator)},
    }
    batch = SimpleNamespace(
        id=list("abc"),
        target=SimpleNamespace(data=torch.tensor([[0], [1], [2]])),
        group=SimpleNamespace(data=torch.tensor([[0], [1], [2]])),
    )
    brain = SimpleNamespace(
        hparams=SimpleNamespace(seed=1),
        modules=SimpleNamespace(loss=JointLoss(lambda_ce=1, ce_view="random")),
        epoch=1,
        gather=lambda *given: given,
        note_step=lambda *noted: None,
    )
    brain.draws = lambda name: ClassificationBrain.draws(brain, name)
    losses = []
    for brain.step in range(20):
        for drawn_before in (0, 1):
            torch.manual_seed(drawn_before)
            losses.append(
                TurboBrain.compute_objectives(
                    brain, outputs, batch, sb.Stage.TRAIN
                ).item()
            )
    assert losses[::2] == losses[1::2]
    assert len(set(losses)) == 2


def test_an_epochs_augmentation_is_its_own():
    hparams = SimpleNamespace(train_augment=SimpleNamespace(epoch=1))
    brain = ClassificationBrain(
        {"a": torch.nn.Linear(1, 1)}, run_opts={"device": "cpu"}
    )
    brain.hparams = hparams
    brain.averages, brain.train_sampler = Averages(), SimpleNamespace()
    brain.on_stage_start(sb.Stage.TRAIN, 7)
    assert hparams.train_augment.epoch == 7
    brain.step = 5
    brain.on_stage_start(sb.Stage.TRAIN, 7)
    assert brain.train_sampler.start == 5


@pytest.mark.slow
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
