"""From nothing to trained models: `python -m turbo_sb.demo`.

Synthesises two emotional corpora in IEMOCAP's layout and one of speech to a
device, builds small encoders, trains vanilla, cross_modal and turbo on each
with the recipes' own train.py, and prints tables.

Authors
 * The turbo_sb developers 2026
"""

import argparse
import time
from pathlib import Path

from turbo_sb.utils.errors import InputError, plain_errors
from turbo_sb.utils.installation import check_installation
from turbo_sb.utils.options import spell

if __name__ == "__main__":
    with plain_errors():  # one line; SpeechBrain's import has thirty
        check_installation()

from tqdm import tqdm
from transformers.utils import logging as transformers_logging

from turbo_sb.demo.encoders import build_encoders
from turbo_sb.demo.figure import draw
from turbo_sb.demo.parts import METHODS, PARTS
from turbo_sb.demo.runs import Run, train_all
from turbo_sb.demo.summary import read_run, table

NOTE = """\
Synthesised speech of ten voices, small encoders trained from scratch, one
split and one seed, 1986: intervals that overlap tell nothing apart. The
settings are the same for all methods; none was tuned on cross_modal or turbo.
Alignment and uniformity are on the unit sphere, lower is better; the ceilings
are of the process that made the corpus."""


def main(arguments=None):
    """Run the demo.

    Arguments
    ---------
    arguments : list of str, optional
        The command line.
    """
    options = _parse(arguments)
    parts = {name: PARTS[name] for name in options.parts}
    start, folder = time.monotonic(), Path(options.output_folder).resolve()
    runs = _runs(folder, parts, options.number_of_epochs)
    _check_recipes(runs)
    count = sum(len(part.corpora) for part in parts.values())
    print(f"1/4  synthesising {count} corpora in {folder}")
    made = {
        name: write(
            folder / "corpora" / name, options.n_utterances, progress=tqdm
        )
        for part in parts.values()
        for name, write in part.corpora.items()
    }
    transformers_logging.disable_progress_bar()
    print("2/4  building small encoders in Hugging Face's format")
    for name, part in parts.items():
        build_encoders(_encoders(folder, name), part.words)
    print(f"3/4  training {len(runs)} models, {options.jobs} at a time; one is")
    command = " ".join(runs[0].arguments())
    print(f"     cd {runs[0].place}\n     python {command}", flush=True)
    train_all(runs, options.jobs)
    print("4/4  results\n")
    print(_report(folder, parts, runs, made))
    minutes = (time.monotonic() - start) / 60
    print(f"{minutes:.1f} minutes. The tables and figure: {folder}/summary.*")


def _runs(folder, parts, epochs):
    """Every method on every corpus."""
    return [
        Run(
            method,
            corpus,
            folder / "runs" / f"{corpus}_{method}",
            {
                "data_folder": folder / "corpora" / corpus,
                "audio_encoder_source": _encoders(folder, name) / "audio",
                "text_encoder_source": _encoders(folder, name) / "text",
                **part.overrides,
            },
            epochs or part.epochs,
            part.recipe,
        )
        # The longest first, so that none is left alone at the end.
        for method in reversed(METHODS)
        for name, part in parts.items()
        for corpus in part.corpora
    ]


def _encoders(folder, part):
    """Where a part's encoders are: each has a vocabulary of its own."""
    return folder / "encoders" / part


def _check_recipes(runs):
    for run in runs:
        if not (run.place / "train.py").is_file():
            raise InputError(
                f"no recipe in {run.place}: the demo runs from a clone of the "
                "repository, installed with pip install -e '.[demo]'."
            )


def _report(folder, parts, runs, made):
    """Write the tables and the figure; return the tables."""
    found = {(run.corpus, run.method): read_run(run) for run in runs}
    corpora = {
        name: (
            description["ceilings"],
            {method: found[name, method] for method in METHODS},
        )
        for name, description in made.items()
    }
    tables = [table(name, *values) for name, values in corpora.items()]
    n = next(iter(made.values()))["made_with"]["n_utterances"]
    notes = [NOTE, *(part.note.format(n=n) for part in parts.values())]
    text = "\n\n".join([*tables, *notes]) + "\n"
    (folder / "summary.md").write_text(text, encoding="utf-8")
    draw(folder / "summary", corpora)
    return text


def _parse(arguments):
    parser = argparse.ArgumentParser(
        prog="python -m turbo_sb.demo", description=__doc__.split("\n\n")[1]
    )
    add = parser.add_argument
    add("--output_folder", default="demo_output", help="for all that is made")
    add(
        "--parts",
        type=_part_names,
        default=list(PARTS),
        help=f"some of {','.join(PARTS)}, separated by commas (default: all)",
    )
    add("--n_utterances", type=int, default=600, help="of each corpus")
    epochs = ", ".join(f"{name} {p.epochs}" for name, p in PARTS.items())
    add(
        "--number_of_epochs",
        type=int,
        help=f"of each training, at most (default: {epochs})",
    )
    add("--jobs", type=int, default=2, help="trainings at a time")
    return parser.parse_args(spell(arguments, "_"))


def _part_names(text):
    """Read "emotion,directed", each once and in the order of `PARTS`."""
    names = [name.strip() for name in text.split(",")]
    if unknown := [name for name in names if name not in PARTS]:
        raise argparse.ArgumentTypeError(
            f"there is no part {unknown[0]!r}; choose from {', '.join(PARTS)}"
        )
    return [name for name in PARTS if name in names]


if __name__ == "__main__":
    with plain_errors():
        main()
