"""The IEMOCAP recipe from its command line to its files."""

import csv
import json
import re
import shutil

import numpy as np
import pytest
import soundfile

from tests.iemocap_layout import lay_out
from tests.recipes.recipe_runs import (
    load_train,
    start_fresh,
    start_ranks,
    start_torchrun,
)
from turbo_sb.data.manifest import write_json
from turbo_sb.training import dropout_check
from turbo_sb.training.brain import ClassificationBrain
from turbo_sb.training.loggers import PlainTrainLogger
from turbo_sb.utils import distributed
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.files import LOCK, hold

FILES = {
    "hyperparams.yaml",
    "train_log.txt",
    "log.txt",
    "env.log",
    "train.json",
    "valid.json",
    "test.json",
    "predictions.csv",
    "predictions_audio_only.csv",
    "predictions_text_only.csv",
    "metrics.json",
    "embeddings.npz",
    "save",
}
TERMS = {
    "vanilla": set(),
    "cross_modal": {"cross/audio1-text1"},
    "turbo": {
        "in/audio",
        "in/text",
        "cross/audio1-text1",
        "cross/audio1-text2",
        "cross/audio2-text1",
        "cross/audio2-text2",
    },
}


def read(folder, name="predictions.csv"):
    metrics = json.loads((folder / "metrics.json").read_text())
    with open(folder / name, newline="") as file:
        rows = list(csv.DictReader(file))
    return metrics, rows


def train_log(folder):
    return (folder / "train_log.txt").read_text().splitlines()


@pytest.mark.parametrize("method", TERMS)
def test_method_trains_to_the_end_and_leaves_its_files(method, run, tmp_path):
    run(method, tmp_path)
    assert FILES <= {path.name for path in tmp_path.iterdir()}
    metrics, rows = read(tmp_path)
    facts = [metrics[key] for key in ("protocol", "fold", "seed", "n")]
    assert facts == ["session5", 1, 1986, 16]
    assert metrics["best_epoch"] in (1, 2)
    assert metrics["labels"] == ["ang", "hap", "neu", "sad"]
    right = [row["label"] == row["prediction"] for row in rows]
    assert metrics["WA"] == pytest.approx(np.mean(right))
    for row in rows:
        p = {name: float(row[f"p_{name}"]) for name in metrics["labels"]}
        assert sum(p.values()) == pytest.approx(1, abs=1e-5)
        assert row["prediction"] == max(p, key=p.get)
    arrays = np.load(tmp_path / "embeddings.npz")
    assert arrays["ids"].tolist() == [row["ID"] for row in rows]
    width = 32 if method == "vanilla" else 16  # projection: False for vanilla
    assert arrays["audio"].shape == arrays["text"].shape == (16, width)
    logged = set(
        re.findall(r"train ((?:in|cross)/\S+):", train_log(tmp_path)[0])
    )
    assert logged == TERMS[method]


def test_one_checkpoint_predicts_from_both_and_from_each_alone(run, tmp_path):
    run("turbo", tmp_path, modality_dropout=0.5)
    metrics, both = read(tmp_path)
    assert metrics["modality_dropout"] == 0.5
    for source in ("audio_only", "text_only"):
        _, rows = read(tmp_path, f"predictions_{source}.csv")
        right = np.mean([row["label"] == row["prediction"] for row in rows])
        assert metrics[source]["WA"] == pytest.approx(right)
        assert set(metrics[source]) == {"WA", "UA"}
        for row, other in zip(rows, both):
            assert (row["ID"], row["label"]) == (other["ID"], other["label"])
            assert row["p_ang"] != other["p_ang"]
    log = "\n".join(train_log(tmp_path))
    assert "_only" not in log  # the validation goes by both


def test_without_modality_dropout_it_is_said_too(run, tmp_path, capsys):
    run("turbo", tmp_path, number_of_epochs=1)
    metrics, _ = read(tmp_path)
    assert metrics["modality_dropout"] == 0
    result, folder, following = capsys.readouterr().out.splitlines()[-3:]
    assert result.startswith("Test, epoch 1, 16 utterances: WA 0.")
    assert folder.endswith(str(tmp_path)) and str(tmp_path) in following


