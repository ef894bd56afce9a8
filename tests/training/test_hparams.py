"""A recipe's YAML, built, and the YAMLs of the IEMOCAP recipe."""

from pathlib import Path

import pytest
import torch
import yaml

from turbo_sb.encoders.dropout import effective_dropout
from turbo_sb.losses import CrossModalLoss, TurboLoss
from turbo_sb.training.hparams import load_hparams
from turbo_sb.training.resuming import plain
from turbo_sb.training.settings import check_used, read_settings
from turbo_sb.training.yaml_files import read_yaml
from turbo_sb.utils.errors import InputError

RECIPE = Path(__file__).parents[2] / "recipes" / "IEMOCAP" / "turbo"
SCRIPT = str(RECIPE / "train.py")
YAMLS = ["vanilla", "cross_modal", "turbo"]
# design.md: the keys with fixed names, as far as they are built.
FIXED_KEYS = """
data_folder output_folder seed protocol fold strict_corpus
audio_encoder_source text_encoder_source projection projection_dim dropout
temperature lambda_ce batch_size lr number_of_epochs patience
train_crop_seconds freeze_cnn
""".split()

SMALL = """\
seed: 1
width: !ref <seed>
folder: !PLACEHOLDER
batch_size: !ref <width>
labels: [!ref <folder>, there]
"""


@pytest.fixture
def small(tmp_path):
    """A YAML whose keys are all used, with a value missing."""
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path


def load_checked(path, overrides):
    read_settings(path, overrides, SCRIPT)
    return load_hparams(path, overrides)


class TestLoadHparams:
    def test_builds_with_the_overrides(self, small):
        found = load_checked(str(small), "folder: here\nseed: 3")
        assert (found["labels"], found["seed"]) == (["here", "there"], 3)

    def test_no_file(self, tmp_path):
        with pytest.raises(InputError, match="no hyperparameter file .*none"):
            load_checked(str(tmp_path / "none.yaml"), "")

    @pytest.mark.parametrize("overrides", ["", None, "seed: 2"])
    def test_a_missing_value_is_named(self, small, overrides):
        with pytest.raises(InputError, match=r"folder has no value.*--folder="):
            load_checked(str(small), overrides)

    def test_a_key_that_nothing_uses(self, small):
        small.write_text(SMALL + "droput: 0.2\n")
        with pytest.raises(InputError, match=r"uses the keys \['droput'"):
            load_checked(str(small), "folder: here")

    def test_an_override_that_the_yaml_does_not_have(self, small):
        with pytest.raises(InputError, match="Did you mean --batch_size"):
            load_checked(str(small), "folder: here\nbatchsize: 2")

    def test_an_error_of_a_built_object_passes(self, small):
        """It is not a missing value."""
        text = SMALL + "max_grad_norm: !apply:math.sqrt [-1]\n"
        small.write_text(text)
        with pytest.raises(ValueError, match="math domain|nonnegative"):
            load_checked(str(small), "folder: here")


def test_a_placeholder_that_is_learnt_is_refused(small):
    small.write_text(SMALL + "placeholder: learnt\nx: !ref <placeholder>\n")
    with pytest.raises(InputError, match="placeholder: learnt: zeros stand"):
        load_hparams(str(small), "folder: here")


