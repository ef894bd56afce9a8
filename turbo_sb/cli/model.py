"""What the commands share: which model, and where it runs.

Authors
 * The turbo_sb developers 2026
"""

import argparse
import hashlib


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of all commands that load a model."""
    add = parser.add_argument
    add("model", metavar="MODEL", help="an exported folder, or a hub name")
    add("--device", help="such as cpu or cuda:0 (default: a GPU if there is)")
    add(
        "--precision",
        choices=("fp32", "bf16", "fp16"),
        default="fp32",
        help="of the encoders' arithmetic (default: %(default)s)",
    )
    add(
        "--asr",
        metavar="NAME",
        help="recogniser for audio without words, such as openai/whisper-small "
        "(default: the folder's, if it has one in it)",
    )
    add(
        "--trust-asr",
        action="store_true",
        help="the recogniser that the folder names may be fetched from the hub, "
        "or be SpeechBrain's, which runs code",
    )
    add(
        "--trust",
        action="store_true",
        help="MODEL is a training's folder: its hyperparams.yaml runs code",
    )


def load(options: argparse.Namespace):
    """Load the model that a command line names, a `TurboClassifier`."""
    from turbo_sb.inference.classifier import TurboClassifier
    from turbo_sb.inference.export_settings import SETTINGS
    from turbo_sb.inference.trained_run import TRAINING
    from turbo_sb.utils.devices import check_device

    run_opts = {"precision": options.precision}
    if options.device:
        check_device(options.device)
        run_opts["device"] = options.device
    return TurboClassifier.from_hparams(
        options.model,
        hparams_file=TRAINING if options.trust else SETTINGS,
        asr=options.asr,
        trust_asr=options.trust_asr,
        run_opts=run_opts,
    )


def model_key(classifier, options: argparse.Namespace) -> str:
    """Identify a model and how it is run, for the journal of predictions."""
    from turbo_sb.inference.export_settings import FIELDS

    hparams = vars(classifier.hparams)
    found = hashlib.sha256()
    for name, tensor in classifier.mods.model.state_dict().items():
        found.update(name.encode())
        found.update(tensor.cpu().contiguous().numpy().tobytes())
    for name in (*FIELDS, "sums"):
        found.update(repr((name, hparams.get(name))).encode())
    return f"{found.hexdigest()} {options.precision} {options.asr}"
