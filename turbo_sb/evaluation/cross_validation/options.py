"""The command line of cross_validate.py.

Authors
 * The turbo_sb developers 2026
"""

import argparse
import os
import re
import subprocess

from turbo_sb.data.preparation import boolean
from turbo_sb.utils.options import spell

# Options of train.py that cannot be one for all runs, and why.
OWN = {
    "fold": "use --folds",
    "seed": "use --seeds",
    "also_folds": "use --folds; those of the same training set share it",
    "skip_prep": "the corpus is prepared once, for all runs",
}
DESCRIPTION = """\
Trains and tests each YAML on every fold with every seed, draws the figures, and
writes a report. The same command continues after an interruption: finished runs
are not run again, the others go on from their checkpoints. All other options
are train.py's: --data_folder=..., --any_key=..., --device=..., --precision=..."""


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line; ``passed`` are the options that are train.py's."""
    parser = _parser()
    # argparse would take "--key=a value" for a file, because of the space.
    known = {option for a in parser._actions for option in a.option_strings}
    own, passed = [], []
    for argument in spell(arguments, "_"):
        foreign = argument.startswith("--")
        foreign = foreign and argument.partition("=")[0] not in known
        (passed if foreign else own).append(argument)
    options = parser.parse_args(own)
    options.passed = passed
    _check(parser, options)
    options.gpus = visible_gpus(options.passed)
    options.jobs = options.jobs or len(options.gpus) or 1
    return options


def _parser():
    """The options that are cross_validate.py's own."""
    parser = argparse.ArgumentParser(
        prog="cross_validate.py",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("yamls", nargs="+", metavar="YAML", help="one for each method")
    add("--output_folder", default="results/cross_validation")
    add(
        "--protocol",
        dest="protocols",
        type=_names,
        help="one, or several: speaker10,session5 (default: the YAML's)",
    )
    add("--folds", type=_numbers, help="such as 1-5,7 (default: all)")
    add("--seeds", type=_numbers, help="such as 1,2,3 (default: the YAML's)")
    add(
        "--jobs",
        type=_positive,
        help="trainings at a time (default: one for each GPU, else 1)",
    )
    add(
        "--text_baseline",
        action="store_true",
        help="also TF-IDF and a linear classifier on the words alone",
    )
    add(
        "--keep_checkpoints",
        choices=("best", "all", "none"),
        default="best",
        help="of finished runs (default: best, the one that was tested)",
    )
    add(
        "--share_training",
        type=boolean,
        default=True,
        metavar="True",
        help="train once for folds of the same training set, as speaker10's "
        "two of a session (default: True; the same bytes as False)",
    )
    add("--compare", help="another report's folder, to lay beside")
    add("--every", type=float, default=30, help="seconds between lines (30)")
    return parser


def _check(parser, options):
    """Reject options that cannot be one for all runs."""
    for argument in options.passed:
        if reason := OWN.get(argument[2:].partition("=")[0]):
            parser.error(f"{argument}: {reason}")
    for yaml in options.yamls:
        if not yaml.endswith((".yaml", ".yml")):
            parser.error(f"{yaml}: expected a YAML, or options as --key=value")
    if "--debug" in options.passed:
        parser.error("--debug leaves no results; use it with train.py")


def visible_gpus(passed: list[str]) -> list[str]:
    """GPUs to deal to the trainings, as in CUDA_VISIBLE_DEVICES.

    None are dealt where a device is among train.py's options, `passed`.
    nvidia-smi counts them, as torch takes seconds to import.
    """
    if any(argument.startswith("--device") for argument in passed):
        return []
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return [name for name in named.split(",") if name not in ("", "-1")]
    try:
        found = subprocess.run(
            ["nvidia-smi", "-L"], capture_output=True, text=True, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    lines = found.stdout.splitlines()
    return [str(k) for k in range(sum(x.startswith("GPU ") for x in lines))]


def _names(text):
    return list(dict.fromkeys(name.strip() for name in text.split(",")))


def _numbers(text):
    """Read 1-3,7 as [1, 2, 3, 7]."""
    numbers = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d+)(?:-(\d+))?\s*", part)
        if match is None:
            raise argparse.ArgumentTypeError(f"{text}: expected such as 1-3,7")
        first, last = int(match[1]), int(match[2] or match[1])
        numbers += range(first, last + 1)
    if not numbers:
        raise argparse.ArgumentTypeError(f"{text}: nothing is in it")
    return list(dict.fromkeys(numbers))


def _positive(text):
    if not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"{text}: expected 1 or more")
    return int(text)
