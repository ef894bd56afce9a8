"""HyperPyYAML files, read without building their objects.

Authors
 * The turbo_sb developers 2026
"""

import re

import ruamel.yaml

from turbo_sb.utils.errors import InputError


def read_yaml(text, where: str) -> dict:
    """Read a HyperPyYAML text without building its objects.

    Arguments
    ---------
    text : str or file
        A mapping.
    where : str
        Its name in an error message.

    Returns
    -------
    settings : dict
        Plain values have their types; the rest are tagged nodes.

    Raises
    ------
    InputError
        If it is not YAML, or not a mapping.

    Example
    -------
    >>> dict(read_yaml("lr: 0.1\\nfold: 2", "the command line"))
    {'lr': 0.1, 'fold': 2}
    """
    try:
        settings = ruamel.yaml.YAML().load(text) or {}
    # Its own errors, and those of int("0x_"), of a 13th month, of deep nesting.
    except Exception as error:
        problem = getattr(error, "problem", None) or str(error)
        raise InputError(f"{where}: {problem}") from error
    if not isinstance(settings, dict):
        raise InputError(f"{where}: expected --key=value, came {settings!r}.")
    return settings


def is_object(value) -> bool:
    """Whether HyperPyYAML builds an object from a value."""
    tag = getattr(value, "tag", None)
    return tag is not None and str(tag.value or "").startswith("!")


def referred(value) -> list[str]:
    """The keys that a HyperPyYAML text, or a tagged value of one, refers to.

    >>> referred("lr: !ref <rate>"), referred("lr: 0.1")
    (['rate'], [])
    """
    if not isinstance(value, str):
        tag = str(getattr(getattr(value, "tag", None), "value", None))
        value = getattr(value, "value", None) if tag == "!ref" else None
    return re.findall(r"<(\w+)", value or "")


def yaml_keys(settings: dict) -> list[str]:
    """The keys that a user may set: not those that begin with "__".

    Arguments
    ---------
    settings : dict
        Of `read_yaml`.

    Returns
    -------
    keys : list of str

    Example
    -------
    >>> yaml_keys({"seed": 1, "__set_seed": 2, "lr": 0.1})
    ['seed', 'lr']
    """
    return [key for key in settings if not key.startswith("__")]