def test_folder_in_which_another_training_runs_is_refused(
    run, tmp_path, monkeypatch
):
    """Before anything in it is touched."""
    monkeypatch.setattr(distributed, "PATIENCE", 0)
    with hold(tmp_path / LOCK, "busy"):
        with pytest.raises(InputError, match="another training runs in it"):
            run("turbo", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [LOCK]


def test_validation_without_a_class_is_said(run, tmp_path):
    """It chooses the epoch by the other classes."""
    corpus = lay_out(tmp_path / "corpus")
    for path in corpus.glob("Session1/dialog/EmoEvaluation/Ses*.txt"):
        text = path.read_text().replace("M003\tsad", "M003\tfru")
        path.write_text(text)
    keys = dict(data_folder=corpus, number_of_epochs=1, protocol="speaker10")
    run("turbo", tmp_path / "run", **keys)
    metrics, _ = read(tmp_path / "run")
    assert metrics["absent_classes"] == {"valid": ["sad"]}
    log = (tmp_path / "run" / "log.txt").read_text()
    assert "valid: no utterance of sad. The best epoch is chosen by" in log
    skipped = (tmp_path / "run" / "skipped.csv").read_text()
    assert 'Ses01F_impro01_M003,"label fru, which is not one' in skipped
    # Manifests that no preparation has checked: nothing trains an output.
    train = json.loads((tmp_path / "run" / "train.json").read_text())
    kept = {k: e for k, e in train.items() if e["label"] != "neu"}
    write_json({tmp_path / "mine" / "train.json": kept})
    for name in ("valid", "test"):
        shutil.copy(tmp_path / "run" / f"{name}.json", tmp_path / "mine")
    with pytest.raises(InputError, match="labels: neu: train has no utter"):
        run("turbo", tmp_path / "mine", skip_prep=True, **keys)


def test_one_modality_has_no_missing_one(run, tmp_path):
    run("vanilla", tmp_path, modalities="[audio]", number_of_epochs=1)
    metrics, _ = read(tmp_path)
    assert not {"audio_only", "text_only", "modality_dropout"} & set(metrics)
    assert not list(tmp_path.glob("predictions_*"))


def test_log_says_which_dropout_is_in_force(run, tmp_path):
    run("turbo", tmp_path, number_of_epochs=1, dropout=0.3)
    log = (tmp_path / "log.txt").read_text()
    audio = re.search(r"audio encoder: dropout in force: (.*)", log)[1]
    text = re.search(r"text encoder: dropout in force: (.*)", log)[1]
    assert "encoder.layers.feed_forward.output_dropout 0.3" in audio
    assert "encoder.layer.output.dropout 0.3" in text
    assert "layerdrop 0, SpecAugment off, CNN trained" in log


def test_checking_dropout_changes_nothing(run, tmp_path, monkeypatch):
    """Whether or not utterances are embedded before the first step."""
    run("turbo", tmp_path / "with", number_of_epochs=1)
    log = (tmp_path / "with" / "log.txt").read_text()
    assert "audio encoder: mean cosine of 32 training utterances" in log
    assert "audio encoder: dropout moves its" not in log
    assert "views of an utterance are equal" not in log
    monkeypatch.setattr(dropout_check, "_check", lambda **_: None)
    run("turbo", tmp_path / "without", number_of_epochs=1)
    for name in ("predictions.csv", "embeddings.npz"):
        one, other = ((tmp_path / k / name) for k in ("with", "without"))
        assert one.read_bytes() == other.read_bytes()


def test_what_dropout_destroys_and_equal_views_are_warned_of(run, tmp_path):
    rates = dict(dropout=0, head_dropout=0, attention_dropout=0)
    rates["audio_encoder.feature_dropout"] = 0
    run("turbo", tmp_path, number_of_epochs=1, **rates)
    log = (tmp_path / "log.txt").read_text()
    assert log.count("the two views of an utterance are equal") == 2


def test_lambda_1_is_vanilla_with_projection(run, tmp_path):
    run("turbo", tmp_path / "a", lambda_ce=1)
    run("vanilla", tmp_path / "b", projection=True)
    a, b = (tmp_path / name / "predictions.csv" for name in "ab")
    assert a.read_bytes() == b.read_bytes()


def test_run_broken_within_an_epoch_takes_its_remaining_steps(
    run, tmp_path, monkeypatch
):
    """6 steps an epoch: broken at step 5 of epoch 2, saved at step 4."""
    fit_batch, steps = ClassificationBrain.fit_batch, []

    def counted(brain, batch):
        steps.append(brain.step)
        if len(steps) == 6 + 5:
            raise KeyboardInterrupt
        return fit_batch(brain, batch)

    monkeypatch.setattr(ClassificationBrain, "fit_batch", counted)
    keys = dict(number_of_epochs=3, ckpt_interval_steps=2)
    keys["ckpt_interval_minutes"] = 0
    with pytest.raises(KeyboardInterrupt):
        run("turbo", tmp_path, **keys)
    run("turbo", tmp_path, **keys)
    each = [1, 2, 3, 4, 5, 6]
    assert steps == [*each, *each[:5], *each[4:], *each]
    assert len(train_log(tmp_path)) == 3 + 1


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"fold": 2}, "with fold: 1, not 2"),
        ({"seed": 7}, "with seed: 1986, not 7"),
        ({"temperature": 0.5}, "with temperature: 0.07, not 0.5"),
        ({"projection": True}, "with projection: False, not True"),
        ({"loss.ce_view": 2}, "with loss.ce_view: 1, not 2"),
    ],
)
def test_folder_of_another_training_is_refused(
    overrides, message, run, tmp_path
):
    """Else fold 2 would be tested on a model that was trained on it."""
    run("vanilla", tmp_path, number_of_epochs=1)
    before = {p: p.read_bytes() for p in tmp_path.glob("*.json")}
    with pytest.raises(InputError, match=message):
        run("vanilla", tmp_path, **overrides)
    assert before == {p: p.read_bytes() for p in tmp_path.glob("*.json")}