class TestTheYamls:
    @pytest.fixture
    def load(self, encoder_folders, tmp_path):
        """Build a YAML of the recipe on small encoders."""
        audio, text = encoder_folders["small"]

        def load(name, **overrides):
            overrides = {
                "data_folder": str(tmp_path),
                "output_folder": str(tmp_path / name),
                "audio_encoder_source": audio,
                "text_encoder_source": text,
                **overrides,
            }
            path = RECIPE / "hparams" / f"{name}.yaml"
            return load_checked(str(path), yaml.safe_dump(overrides))

        return load

    def keys(self, name):
        """All keys, those within objects as "object.key"."""
        text = (RECIPE / "hparams" / f"{name}.yaml").read_text()
        return list(plain(read_yaml(text, name)))

    @pytest.mark.parametrize("name", YAMLS)
    def test_every_key_is_used(self, name):
        text = (RECIPE / "hparams" / f"{name}.yaml").read_text()
        check_used(text, read_yaml(text, name), SCRIPT, name)

    def test_all_have_the_same_keys_in_the_same_order(self):
        vanilla, cross_modal, turbo = (self.keys(name) for name in YAMLS)
        assert vanilla == cross_modal == turbo
        text = (RECIPE / "hparams" / "turbo.yaml").read_text()
        assert set(FIXED_KEYS) <= set(read_yaml(text, "turbo"))

    @pytest.mark.parametrize("name", YAMLS)
    def test_without_a_corpus_its_key_is_asked_for(self, name):
        path = RECIPE / "hparams" / f"{name}.yaml"
        with pytest.raises(InputError, match="--data_folder="):
            load_checked(str(path), "")

    def test_turbo_is_the_papers(self, load):
        hparams = load("turbo")
        assert isinstance(hparams["loss"].contrastive, TurboLoss)
        assert (hparams["loss"].n_views, hparams["loss"].lambda_ce) == (2, 0.5)
        assert hparams["batch_size"] == 64
        adam = {"lr": 1e-5, "fused": True, "decoupled_weight_decay": True}
        assert hparams["opt_class"].keywords == adam
        assert not hparams["rates"].apart
        assert hparams["rates"].scheduler is None
        assert hparams["opt_class"].func is torch.optim.Adam
        assert hparams["epoch_counter"].patience == 10
        assert not hparams["loss"].contrastive.options["symmetric"]

    def test_cross_modal_is_one_symmetric_term_of_one_pass(self, load):
        loss = load("cross_modal")["loss"]
        assert isinstance(loss.contrastive, CrossModalLoss)
        assert (loss.n_views, loss.lambda_ce) == (1, 0.5)
        assert loss.contrastive.options["symmetric"]

    def test_vanilla_is_cross_entropy_on_the_encoders_outputs(self, load):
        hparams = load("vanilla")
        assert hparams["loss"].contrastive is None
        assert hparams["loss"].n_views == 1
        assert not list(hparams["model"].projections.parameters())

    @pytest.mark.parametrize("name", YAMLS)
    def test_dropout_reaches_every_built_layer_but_the_output(self, load, name):
        found = effective_dropout(load(name)["model"])
        own = ("attention", "feature_projection")  # the checkpoint's
        rates = {
            p for path, p in found.items() if not any(o in path for o in own)
        }
        assert rates == {0.2}
        assert not [path for path in found if "classifier" in path]

    def test_encoders_are_built_once(self, load):
        """What is made by a function is one object wherever it is used."""
        hparams = load("turbo")
        for name, encoder in hparams["model"].encoders.items():
            assert encoder is hparams[f"{name}_encoder"]

    def test_another_sample_rate_than_the_encoders(self, load):
        with pytest.raises(InputError, match="Use --sample_rate=16000"):
            load("turbo", sample_rate=8000)

    def test_overridden_settings_reach_the_objects(self, load):
        hparams = load(
            "turbo",
            dropout=0.37,
            head_dropout=0.28,
            attention_dropout=0.11,
            temperature=0.5,
            contrastive={
                **{"symmetric": True, "similarity": "dot", "reduction": "sum"}
            },
            loss={"ce_view": "both", "mask_equal": "text"},
            audio_encoder={
                "feature_dropout": 0.11,
                "apply_spec_augment": True,
                "layerdrop": 0.1,
            },
            text_encoder={"pooling": "mean"},
            freeze_cnn=False,
            train_crop_seconds=2,
            train_noise_snr=20,
            patience=3,
        )
        dropout = effective_dropout(hparams["model"])
        assert set(dropout.values()) == {0.37, 0.28, 0.11}
        contrastive = hparams["loss"].contrastive
        assert contrastive.temperature == 0.5
        assert contrastive.options == {
            "symmetric": True,
            "similarity": "dot",
            "reduction": "sum",
        }
        assert hparams["loss"].ce_view == "both"
        assert hparams["loss"].mask_equal == "text"
        assert hparams["text_encoder"].pooling == "mean"
        wav2vec2 = hparams["audio_encoder"].model
        assert all(p.requires_grad for p in wav2vec2.parameters())
        assert wav2vec2.config.apply_spec_augment
        assert wav2vec2.config.layerdrop == 0.1
        augment = hparams["train_augment"]
        assert (augment.crop, augment.noise_snr) == (32000, 20)
        assert hparams["epoch_counter"].patience == 3

    def test_term_weights_can_be_given_on_the_command_line(self, load):
        """As --contrastive.term_weights="{in: 0.5}"."""
        hparams = load("turbo", contrastive={"term_weights": {"in": 0.5}})
        assert hparams["loss"].contrastive.term_weights == {"in": 0.5}

    def test_lambda_1_is_vanilla_with_projection(self, load, batch):
        """The same weights, dropout and gradients, bit for bit."""
        found = []
        for name, change in (
            ("turbo", {"lambda_ce": 1}),
            ("vanilla", {"projection": True}),
        ):
            hparams = load(name, **change)
            model, loss = hparams["model"].train(), hparams["loss"]
            torch.manual_seed(1)
            outputs = model(*batch, n_views=loss.n_views)
            loss(outputs, torch.tensor([0, 1, 2]))[0].backward()
            found.append({name: p.grad for name, p in model.named_parameters()})
        turbo, vanilla = found
        assert turbo.keys() == vanilla.keys()
        for name, grad in turbo.items():
            same = grad is vanilla[name] or torch.equal(grad, vanilla[name])
            assert same, name
