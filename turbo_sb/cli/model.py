"""What the commands share: which model, and where it runs.

Authors
 * The turbo_sb developers 2026
"""

import hashlib


def add_model_arguments(parser):
    """Declare the options of all commands that load a model.

    Arguments
    ---------
    parser : argparse.ArgumentParser
        Of a command.
    """
    add = parser.add_argument
    add("model", metavar="FOLDER", help="an exported folder, or a hub name")
    add("--device", help="such as cpu or cuda:0 (default: what there is)")
    add("--precision", choices=("fp32", "bf16", "fp16"), default="fp32")
    add("--asr", help="a recogniser, such as openai/whisper-small")
    add(
        "--trust-asr",
        action="store_true",
        help="the folder's own recogniser may be SpeechBrain's, which runs code",
    )
    add(
        "--trust",
        action="store_true",
        help="FOLDER is a training's own: its hyperparams.yaml runs code",
    )


def load(options):
    """Load the model that a command line names.

    Arguments
    ---------
    options : argparse.Namespace
        Of the command line.

    Returns
    -------
    classifier : TurboClassifier
    """
    from turbo_sb.inference.classifier import TurboClassifier
    from turbo_sb.inference.export_format import SETTINGS
    from turbo_sb.inference.trained_run import TRAINING

    run_opts = {"precision": options.precision}
    if options.device:
        _check_device(options.device)
        run_opts["device"] = options.device
    return TurboClassifier.from_hparams(
        options.model,
        hparams_file=TRAINING if options.trust else SETTINGS,
        asr=options.asr,
        trust_asr=options.trust_asr,
        run_opts=run_opts,
    )


def _check_device(device):
    import torch

    from turbo_sb.utils.errors import InputError

    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise InputError(
            f"--device: {device}: {str(error).splitlines()[0]}"
        ) from error


def model_key(classifier, options):
    """Tell models and the ways that they are run apart.

    Arguments
    ---------
    classifier : TurboClassifier
        The model.
    options : argparse.Namespace
        Of the command line.

    Returns
    -------
    key : str
        Equal for two calls whose predictions are.
    """
    from turbo_sb.inference.export_format import FIELDS

    hparams = vars(classifier.hparams)
    found = hashlib.sha256()
    for name, tensor in classifier.mods.model.state_dict().items():
        found.update(name.encode())
        found.update(tensor.cpu().contiguous().numpy().tobytes())
    for name in (*FIELDS, "sums"):
        found.update(repr((name, hparams.get(name))).encode())
    return f"{found.hexdigest()} {options.precision} {options.asr}"