def test_early_stopping_survives_a_resume(run, tmp_path):
    """Nothing is learnt at lr 0, so epoch 1 stays the best."""
    keys = dict(lr=0.0, patience=3)
    run("vanilla", tmp_path, number_of_epochs=2, **keys)
    run("vanilla", tmp_path, number_of_epochs=50, **keys)
    epochs = [line for line in train_log(tmp_path) if "train loss" in line]
    assert len(epochs) == 4
    assert read(tmp_path)[0]["best_epoch"] == 1


def test_test_only_repeats_the_test(run, tmp_path):
    run("vanilla", tmp_path)
    first = (tmp_path / "predictions.csv").read_bytes()
    (tmp_path / "predictions.csv").unlink()
    run("vanilla", tmp_path, flags=("--test_only",))
    assert (tmp_path / "predictions.csv").read_bytes() == first
    assert len(train_log(tmp_path)) == 2 + 1 + 1


def test_debug_leaves_the_results_of_a_real_run(run, tmp_path):
    run("vanilla", tmp_path)
    before = (tmp_path / "metrics.json").read_bytes()
    logs = ("train_log.txt", "history.jsonl")
    logged = [(tmp_path / name).read_bytes() for name in logs]
    run("vanilla", tmp_path, flags=("--debug",))
    assert (tmp_path / "metrics.json").read_bytes() == before
    assert [(tmp_path / name).read_bytes() for name in logs] == logged
    assert read(tmp_path / "debug")[0]["n"] == 16
    assert (tmp_path / "debug" / "train_log.txt").exists()


def test_learnable_temperature_is_logged(run, tmp_path):
    run(
        "turbo",
        tmp_path,
        lr=0.01,
        **{"contrastive.learnable_temperature": True},
    )
    values = [
        float(re.search(r"train temperature: ([\d.]+)", line)[1])
        for line in train_log(tmp_path)[:2]
    ]
    assert len({0.07, *values}) == 3


def test_trackers_never_see_a_step_of_the_past(run, tmp_path, monkeypatch):
    """W&B drops what is logged for one; the best epoch is one."""
    seen = []
    monkeypatch.setattr(
        PlainTrainLogger,
        "log_stats",
        lambda self, meta, **stats: seen.append((meta.get("epoch"), *stats)),
    )
    run("vanilla", tmp_path, lr=0.0)
    assert seen == [
        (1, "train_stats", "valid_stats"),
        (2, "train_stats", "valid_stats"),
        (None, "test_stats"),
    ]


def test_main_rank_decides_on_stopping(run, tmp_path, monkeypatch):
    """What it broadcasts rises until epoch 3; here, lr 0 changes nothing."""
    scores = iter([0.1, 0.2, 0.3, 0.3, 0.3])
    monkeypatch.setattr(
        "turbo_sb.training.resumable_brain.ddp_broadcast",
        lambda _, src: (next(scores), False),
    )
    run("vanilla", tmp_path, number_of_epochs=50, patience=2, lr=0.0)
    assert len(train_log(tmp_path)) == 5 + 1


