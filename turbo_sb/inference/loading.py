"""Load a trained model from a folder, the hub, or a training.

Authors
 * The turbo_sb developers 2026
"""

from pathlib import Path

from huggingface_hub import snapshot_download
from speechbrain.utils.fetching import FetchConfig

from turbo_sb.inference.asr import Recogniser
from turbo_sb.inference.export_folder import left_aside
from turbo_sb.inference.export_format import (
    build_export,
    is_export,
    make_equalizer,
    read_export,
)
from turbo_sb.inference.export_settings import SETTINGS
from turbo_sb.inference.trained_run import TRAINING, describe, is_run, load_run
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.paths import from_home

# All that an export has; what else a repository on the hub holds stays there.
FETCHED = ["*.yaml", "*.json", "*.txt", "*.safetensors", "*.model", "*.md"]
FETCHED += ["SHA256SUMS"]


def local_folder(
    source, savedir=None, fetch_config=None, hparams_file=SETTINGS
) -> Path:
    """Return a local folder as it is, or fetch it from the hub."""
    fetch_config = fetch_config or FetchConfig()
    folder = from_home(source)
    text = str(source)
    if folder.is_dir():
        return folder
    if text.startswith((".", "/", "~")) or text.count("/") != 1:
        raise InputError(f"{source}: no such folder.{left_aside(source)}")
    patterns = FETCHED if hparams_file == SETTINGS else None
    try:
        return Path(
            snapshot_download(
                text,
                revision=fetch_config.revision,
                token=fetch_config.token,
                local_dir=savedir,
                allow_patterns=patterns,
                local_files_only=not fetch_config.allow_network,
            )
        )
    except Exception as error:  # the hub's clients share no error class
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise InputError(
            f"{source}: no local folder, and the Hugging Face Hub does not "
            f"give it ({reason}). Check the name and the network, or fetch it "
            f"elsewhere (hf download {source} --local-dir FOLDER) and give "
            "FOLDER."
        ) from error


def load_folder(
    folder, hparams_file=SETTINGS, asr=None, trust_asr=False
) -> tuple | None:
    """Build the model and settings of a folder; None for another kind."""
    if hparams_file == SETTINGS:
        if not is_export(folder) and is_run(folder):
            raise InputError(
                f"{folder}: a training's folder. Export it (turbo-sb export "
                f"{folder} --to FOLDER); or trust it, for its "
                f'{TRAINING} runs code: hparams_file="{TRAINING}", or --trust.'
            )
        settings = read_export(folder)
        others = _beside_model(settings, folder, asr, trust_asr)
        model = build_export(folder, settings)
    elif is_run(folder):
        model, training = load_run(folder)
        settings = describe(model, training, folder)
        others = _beside_model(settings, folder, asr, trust_asr)
    else:
        return None
    return model, {**settings, "folder": str(folder), **others}


def _beside_model(settings, folder, asr, trust_asr):
    """The equaliser, and the recogniser, which is not loaded yet."""
    if asr is None:
        recogniser = Recogniser.of(settings["asr"], folder, trust_asr)
    else:  # the user's own: never one that the folder holds under its name
        recogniser = Recogniser.of(asr, trusted=True)
    return {"equalizer": make_equalizer(settings), "recogniser": recogniser}
