"""The command line of a recipe's train.py: read, checked and explained.

It needs neither torch nor SpeechBrain, whose imports take seconds: a mistake
is reported before them, and so is --help.

Authors
 * The turbo_sb developers 2026
"""

import json
import re
import sys
import textwrap
import time
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

from turbo_sb.training.device_check import check_device_and_precision
from turbo_sb.training.presets import PRESETS, expand_preset
from turbo_sb.training.resuming import check_resume
from turbo_sb.training.run_options import run_options
from turbo_sb.training.settings import Hparams, read_settings
from turbo_sb.training.yaml_files import read_yaml, yaml_keys
from turbo_sb.utils.distributed import rank
from turbo_sb.utils.errors import InputError, plain_errors
from turbo_sb.utils.installation import check_installation
from turbo_sb.utils.options import spell
from turbo_sb.utils.paths import expand

HEAD_START = 1  # s: the first process reports, and is ended with the others
HELP = ("-h", "--help")
INTERNAL = {"param_file", "overridden_args"}  # of SpeechBrain's options
USAGE = """\
usage: python train.py {yaml} --key=value ...

The same command resumes a training that was interrupted. Its keys and their
defaults in {yaml}:

{keys}

Several at once, each of which may still be given: --preset=NAME
{presets}

SpeechBrain's own options (--device=cpu, --precision=bf16, --debug, ...):
{options}"""


def check_command(
    arguments: list[str], script: str, check_fold: Callable | None = None
) -> None:
    """Report a mistake in a command line, or print --help, and exit.

    To be called before torch is imported.

    Arguments
    ---------
    arguments : list of str
        A YAML, and overrides of its keys.
    script : str
        The recipe's train.py.
    check_fold : callable, optional
        Takes the protocol and the fold; raises an InputError.
    """
    with plain_errors():
        if set(HELP) & set(arguments):
            print(explain(arguments, script))
            sys.exit(0)
        settings = check_arguments(arguments, script, check_fold)
        if rank() == 0:  # it may soon write the file that is read here
            check_resume(settings)
        check_installation()


def check_arguments(
    arguments: list[str], script: str, check_fold: Callable | None = None
) -> Hparams:
    """Check a command line of train.py, and build nothing.

    Arguments
    ---------
    arguments : list of str
        A YAML, and overrides of its keys.
    script : str
        The recipe's train.py.
    check_fold : callable, optional
        Takes the protocol and the fold; raises an InputError. It is not called
        with skip_prep.

    Returns
    -------
    settings : Hparams
        The YAML with the command line in it: plain values have their types,
        what would be built is a tagged node.

    Raises
    ------
    InputError
        For a missing file or value, an unknown key, an invalid value, a device
        that is not there, and a precision that it does not have.
    """
    try:
        parse = run_options().from_command_line_args
        hparams_file, run_opts, overrides = parse(normalise(arguments))
        settings = read_settings(hparams_file, overrides, script)
        check_device_and_precision(run_opts, settings)
        if check_fold is not None and not settings["skip_prep"]:
            check_fold(settings["protocol"], settings["fold"])
    except InputError:
        if rank() > 0:
            time.sleep(HEAD_START)
        raise
    return settings


def normalise(arguments: list[str] | None = None) -> list[str]:
    """Write a command line as SpeechBrain reads it.

    Dashes in names become underscores, and keys within objects are joined:
    ``--loss.ce_view=2`` becomes ``--loss={"ce_view": 2}``. The YAML's own
    values with ``~`` are added, as nothing else puts the home folder there,
    and so are those of a ``--preset``.

    Arguments
    ---------
    arguments : list of str, optional
        A command line; by default, that of this process.

    Returns
    -------
    arguments : list of str

    Example
    -------
    >>> normalise(["a.yaml", "--loss.ce-view=2", "--lr=1", "--loss.mask_equal=id"])
    ['a.yaml', '--lr=1', '--loss={"ce_view": 2, "mask_equal": "id"}']
    """
    plain, nested = [], {}
    given = iter(expand_preset(spell(arguments, "_")))
    for argument in given:
        name, equals, value = argument.partition("=")
        if not (name.startswith("--") and "." in name):
            plain.append(argument)
            continue
        if not equals and (value := next(given, None)) is None:
            raise InputError(f"{argument}: expected {argument}=<value>.")
        owner, _, key = name.partition(".")
        nested.setdefault(owner, {})[key] = _plain_value(value, argument)
    joined = [f"{k}={json.dumps(v)}" for k, v in nested.items()]
    return [*plain, *joined, *_from_home(plain)]