def test_debug_runs_two_batches_of_two_epochs(run, tmp_path):
    flags = ("--debug", "--debug_persistently")
    run("turbo", tmp_path, flags=flags, number_of_epochs=50)
    assert len(train_log(tmp_path)) == 2 + 1
    assert read(tmp_path)[0]["n"] == 2 * 8


def test_bf16_trains_near_fp32(run, tmp_path):
    run("turbo", tmp_path / "fp32", number_of_epochs=1)
    run("turbo", tmp_path / "bf16", number_of_epochs=1, precision="bf16")
    losses = [
        float(re.search(r"train loss: ([\d.]+)", train_log(folder)[0])[1])
        for folder in (tmp_path / "fp32", tmp_path / "bf16")
    ]
    assert losses[0] != losses[1]
    assert losses[0] == pytest.approx(losses[1], rel=0.05)


def test_tensorboard_follows_every_term_and_the_geometry(run, tmp_path):
    from tensorboard.backend.event_processing import event_accumulator

    run("turbo", tmp_path, number_of_epochs=2, logger="tensorboard")
    (path,) = (tmp_path / "tensorboard").glob("events.out.tfevents.*")
    events = event_accumulator.EventAccumulator(str(path))
    events.Reload()
    tags = events.Tags()["scalars"]
    geometry = ("alignment", "uniformity_audio", "uniformity_text")
    wanted = [f"{name}/train" for name in ("ce", *TERMS["turbo"])]
    wanted += [f"{name}/valid" for name in (*geometry, "WA", "UA")]
    assert set(wanted) <= set(tags), tags
    for tag in wanted:
        assert [event.step for event in events.Scalars(tag)] == [1, 2]
    # As train_log.txt has it, to its digits.
    log = train_log(tmp_path)[1]
    for name in geometry:
        logged = float(re.search(rf"valid {name}: ([-.\de]+)", log)[1])
        value = events.Scalars(f"{name}/valid")[1].value
        assert logged == pytest.approx(value, rel=1e-3)


def test_mask_equal_text_changes_the_loss(run, tmp_path):
    """Every utterance says the same, so no negative is left."""
    corpus = lay_out(tmp_path / "corpus")
    for path in corpus.glob("Session*/dialog/transcriptions/Ses*.txt"):
        path.write_text(re.sub(r"\]: .*", "]: ja", path.read_text()))
    keys = {"data_folder": corpus, "loss.mask_equal": "text"}
    keys["number_of_epochs"] = 1
    run("turbo", tmp_path / "run", **keys)
    log = train_log(tmp_path / "run")[0]
    terms = re.findall(r"train (?:in|cross)/\S+: (\S+?)[, ]", log)
    assert [float(term) for term in terms] == [0.0] * 6


def test_odd_but_sound_input_just_works(run, tmp_path):
    """Too short for a frame, 44.1 kHz stereo, beyond 512 tokens, no words."""
    corpus = lay_out(tmp_path / "corpus")
    wavs = sorted(corpus.glob("Session[135]/sentences/wav/*/*_F00[01].wav"))
    for k, (short, stereo) in enumerate(zip(wavs[::2], wavs[1::2])):
        level = 0.1 + k / 100  # no two are the same recording
        soundfile.write(short, np.full(100, level), 16000)
        soundfile.write(stereo, np.full((8820, 2), level), 44100)
    for path in corpus.glob("Session*/dialog/transcriptions/Ses*.txt"):
        lines = path.read_text(encoding="utf-8")
        lines = re.sub(r"(_F002 .*?: ).*", rf"\1{'ja ' * 600}", lines)
        path.write_text(re.sub(r"(_M00. .*?: ).*", r"\1[LAUGHTER]", lines))
    run("turbo", tmp_path / "run", data_folder=corpus, number_of_epochs=1)
    log = (tmp_path / "run" / "log.txt").read_text()
    assert "6 shorter than 400 samples" in log
    assert "44100 Hz multichannel (6)" in log
    assert "41 empty texts became [UNK]" in log
    assert "10 texts fill the text encoder's limit of 512 tokens" in log
    assert read(tmp_path / "run")[0]["n"] == 16


