"""Write an exported folder, whole or not at all.

Authors
 * The turbo_sb developers 2026
"""

import shutil
from pathlib import Path

import ruamel.yaml
from safetensors.torch import save_file

from turbo_sb.inference.asr import Recogniser
from turbo_sb.inference.export_folder import (
    ASR,
    SUFFIXES,
    WEIGHTS,
    check_free,
    drafting,
)
from turbo_sb.inference.export_format import read_export
from turbo_sb.inference.export_settings import CARD, SETTINGS
from turbo_sb.inference.model_card import model_card
from turbo_sb.inference.neighbours import save_neighbours
from turbo_sb.inference.trained_run import TRAINING, describe, load_run
from turbo_sb.training.run_folder import FINISHED, read_metrics
from turbo_sb.utils.checksums import write_sums
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.paths import from_home

HEADER = """\
# What turbo_sb needs to predict with this folder's weights. Plain data: nothing
# in it is built or run. Loaded by turbo_sb.inference.classifier.TurboClassifier.
"""


def export_run(
    run, folder, asr=None, neighbours=False, licence=None, overwrite=False
) -> Path:
    """Export the best model of a training.

    Arguments
    ---------
    run : str or pathlib.Path
        A training's output folder, whose hyperparams.yaml is run.
    folder : str or pathlib.Path
        What is written.
    asr : str or dict, optional
        The recogniser for audio without words: see
        `turbo_sb.inference.asr.Recogniser`.
    neighbours : bool
        Whether to keep the embeddings of the training utterances, which
        `turbo-sb app` shows the nearest of.
    licence : str, optional
        For the model card, as the Hugging Face Hub calls it, e.g. "cc-by-4.0".
    overwrite : bool
        Whether an export that is there is replaced, and nothing else.

    Raises
    ------
    InputError
        If `run` is no such folder, or `folder` is not free.
    """
    run = Path(run)
    check_free(folder, overwrite)
    model, hparams = load_run(run)
    settings = {**describe(model, hparams, run), "asr": asr}
    found = run / FINISHED
    metrics = read_metrics(found) if found.exists() else {}
    card = model_card(settings, model, metrics, hparams, licence)
    with drafting(folder, overwrite) as draft:
        _write_files(draft, model, settings)
        if neighbours:
            save_neighbours(draft, run, model, hparams)
        _finish(draft, card)


def write_export(folder, model, labels, overwrite=False, **settings) -> Path:
    """Export any model of this package.

    Arguments
    ---------
    folder : str or pathlib.Path
        What is written.
    model : TurboModel
        With its weights.
    labels : list of str
        The classes, in the order of the classifier's outputs.
    overwrite : bool
        Whether an export that is there is replaced, and nothing else.
    **settings
        In place of those that `turbo_sb.inference.trained_run.describe` finds, such as
        sample_rate, window_seconds, empty_text, asr.

    Raises
    ------
    InputError
        If `folder` is not free, or a setting is unknown.

    Example
    -------
    >>> from turbo_sb.demo.encoders import build_encoders
    >>> from turbo_sb.encoders import AudioEncoder, TextEncoder
    >>> from turbo_sb.models.turbo_model import TurboModel
    >>> folder = getfixture("tmp_path")
    >>> audio, text = build_encoders(folder)
    >>> model = TurboModel(AudioEncoder(audio), TextEncoder(text), n_classes=2)
    >>> write_export(folder / "mine", model, labels=["no", "yes"])
    >>> sorted(path.name for path in (folder / "mine").iterdir())
    ['README.md', 'SHA256SUMS', 'audio', 'inference.yaml', 'model.safetensors', 'text']
    """
    check_free(folder, overwrite)
    known = describe(model, {"labels": labels})
    if unknown := sorted(set(settings) - set(known)):
        raise InputError(f"{unknown}: expected some of {sorted(known)}.")
    settings = {**known, **settings}
    with drafting(folder, overwrite) as draft:
        _write_files(draft, model, settings)
        _finish(draft, model_card(settings, model))


def _write_files(draft, model, settings):
    settings = {**settings, "asr": _keep_recogniser(draft, settings["asr"])}
    for name, encoder in model.encoders.items():
        own = draft / name
        own.mkdir()
        encoder.save_config(own)
    weights = {k: v.cpu().contiguous() for k, v in model.state_dict().items()}
    save_file(weights, draft / WEIGHTS, metadata={"format": "pt"})
    yaml = ruamel.yaml.YAML(typ="safe", pure=True)
    yaml.default_flow_style = None
    yaml.sort_base_mapping_type_on_output = False
    with open(draft / SETTINGS, "w", encoding="utf-8") as file:
        file.write(HEADER)
        yaml.dump(settings, file)


def _keep_recogniser(draft, asr):
    """Copy a recogniser's folder, so that the export can be moved."""
    if Recogniser.of(asr, trusted=True) is None:
        return asr or None
    more = asr if isinstance(asr, dict) else {}
    name = more.get("source") or asr
    source = from_home(name)
    if not source.is_dir():
        if name.startswith((".", "/", "~")):
            raise InputError(f"asr: {name}: no such folder.")
        return asr
    if (source / TRAINING).is_file():
        raise InputError(
            f"asr: {source} is a recogniser of SpeechBrain, whose YAML is run "
            "as code, and no export has that. Give it when you predict: --asr."
        )

    def others(folder, names):
        """The files that a recogniser does not need, which are not copied."""
        return [name for name in names if not name.endswith(SUFFIXES)]

    _check_weights(source)
    shutil.copytree(source, draft / ASR, ignore=others)
    found = {**more, "source": ASR}
    _check_loads(found, draft, source)
    return found


def _check_weights(source):
    """Reject a recogniser whose weights are pickles, which are not copied."""
    pickles = sorted(path.name for path in source.glob("*.bin"))
    if pickles and not any(source.glob("*.safetensors")):
        raise InputError(
            f"asr: {source} has its weights as pickles ({pickles[0]}), which "
            "can run code, and no export has that. Save it as safetensors: "
            "docs/predict.md has the command."
        )


def _check_loads(asr, draft, source):
    """Load a copied recogniser, as prediction will: it may be any folder."""
    try:
        Recogniser.of(asr, draft).load()
    except InputError as error:
        said = str(error).replace(str(draft / ASR), str(source))
        raise InputError(said) from error


def _finish(draft, card):
    for path in draft.rglob("*.safetensors"):  # written for the owner alone
        shutil.copymode(draft / SETTINGS, path)
    (draft / CARD).write_text(card, encoding="utf-8")
    write_sums(draft, leave_out=(CARD, SETTINGS))  # which people edit
    read_export(draft)  # what cannot be read back is not an export
