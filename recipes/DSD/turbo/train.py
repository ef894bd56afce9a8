#!/usr/bin/env python3
"""Recipe for device-directed speech detection from audio and text with Turbo.

Each audio-text pair passes twice through a wav2vec 2.0 and a BERT encoder,
with other dropout masks each time. InfoNCE within and across the modalities is
trained jointly with the cross-entropy of a linear classifier:

    loss = lambda_ce * CE + (1 - lambda_ce) * Turbo

To run this recipe, do the following:
> python train.py hparams/turbo.yaml --data_folder=/path/to/folder/with/manifest.csv
> python train.py hparams/turbo.yaml --help

`TurboBrain` is the method; `main`, at the end, calls all the rest.

Authors
 * The turbo_sb developers 2026
"""

import sys

from turbo_sb.utils.signals import end_when_told

if __name__ == "__main__":
    end_when_told()  # Ctrl-C in the seconds of the imports: no traceback

from dsd_prepare import check_protocol, prepare_dsd

from turbo_sb.training import check_arguments, check_command, normalise

if __name__ == "__main__":
    # Here: the imports below take seconds, and a mistake is told before them.
    check_command(sys.argv[1:], __file__, check_protocol)

import speechbrain as sb
from speechbrain.utils.distributed import ddp_init_group

from turbo_sb.data import make_datasets
from turbo_sb.data.manifest import read_json
from turbo_sb.data.splits import check_manifests
from turbo_sb.evaluation.baselines import (
    read_shortcut,
    report_probe,
    report_shortcut,
)
from turbo_sb.losses import classification_loss
from turbo_sb.training import (
    ClassificationBrain,
    Outcomes,
    Resumable,
    all_manifests,
    check_also_folds,
    check_dropout,
    check_resume,
    check_run,
    check_same_training,
    fill_cache,
    fit_norms,
    floats,
    global_batch_size,
    load_hparams,
    loader_kwargs,
    make_folds,
    save_encoders,
)
from turbo_sb.utils.distributed import alone_in, on_main
from turbo_sb.utils.errors import plain_errors


class TurboBrain(ClassificationBrain):
    """Trains encoders, projections and a classifier with the joint loss."""

    def compute_forward(self, batch, stage):
        """Two dropout passes in Turbo's training, one in evaluation.

        Returns the logits, (views, batch, classes), and the embeddings of each
        modality, (views, batch, dim).
        """
        n_views = self.hparams.loss.n_views if stage == sb.Stage.TRAIN else 1
        # Read before they are moved, so that nothing waits for the device.
        lengths = [x.lengths.tolist() for x in (batch.signal, batch.tokens)]
        batch = batch.to(self.device, non_blocking=True)
        signal, tokens = batch.signal.data, batch.tokens.data
        return self.modules.model(
            signal, lengths[0], tokens, lengths[1], n_views
        )

    def compute_objectives(self, outputs, batch, stage):
        """The joint loss (Eq. 6) in training, cross-entropy in evaluation."""
        targets = batch.target.data.squeeze(1)
        if stage != sb.Stage.TRAIN:
            self.outcomes.add(batch.id, targets, outputs, batch.spk_id)
            return classification_loss(outputs["logits"], targets)
        # Every process computes the loss of all pairs: each is a negative.
        groups = batch.group.data.squeeze(1)
        pairs, targets, groups = self.gather(outputs, targets, groups)
        loss, terms = self.modules.loss(
            pairs, targets, groups, self.draws("pass")
        )
        self.note_step(batch.id, outputs, {"loss": loss.detach(), **terms})
        return loss

    def on_stage_start(self, stage, epoch=None):
        """Collect what the stage finds, utterance by utterance."""
        self.outcomes = Outcomes(self.hparams.scoring, self.hparams.on_sphere)
        super().on_stage_start(stage, epoch)

    def on_stage_end(self, stage, stage_loss, epoch=None):
        """Log, and save each epoch with its score; write the test's results."""
        if stage == sb.Stage.TRAIN:
            self.train_stats = self.train_figures(stage_loss)
            return
        loggers = self.hparams.loggers
        self.outcomes.gather()
        stats = {"loss": self.outcomes.loss(), "seconds": self.seconds()}
        if stage == sb.Stage.VALID:
            found = self.outcomes.figures()
            meta = {"epoch": epoch, **self.learning_rates()}
            both = {
                "train_stats": self.train_stats,
                "valid_stats": stats | found,
            }
            self.log(loggers, meta, **both)
            self.schedule_epoch(stats["loss"])
            self.save_epoch(self.hparams.scoring.score(found), **found)
        else:
            # The best epoch's: `on_evaluate_start` has loaded it.
            summary = self.outcomes.test_summary(self.best) | self.facts
            meta = {"epoch loaded": self.best["epoch"]}
            self.log(loggers, meta, test_stats=stats | floats(summary))
            self.write_results(summary)


def dataio_prep(hparams, manifests, features=None):
    """Make the datasets: signals, token ids, targets.

    Arguments
    ---------
    hparams : dict
        What the YAML describes, built.
    manifests : dict
        "train", "valid" and "test" to a JSON file.
    features : dict, optional
        Of `fill_cache`: what is frozen of the encoders made of each utterance,
        in place of its signal and tokens.

    Returns
    -------
    datasets : dict
        "train", "valid" and "test" to a DynamicItemDataset.
    """
    return make_datasets(
        manifests,
        tokenizer=hparams["text_encoder"],
        train_augment=hparams["train_augment"],
        data_root=hparams["data_folder"],
        labels=hparams["labels"],
        group_by=hparams["loss"].mask_equal,
        sample_rate=hparams["sample_rate"],
        equalizer=hparams["equalizer"],
        **(features or {}),
    )