def _from_home(arguments):
    """Spell out the plain values of the YAML that begin with ~."""
    given = {argument.partition("=")[0] for argument in arguments}
    path = Path(arguments[0] if arguments else "")
    if path.suffix not in (".yaml", ".yml") or not path.is_file():
        return []  # which is told later
    values = read_yaml(path.read_text(encoding="utf-8"), str(path)).items()
    return [
        f"--{key}={expand(value)}"
        for key, value in values
        if type(value) is str and expand(value) != value
        if f"--{key}" not in given
    ]


def _plain_value(value, argument):
    """Read a value alone, as it may hold a comma; JSON is YAML in one line."""
    found = dict(read_yaml(f"value: {value}", argument))
    try:
        json.dumps(found)
    except TypeError as error:  # a tag, a date, a set
        raise InputError(
            f"{argument}: expected a number, a word, true, false, null, or a "
            "list or mapping of these."
        ) from error
    if list(found) != ["value"]:
        raise InputError(f"{argument}: expected one value in one line.")
    return found["value"]


def explain(arguments: list[str], script: str) -> str:
    """The text of --help: the YAML's keys with their comments.

    Arguments
    ---------
    arguments : list of str
        Perhaps with a YAML; else it is the recipe's turbo.yaml.
    script : str
        The recipe's train.py.

    Returns
    -------
    text : str
    """
    given = [a for a in arguments if a.endswith((".yaml", ".yml"))]
    default = Path(script).parent / "hparams" / "turbo.yaml"
    path = Path(given[0]) if given else default
    if not path.is_file():
        raise InputError(f"there is no hyperparameter file {path}.")
    text = path.read_text(encoding="utf-8")
    own = {field.name for field in fields(run_options())} - INTERNAL
    own -= set(yaml_keys(read_yaml(text, str(path))))
    options = ", ".join(sorted(own))
    return USAGE.format(
        yaml=given[0] if given else "hparams/turbo.yaml",
        keys="\n".join(list_keys(text)),
        presets="\n".join(map(_describe, PRESETS)),
        options=textwrap.fill(
            options, initial_indent="  ", subsequent_indent="  "
        ),
    )


def _describe(preset):
    settings = expand_preset([f"--preset={preset}"]) or ["this YAML as it is"]
    return f"  {preset}: {' '.join(settings)}"


def list_keys(text: str) -> list[str]:
    """A line for each plain value of a YAML, with its comment, and titles.

    >>> list_keys("# Data\\nlr: 1  # Hz\\nloss: !new:a.B\\n    x: 2\\n    y: !ref <lr>")
    ['# Data', '  --lr=1  # Hz', '  --loss.x=2']
    """
    lines, owner = [], ""
    start = text.find("\nseed:") + 1  # the file's title is before
    for line in text[start:].splitlines():
        if line.startswith("#"):
            lines.append(line.strip("# ") and f"# {line.strip('# ')}")
        found = re.match(r"( {4})?(?!__)(\w+): *(.*)", line)
        if not found:
            continue
        indent, key, value = found.groups()
        if not indent:
            owner = key
        if value and not value.startswith(("!new", "!apply", "!name", "!ref")):
            name = f"{owner}.{key}" if indent else key
            value = value.replace("!PLACEHOLDER", "(required)")
            lines.append(f"  --{name}={value}")
        elif value.startswith("!ref results"):
            lines.append(f"  --{key}={value.removeprefix('!ref ')}")
    return lines