def test_two_ranks_train_to_the_end(command, tmp_path):
    """Plain torchrun; its options are SpeechBrain's for a CPU."""
    keys = dict(batch_size=4, distributed_backend="gloo")
    keys["contrastive.learnable_temperature"] = (
        True  # then the loss is wrapped as well
    )
    argv = command("turbo", tmp_path / "run", **keys)
    process = start_torchrun(2, ["train.py", *argv])
    output, _ = process.communicate(timeout=240)
    assert process.returncode == 0, output
    metrics, rows = read(tmp_path / "run")
    assert metrics["n"] == len(rows) == 16
    assert len(train_log(tmp_path / "run")) == 2 + 1


def test_two_ranks_end_alike_on_bad_input(command, tmp_path):
    """The preparation fails in one process; the other says nothing more."""
    corpus = lay_out(tmp_path / "corpus", sessions=(1, 2, 3))
    next(corpus.glob("Session1/sentences/wav/*/*_F000.wav")).unlink()
    keys = dict(batch_size=4, distributed_backend="gloo", data_folder=corpus)
    argv = command("turbo", tmp_path / "run", **keys)
    process = start_ranks(2, ["train.py", *argv])
    output, _ = process.communicate(timeout=240)
    assert process.returncode != 0
    assert output.count("error: ") == 1
    assert "no such file" in output
    assert "Connection closed" not in output


def test_names_of_options_with_dashes(command, tmp_path):
    yaml, *given = command("vanilla", tmp_path / "run", number_of_epochs=1)
    name = "--data-folder="
    given = [x.replace("--data_folder=", name) for x in given]
    assert any(x.startswith(name) for x in given)
    load_train().main([yaml, *given])
    assert (tmp_path / "run" / "metrics.json").exists()


def test_command_line_without_dashes_is_explained(command, tmp_path):
    yaml = command("turbo", tmp_path)[0]
    with pytest.raises(InputError, match="expected --key=value, came"):
        load_train().main([yaml, "data_folder=/IEMOCAP"])


def test_key_given_twice_is_refused(command, tmp_path):
    with pytest.raises(InputError, match="the command line: .*duplicate key"):
        load_train().main([*command("turbo", tmp_path), "--fold=2", "--fold=1"])


def spoil_encoder(folder):
    (folder / "weights").mkdir()
    (folder / "weights" / "config.json").write_text("{}")
    return folder / "weights"


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"data_folder": "nowhere"}, "nowhere: no such folder"),
        ({"data_folder": None}, "data_folder has no value.*--data_folder="),
        ({"protocol": "speaker11"}, "speaker11.*speaker10, session5, random10"),
        ({"fold": 6}, "fold=6: session5 has the folds 1 to 5"),
        ({"tempratur": 0.1}, "no key tempratur.*--temperature"),
        ({"freeze_cnn": "no"}, "freeze_cnn=no: expected True or False"),
        ({"temperature": "abc"}, "temperature=abc: expected a number"),
        ({"temperature": "0,05"}, "temperature=0,05: expected a number"),
        ({"batch_size": 16.5}, "batch_size=16.5: expected a whole number"),
        ({"number_of_epochs": "ten"}, "ten: expected a whole number"),
        ({"batch_size": 0}, "batch_size=0: expected at least 1"),
        ({"lr": -1}, "lr=-1: expected at least 0"),
        ({"num_workers": -1}, "num_workers=-1: expected at least 0"),
        ({"projection_dim": 0}, "projection_dim=0: expected at least 1"),
        ({"train_noise_snr": "loud"}, "train_noise_snr: 'loud'"),
        ({"attention_dropout": "x"}, "dropout: x is not in"),
        ({"contrastive.similarity": "euclid"}, "similarity: 'euclid'"),
        ({"contrastive.reduction": "max"}, "reduction: 'max'"),
        ({"contrastive.term_weights": "{audio: 1}"}, "term_weights: audio"),
        ({"contrastive.term_weights": 1}, "weights=1: expected .*in: 0.5"),
        ({"grad_accumulation_factor": 7}, "7 is more than the 6 batches"),
        ({"temperature": 0}, "temperature: 0 is not > 0"),
        ({"lambda_ce": 1.5}, r"lambda_ce: 1.5 is not in \[0, 1\]"),
        ({"batch_size": 1}, "batch_size: 1.*at least 2"),
        ({"batch_size": 64}, "more than the 48 training utterances"),
        ({"max_grad_norm": -1}, "max_grad_norm: -1.0 is not > 0"),
        ({"dropout": 1.0}, r"dropout: 1.0 is not in \[0, 1\)"),
        ({"modality_dropout": 1.0}, r"dropout=1.0: expected a share in \[0, 1"),
        ({"symmetric": True}, "Did you mean --contrastive.symmetric"),
        (
            {"modality_dropout": 0.3, "modalities": "[audio]"},
            r"modality_dropout: 0.3 drops one .* only \['audio'\]",
        ),
        ({"loss.mask_equal": "speaker"}, "mask_equal: 'speaker'"),
        ({"patience": 0}, "patience are at least 1"),
        ({"logger": "mlflow"}, "logger: 'mlflow'"),
        ({"train_crop_seconds": -1}, "train_crop_seconds: -1"),
        (
            {"text_encoder_source": "no-such/model"},
            "--text_encoder_source=FOLDER",
        ),
        (
            {"audio_encoder_source": "/no/folder"},
            "there is no folder /no/folder",
        ),
        ({"labels": "[ang, hap, fea]"}, "nothing is labelled fea in .*Found"),
        ({"labels": "[ang, ang]"}, "ang is there 2 times"),
        ({"skip_prep": True}, "train.json: cannot be read.*preparation"),
    ],
    ids=lambda value: next(iter(value), "") if type(value) is dict else "",
)
def test_bad_setting_is_one_clear_error(overrides, message, run, tmp_path):
    with pytest.raises(InputError, match=f"(?s){message}"):
        run("turbo", tmp_path, **overrides)


