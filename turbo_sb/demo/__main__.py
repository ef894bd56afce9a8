"""From nothing to trained models: `python -m turbo_sb.demo`.

Synthesises two corpora in IEMOCAP's layout, builds small encoders, trains
vanilla, cross_modal and turbo on each with the recipe's own train.py, and
prints a table.

Authors
 * The turbo_sb developers 2026
"""

import argparse
import time
from pathlib import Path

from tqdm import tqdm
from transformers.utils import logging as transformers_logging

from turbo_sb.demo.corpus import write_corpus
from turbo_sb.demo.encoders import build_encoders
from turbo_sb.demo.process import PROCESSES
from turbo_sb.demo.runs import METHODS, OVERRIDES, RECIPE, Run, train_all
from turbo_sb.demo.sentences import WORDS
from turbo_sb.demo.summary import draw, read_run, table
from turbo_sb.errors import InputError, plain_errors

NOTE = """\
Synthesised speech of ten voices, protocol session5, fold 1, seed 1986, small
encoders trained from scratch on two synthesised corpora of {n} utterances
each. The settings are the same for all; none was tuned on cross_modal or turbo.
One fold and one seed: intervals that overlap tell nothing apart, and no figure
here says anything about IEMOCAP. Alignment and uniformity are on the unit
sphere, lower is better; the ceilings are of the process that made the corpus.
"""


def main(arguments=None):
    """Run the demo.

    Arguments
    ---------
    arguments : list of str, optional
        The command line.
    """
    options = _parse(arguments)
    start, folder = time.monotonic(), Path(options.output_folder).resolve()
    if not (RECIPE / "train.py").is_file():
        raise InputError(
            f"no recipe in {RECIPE}: the demo runs from a clone of the "
            "repository, installed with pip install -e '.[demo]'."
        )
    print(f"1/4  synthesising {len(PROCESSES)} corpora in {folder}")
    made = {
        name: write_corpus(
            folder / "corpora" / name,
            options.n_utterances,
            process,
            progress=tqdm,
        )
        for name, process in PROCESSES.items()
    }
    transformers_logging.disable_progress_bar()
    print("2/4  building small encoders in Hugging Face's format")
    encoders = build_encoders(folder / "encoders", WORDS)
    runs = _runs(folder, encoders, options.number_of_epochs)
    print(f"3/4  training {len(runs)} models, {options.jobs} at a time; one is")
    print(f"     cd {RECIPE}\n     python {' '.join(runs[0].arguments())}")
    train_all(runs, options.number_of_epochs, options.jobs)
    print("4/4  results\n")
    print(_report(folder, runs, made))
    minutes = (time.monotonic() - start) / 60
    print(f"{minutes:.1f} minutes. The table and figure: {folder}/summary.*")


def _runs(folder, encoders, epochs):
    """Every method on every corpus."""
    settings = {
        "audio_encoder_source": encoders[0],
        "text_encoder_source": encoders[1],
        "number_of_epochs": epochs,
        **OVERRIDES,
    }
    return [
        Run(
            method,
            corpus,
            folder / "runs" / f"{corpus}_{method}",
            {"data_folder": folder / "corpora" / corpus, **settings},
        )
        # The longest first, so that none is left alone at the end.
        for method in reversed(METHODS)
        for corpus in PROCESSES
    ]


def _report(folder, runs, made):
    """Write the table and the figure; return the table."""
    found = {(run.corpus, run.method): read_run(run) for run in runs}
    corpora = {
        name: (
            made[name]["ceilings"],
            {method: found[name, method] for method in METHODS},
        )
        for name in PROCESSES
    }
    tables = [table(name, *values) for name, values in corpora.items()]
    n = next(iter(made.values()))["made_with"]["n_utterances"]
    text = "\n\n".join([*tables, NOTE.format(n=n)])
    (folder / "summary.md").write_text(text, encoding="utf-8")
    draw(folder / "summary", corpora)
    return text


def _parse(arguments):
    parser = argparse.ArgumentParser(
        prog="python -m turbo_sb.demo", description=__doc__.split("\n\n")[1]
    )
    add = parser.add_argument
    add("--output_folder", default="demo_output", help="for all that is made")
    add("--n_utterances", type=int, default=600, help="of each corpus")
    add("--number_of_epochs", type=int, default=30, help="of each training")
    add("--jobs", type=int, default=2, help="trainings at a time")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    with plain_errors():
        main()
