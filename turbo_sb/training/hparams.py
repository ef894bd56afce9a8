"""What a YAML describes, built.

Authors
 * The turbo_sb developers 2026
"""

import re
from pathlib import Path

from hyperpyyaml import load_hyperpyyaml

from turbo_sb.training.old_names import renamed
from turbo_sb.training.settings import Hparams
from turbo_sb.utils.errors import InputError


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
    return Hparams(built, hparams_file)