def test_encoder_folder_without_weights_is_named(run, tmp_path):
    folder = spoil_encoder(tmp_path)
    with pytest.raises(InputError, match="holds no Hugging Face model.*config"):
        run("turbo", tmp_path / "run", audio_encoder_source=folder)


def test_only_testing_needs_a_checkpoint(run, tmp_path):
    with pytest.raises(InputError, match="no checkpoint in .*train first"):
        run("turbo", tmp_path, flags=("--test_only",))


def test_yaml_key_that_nothing_uses_is_refused(command, tmp_path):
    yaml, *rest = command("turbo", tmp_path / "run")
    text = open(yaml).read() + "\nlabel_smothing: 0.1\n"
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(InputError, match=r"uses the keys .*label_smothing"):
        load_train().main([str(tmp_path / "mine.yaml"), *rest])


def test_error_is_one_message_and_exit_code_2(command, tmp_path):
    argv = command("turbo", tmp_path, data_folder="nowhere")
    process = start_fresh(["train.py", *argv])
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "error: data_folder: nowhere: no such folder" in output
    assert "Traceback" not in output


def test_probe_stands_beside_the_result(run, tmp_path, capsys):
    """On the encoders before the training, also of a run that resumes."""
    keys = dict(number_of_epochs=1, probe=True, cache_folder=tmp_path / "cache")
    run("vanilla", tmp_path / "a", **keys)
    metrics, _ = read(tmp_path / "a")
    for name in ("audio", "text", "both"):
        found = read(tmp_path / "a", f"predictions_probe_{name}.csv")[1]
        right = [row["label"] == row["prediction"] for row in found]
        assert metrics[f"probe_{name}"]["WA"] == pytest.approx(np.mean(right))
    assert metrics["probe"] in ("audio", "text", "both")
    assert "Linear probe on the frozen encoders (" in capsys.readouterr().out
    (tmp_path / "a" / "probe.json").unlink()
    first = (tmp_path / "a" / "predictions_probe_both.csv").read_bytes()
    run("vanilla", tmp_path / "a", **keys | {"number_of_epochs": 2})
    again = (tmp_path / "a" / "predictions_probe_both.csv").read_bytes()
    assert again == first
    run("vanilla", tmp_path / "b", **keys | {"probe": False})
    kept = [tmp_path / name / "embeddings.npz" for name in ("a", "b")]
    assert not (tmp_path / "b" / "probe.json").exists()
    assert all(path.exists() for path in kept)


def test_rates_are_logged_and_change_nothing_at_the_same_values(run, tmp_path):
    """One group, or one for each role at the same rate: the same bytes."""
    rates = dict(head_lr=0.001, layer_sum_lr=0.001)
    run("vanilla", tmp_path / "one", layer_sum=True)
    run("vanilla", tmp_path / "apart", layer_sum=True, **rates)
    files = [tmp_path / k / "predictions.csv" for k in ("one", "apart")]
    assert files[0].read_bytes() == files[1].read_bytes()
    lines = (tmp_path / "apart" / "history.jsonl").read_text().splitlines()
    found = json.loads(lines[0])
    assert [found[k] for k in ("lr", *rates)] == [0.001] * 3
