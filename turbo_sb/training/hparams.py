"""What a YAML describes, built.

Authors
 * The turbo_sb developers 2026
"""

import re
from pathlib import Path

from hyperpyyaml import load_hyperpyyaml, resolve_references

from turbo_sb.training.old_names import renamed
from turbo_sb.training.resuming import has_checkpoints
from turbo_sb.training.run_folder import kept_encoders
from turbo_sb.training.settings import Hparams
from turbo_sb.training.yaml_files import read_yaml
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.logs import get_logger

logger = get_logger(__name__)


def load_hparams(hparams_file: str, overrides: str) -> Hparams:
    """Build what a YAML describes, also one of before the package had rooms.

    Arguments
    ---------
    hparams_file : str
        The YAML.
    overrides : str
        From the command line, as speechbrain.parse_arguments returns them.

    Returns
    -------
    hparams : Hparams
        The built objects by key.

    Raises
    ------
    InputError
        If a class has no such keyword, or the YAML asks for a placeholder that
        is learnt, which there is no more.
    """
    text = Path(hparams_file).read_text(encoding="utf-8")
    if re.search(r"^ *placeholder: learnt", text, flags=re.MULTILINE):
        raise InputError(
            f"{hparams_file}: placeholder: learnt: zeros stand for a missing "
            "modality now. Remove the key, and its line in the model."
        )
    text = renamed(text)
    try:
        built = load_hyperpyyaml(text, overrides)
    except TypeError as error:
        reason = str(error.args[-1])
        if "unexpected keyword argument" not in reason:
            raise
        raise InputError(f"{hparams_file}: {reason}.") from error
    except InputError:
        built = _as_it_was(text, overrides)
        if built is None:
            raise
    return Hparams(built, hparams_file)


def _as_it_was(text, overrides):
    """Build a training that resumes without the sources of its encoders.

    None if there is no such training, or no checkpoint of it.
    """
    given = read_yaml(overrides or "", "the command line")
    settings = read_yaml(resolve_references(text, overrides), "the YAML")
    own = kept_encoders(str(settings.get("output_folder", "")))
    if not own or not has_checkpoints(settings):
        return None
    for name, source in own.items():
        own[name] = {**given.get(name, {}), **source}
    built = load_hyperpyyaml(text, {**given, **own})
    if built["checkpointer"].recover_if_possible() is None:
        return None
    logger.warning(
        "The source of an encoder cannot be loaded: the training resumes with "
        "what its checkpoints hold."
    )
    return built
