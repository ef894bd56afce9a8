"""Groups of settings under one name: `train.py hparams/turbo.yaml --preset=frozen`.

Authors
 * The turbo_sb developers 2026
"""

import json

from turbo_sb.utils.errors import InputError

# Key to value, as on the command line. docs/training.md says what each costs.
PRESETS = {
    # The YAML's own values, which are the paper's: a GPU.
    "paper": {},
    # A linear model and projections on encoders that stay as they are.
    "frozen": {
        "frozen_layers": "all",
        "cache_features": True,
        "layer_sum": True,
        "head_lr": 0.001,
        "layer_sum_lr": 0.01,
        "num_workers": 0,
    },
    # The last layer of each encoder is trained too.
    "last_layer": {
        "frozen_layers": -1,
        "cache_features": True,
        "lr": 0.00003,
        "head_lr": 0.001,
        "num_workers": 0,
    },
}


def expand_preset(arguments: list[str]) -> list[str]:
    """Replace --preset=NAME by its settings.

    A setting that is given too wins, wherever it stands.

    Arguments
    ---------
    arguments : list of str
        A command line, its options spelt with underscores.

    Returns
    -------
    arguments : list of str

    Raises
    ------
    InputError
        For an unknown preset, or more than one.

    Example
    -------
    >>> expand_preset(["a.yaml", "--preset=last_layer", "--lr=1"])[1:4]
    ['--lr=1', '--frozen_layers=-1', '--cache_features=true']
    """
    names, rest = [], []
    given = iter(arguments)
    for argument in given:
        if argument.partition("=")[0] != "--preset":
            rest.append(argument)
            continue
        name = argument.partition("=")[2] or next(given, "")
        names.append(name.replace("-", "_"))
    if not names:
        return rest
    if len(names) > 1 or names[0] not in PRESETS:
        raise InputError(
            f"--preset={', '.join(names)}: expected one of "
            f"{', '.join(PRESETS)}."
        )
    own = {argument.partition("=")[0] for argument in rest}
    settings = PRESETS[names[0]].items()
    return rest + [
        f"--{key}={json.dumps(value).strip(chr(34))}"
        for key, value in settings
        if f"--{key}" not in own
    ]
