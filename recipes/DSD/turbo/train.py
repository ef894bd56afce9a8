#!/usr/bin/env python3
"""Recipe for device-directed speech detection from audio and text with Turbo.

Each audio-text pair passes twice through a wav2vec 2.0 and a BERT encoder,
with other dropout masks each time. InfoNCE within and across the modalities is
trained jointly with the cross-entropy of a linear classifier:

    loss = lambda_ce * CE + (1 - lambda_ce) * Turbo

To run this recipe, do the following:
> python train.py hparams/turbo.yaml --data_folder=/path/to/folder/with/manifest.csv

What is built stands in the YAML; training and test are called in
turbo_sb/training/experiment.py, and their steps are in turbo_sb/training/brain.py.

Authors
 * The turbo_sb developers 2026
"""

import sys

from dsd_prepare import check_protocol, prepare_dsd

from turbo_sb.data.manifest import read_json
from turbo_sb.training.preemption import Resumable
from turbo_sb.training.recipe import check_arguments, load_hparams
from turbo_sb.utils.distributed import on_main
from turbo_sb.utils.errors import plain_errors
from turbo_sb.utils.installation import check_installation
from turbo_sb.utils.options import spell


def main(arguments):
    """Prepare, train, and test from the best checkpoint.

    Arguments
    ---------
    arguments : list of str
        The command line: a YAML, and overrides of its keys.
    """
    arguments = spell(arguments, "_")
    settings = check_arguments(arguments, __file__, check_protocol)
    check_installation()
    # Here: what is mistyped is told before the seconds that these take.
    import speechbrain as sb
    from speechbrain.utils.distributed import ddp_init_group

    from turbo_sb.evaluation.baselines.shortcut_report import (
        read_shortcut,
        report_shortcut,
    )
    from turbo_sb.training.experiment import train_and_test

    hparams_file, run_opts, overrides = sb.parse_arguments(arguments)
    ddp_init_group(run_opts)
    hparams = load_hparams(hparams_file, overrides, settings)
    sb.create_experiment_directory(
        experiment_directory=hparams["output_folder"],
        hyperparams_to_save=hparams_file,
        overrides=overrides,
    )

    # The manifest becomes train.json, valid.json and test.json.
    if not hparams["skip_prep"]:
        on_main(
            prepare_dsd,
            data_folder=hparams["data_folder"],
            output_folder=hparams["output_folder"],
            protocol=hparams["protocol"],
            fold=hparams["fold"],
            split_seed=hparams["split_seed"],
            bad_rows=hparams["bad_rows"],
            text_csv=hparams["text_csv"],
            text_csv_sets=hparams["text_csv_sets"],
            save_folder=hparams["save_folder"],
        )
    if hparams["shortcut_report"]:
        on_main(
            report_shortcut,
            annotations={
                "train": hparams["train_annotation"],
                "valid": hparams["valid_annotation"],
                "test": hparams["test_annotation"],
            },
            output_file=hparams["shortcut_file"],
            data_root=hparams["data_folder"],
            labels=hparams["labels"],
            sample_rate=hparams["sample_rate"],
            equalizer=hparams["equalizer"],
            limit=hparams["shortcut_limit"],
        )
    # Not what another run left, perhaps of another channel.
    facts, curves = read_shortcut(
        hparams["shortcut_file"] if hparams["shortcut_report"] else None
    )
    facts["equalizer"] = hparams["equalizer"].describe()
    facts.update(read_json(hparams["preparation_file"], missing={}))
    train_and_test(hparams, run_opts, facts, curves)


if __name__ == "__main__":
    with plain_errors(), Resumable():
        main(sys.argv[1:])