def prepare(hparams, manifests):
    """Cut the manifest into train.json, valid.json and test.json.

    Arguments
    ---------
    hparams : dict
        What the YAML describes, built.
    manifests : dict
        "train", "valid" and "test" to the JSON file to be written.

    Returns
    -------
    facts : dict
        Added to metrics.json.
    curves : dict
        Drawn beside the model's DET curve: name to (scores, targets).
    """
    folder = hparams["output_folder"]
    if not hparams["skip_prep"]:
        on_main(
            prepare_dsd,
            data_folder=hparams["data_folder"],
            output_folder=folder,
            protocol=hparams["protocol"],
            fold=hparams["fold"],
            split_seed=hparams["split_seed"],
            bad_rows=hparams["bad_rows"],
            text_csv=hparams["text_csv"],
            text_csv_sets=hparams["text_csv_sets"],
            labels=hparams["labels"],
            same_recordings=hparams["same_recordings"],
        )
    rules = hparams["protocol"], hparams["labels"], hparams["same_recordings"]
    sets_facts = check_manifests(manifests, *rules)
    # What the channel alone gives away, beside every result.
    shortcut = f"{folder}/shortcut.json" if hparams["shortcut_report"] else None
    if shortcut:
        on_main(
            report_shortcut,
            annotations=manifests,
            output_file=shortcut,
            data_root=hparams["data_folder"],
            labels=hparams["labels"],
            sample_rate=hparams["sample_rate"],
            equalizer=hparams["equalizer"],
        )
    facts, curves = read_shortcut(shortcut)
    facts["equalizer"] = hparams["equalizer"].describe()
    facts |= sets_facts
    facts |= read_json(f"{folder}/preparation.json", missing={})
    return facts, curves


def train_and_test(hparams, run_opts, folds):
    """Train, and test the best epoch of each fold.

    Arguments
    ---------
    hparams : dict
        What the YAML describes, built.
    run_opts : dict
        SpeechBrain's own options.
    folds : list of Fold
        One, or several of the same training set: one training is of all.
    """
    brain = TurboBrain(
        modules=hparams["modules"],
        opt_class=hparams["opt_class"],
        hparams=hparams,
        run_opts=run_opts,
        checkpointer=hparams["checkpointer"],
        nonfinite_loss=hparams["nonfinite_loss"],
        rates=hparams["rates"],
    )
    for fold in folds:
        on_main(save_encoders, folder=fold.folder, model=hparams["model"])
        if hparams["probe"]:  # before a checkpoint is loaded
            sets, folder = fold.manifests, fold.folder
            fold.facts |= report_probe(hparams, brain, sets, folder)
    brain.take(folds)
    features = {}
    if hparams["cache_features"]:
        folder = hparams["cache_folder"]
        features = fill_cache(hparams, brain, all_manifests(folds), folder)
    batch_size = global_batch_size(
        hparams["batch_size"], hparams["batch_size_per_process"]
    )
    for fold in folds:
        fold.datasets = dataio_prep(hparams, fold.manifests, features)
        fold.loaders = loader_kwargs(
            fold.datasets,
            batch_size,
            seed=hparams["seed"],
            pad_id=hparams["text_encoder"].pad_id,
            num_workers=hparams["num_workers"],
            device=brain.device,
            stall_limit=hparams["stall_limit"],
        )
    datasets, loaders = folds[0].datasets, folds[0].loaders
    check_run(brain, hparams["modalities"], len(datasets["train"]), batch_size)
    fit_norms(brain, datasets["train"], loaders["valid"])
    check_dropout(brain, datasets["train"], hparams["text_encoder"].pad_id)
    brain.fit(
        hparams["epoch_counter"],
        datasets["train"],
        datasets["valid"],
        train_loader_kwargs=loaders["train"],
        valid_loader_kwargs=loaders["valid"],
    )
    for fold in folds:
        brain.turn_to(fold)
        test = fold.loaders["test"]
        brain.evaluate(fold.datasets["test"], test_loader_kwargs=test)


def main(arguments):
    """Prepare, train and test, alone in the output folder.

    Arguments
    ---------
    arguments : list of str
        The command line: a YAML, and overrides of its keys.
    """
    arguments = normalise(arguments)
    settings = check_arguments(arguments, __file__, check_protocol)
    hparams_file, run_opts, overrides = sb.parse_arguments(arguments)
    ddp_init_group(run_opts)
    also = check_also_folds(settings["also_folds"], settings)
    with alone_in(settings["output_folder"], *also.values()):
        on_main(check_resume, settings=settings)
        hparams = load_hparams(hparams_file, overrides)
        folds = make_folds(
            hparams, hparams["also_folds"], hparams_file, overrides, __file__
        )
        for fold in reversed(folds):  # log.txt goes on in the first one's
            sb.create_experiment_directory(
                fold.folder, hparams_file, fold.overrides
            )
            fold.facts, fold.others = prepare(fold.hparams, fold.manifests)
        check_same_training(folds)
        train_and_test(hparams, run_opts, folds)


if __name__ == "__main__":
    with plain_errors(), Resumable():
        main(sys.argv[1:])
