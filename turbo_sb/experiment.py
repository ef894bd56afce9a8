"""One training and its test, the same for every recipe.

A recipe's train.py prepares its corpus, and then calls this.

Authors
 * The turbo_sb developers 2026
"""

from turbo_sb.brain import TurboBrain
from turbo_sb.dataio import collate_with, make_datasets
from turbo_sb.distributed import part
from turbo_sb.recipe import check_run
from turbo_sb.split_checks import check_manifests


def train_and_test(hparams, run_opts, label_key, facts=None, others=None):
    """Train on train.json and valid.json; test the best epoch on test.json.

    Arguments
    ---------
    hparams : dict
        What the YAML describes, built.
    run_opts : dict
        SpeechBrain's own options.
    label_key : str
        The manifests' field with the label.
    facts : dict, optional
        Goes into metrics.json beside the metrics.
    others : dict, optional
        Name to (scores, targets), drawn beside the model's.
    """
    annotations = {
        "train": hparams["train_annotation"],
        "valid": hparams["valid_annotation"],
        "test": hparams["test_annotation"],
    }
    check_manifests(annotations, hparams["protocol"])
    datasets = make_datasets(
        annotations,
        tokenizer=hparams["text_encoder"],
        train_augment=hparams["train_augment"],
        data_root=hparams["data_folder"],
        labels=hparams["labels"],
        label_key=label_key,
        sample_rate=hparams["sample_rate"],
        equalizer=hparams.get("equalizer"),
    )
    brain = TurboBrain(
        modules=hparams["modules"],
        opt_class=hparams["opt_class"],
        hparams=hparams,
        run_opts=run_opts,
        checkpointer=hparams["checkpointer"],
    )
    brain.facts, brain.others = facts or {}, others or {}
    check_run(brain, len(datasets["train"]))

    collate = {"collate_fn": collate_with(hparams["text_encoder"].pad_id)}
    brain.fit(
        hparams["epoch_counter"],
        datasets["train"],
        datasets["valid"],
        train_loader_kwargs={**hparams["train_dataloader_opts"], **collate},
        valid_loader_kwargs={**hparams["eval_dataloader_opts"], **collate},
    )
    brain.evaluate(
        datasets["test"],
        test_loader_kwargs={**hparams["eval_dataloader_opts"], **collate},
    )
    part()
