"""What is checked before anything is built."""

import pytest

from tests.recipes.recipe_runs import FOLDER
from turbo_sb.training.settings import (
    ADDED,
    Hparams,
    check_overrides,
    check_rates,
    check_types,
    check_used,
    check_values,
)
from turbo_sb.training.yaml_files import read_yaml
from turbo_sb.utils.errors import InputError

BASE = read_yaml(
    "a: True\nb: 1\nc: 0.5\nd: [x]\ne: {}\nf: word\ng: null\nce_view: 1\n"
    "h: !new:torch.nn.Linear {in_features: 1}",
    "a.yaml",
)


@pytest.mark.parametrize(
    "given",
    [
        *("a: False", "b: 2", "c: 2", "c: 1e-4", "d: [y]", "e: {in: 1}"),
        *("f: 1", "g: 1", "g: x", "ce_view: both", "h: {in_features: 2}"),
    ],
)
def test_value_of_the_yamls_kind_passes(given):
    check_types(read_yaml(given, ""), BASE, "a.yaml")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("a: no", "True or False"),
        ("a: 1", "True or False"),
        ("b: 1.5", "a whole number"),
        ("b: True", "a whole number"),
        ("c: 0,05", "a number"),
        ("c: False", "a number"),
        ("d: y", "a list"),
        ("e: 1", "a mapping"),
        ("h: {in_features: x}", "a whole number"),
    ],
)
def test_value_of_another_kind_is_refused(given, expected):
    with pytest.raises(InputError, match=f"expected {expected}.*a.yaml has"):
        check_types(read_yaml(given, ""), BASE, "a.yaml")


def test_number_out_of_its_range_is_refused():
    check_values({"lr": 0, "batch_size": 1, "head_lr": None})
    with pytest.raises(InputError, match="batch_size=0: expected at least 1"):
        check_values({"batch_size": 0})
    for rate in (0, 0.0, 0.5):
        check_values({"modality_dropout": rate})
    for rate in (-0.1, 1, 1.5):
        with pytest.raises(InputError, match=f"{rate}: expected a share in"):
            check_values({"modality_dropout": rate})


@pytest.mark.parametrize("key", ["lr", "head_lr", "layer_sum_lr"])
@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), "x", True])
def test_what_is_no_rate_is_refused(key, value):
    with pytest.raises(InputError, match=f"--{key}={value}: expected"):
        check_values({key: value})


def test_a_rate_of_the_head_needs_one_of_the_encoders():
    check_rates({"head_lr": None}, "old.yaml")
    with pytest.raises(InputError, match="old.yaml: head_lr without lr"):
        check_rates({"head_lr": 0.1}, "old.yaml")


def test_a_value_that_is_not_a_choice_is_refused():
    check_values({"nonfinite_loss": "skip"})
    with pytest.raises(InputError, match="nonfinite_loss: 'ignore': expected"):
        check_values({"nonfinite_loss": "ignore"})


def test_labels_and_what_may_be_the_same_are_checked_before_anything():
    check_values({"labels": ["no", "yes"], "same_recordings": "warn"})
    with pytest.raises(InputError, match="ang is there 2 times"):
        check_values({"labels": ["ang", "ang"]})
    with pytest.raises(InputError, match="same_recordings: 'skip': expected"):
        check_values({"same_recordings": "skip"})


class TestCheckOverrides:
    def test_a_misspelt_key_gets_a_hint(self):
        with pytest.raises(InputError) as raised:
            check_overrides(
                {"temprature": 1}, {"lr": 1, "temperature": 1}, "a.yaml"
            )
        assert str(raised.value) == (
            "--temprature: a.yaml has no key temprature. "
            "Did you mean --temperature?"
        )

    def test_a_strange_key_gets_none(self):
        with pytest.raises(InputError, match="no key zzz.$"):
            check_overrides({"zzz": 1}, {"lr": 1}, "a.yaml")

    def test_a_key_of_an_object_is_named_by_both(self):
        base = read_yaml("loss: !new:a.B\n    ce_view: 1", "a.yaml")
        for given, hint in (
            ({"ce_view": 2}, "Did you mean --loss.ce_view"),
            ({"loss": {"ce_veiw": 2}}, "Did you mean --loss.ce_view"),
            ({"loss": 2}, "Set one of its keywords, as --loss.ce_view=..."),
        ):
            with pytest.raises(InputError, match=hint):
                check_overrides(given, base, "a.yaml")
        check_overrides({"loss": {"ce_view": 2}}, base, "a.yaml")

    def test_a_keyword_that_refers_to_a_key_is_set_by_the_key(self):
        """Else the object has one value, and all others have another."""
        text = "crop: 1\naugment: !new:a.B\n    crop_seconds: !ref <crop>"
        with pytest.raises(InputError, match="from crop. Set --crop=..."):
            check_overrides(
                {"augment": {"crop_seconds": 2}}, read_yaml(text, ""), "a.yaml"
            )

    def test_a_key_that_has_another_name_now(self):
        with pytest.raises(InputError, match="--text_encoder.pooling now"):
            check_overrides({"text_pooling": "cls"}, {"lr": 1}, "a.yaml")


class TestCheckUsed:
    SCRIPT = FOLDER / "train.py"

    @pytest.mark.parametrize(
        "text",
        [
            "rate: 1\nlr: !ref <rate>\nlabels: !ref <lr>",  # by the YAML
            "max_grad_norm: 5.0",  # a run option of SpeechBrain
            "skip_prep: True",  # by train.py
            "__set_seed: 1",  # only there to act
        ],
    )
    def test_what_counts_as_use(self, text):
        check_used(text, read_yaml(text, ""), self.SCRIPT, "a.yaml")

    def test_a_key_that_is_only_declared(self):
        with pytest.raises(InputError, match=r"a.yaml: .*\['b', 'c'\]"):
            check_used("b: 1\nc: 2", {"b": 1, "c": 2}, self.SCRIPT, "a.yaml")

    def test_a_key_of_the_recipe_that_this_yaml_does_not_use(self):
        """Its override would change nothing, and be believed."""
        text = (FOLDER / "hparams" / "turbo.yaml").read_text()
        text = text.replace("lambda_ce: !ref <lambda_ce>", "lambda_ce: 0.5")
        with pytest.raises(InputError, match=r"uses the keys \['lambda_ce'\]"):
            check_used(text, read_yaml(text, ""), self.SCRIPT, "a.yaml")


def test_value_of_another_kind_is_named_with_its_object():
    with pytest.raises(InputError, match="^--h.in_features=x: expected"):
        check_types(read_yaml("h: {in_features: x}", ""), BASE, "a.yaml")


def test_a_yaml_of_before_lacks_what_was_added():
    assert Hparams({}, "mine.yaml")["stall_limit"] == ADDED["stall_limit"]
    with pytest.raises(InputError, match="it has no key seed"):
        Hparams({}, "mine.yaml")["seed"]
