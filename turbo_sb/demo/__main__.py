"""From nothing to trained models: `turbo-sb demo`, `python -m turbo_sb.demo`.

Synthesises two emotional corpora in IEMOCAP's layout and one of speech to a
device, builds small encoders, trains vanilla, cross_modal and turbo on each
with the recipes' own train.py, and prints tables.

Authors
 * The turbo_sb developers 2026
"""

import argparse
import dataclasses
import functools
import time
from collections.abc import Callable
from pathlib import Path

from turbo_sb.demo import directed, process
from turbo_sb.demo.directed_corpus import write_directed_corpus
from turbo_sb.demo.emotion_corpus import write_corpus
from turbo_sb.demo.options import EPOCHS, add_options
from turbo_sb.demo.runs import Run, train_all
from turbo_sb.utils.errors import InputError, plain_errors
from turbo_sb.utils.installation import check_installation
from turbo_sb.utils.options import spell

METHODS = ("vanilla", "cross_modal", "turbo")

# For small encoders from scratch: the learning rate, the trained CNN and the
# augmentation. The same for all methods, none tuned on a contrastive one.
SMALL = {
    "fold": 1,
    "freeze_cnn": False,
    "lr": 0.001,
    "batch_size": 32,
    "max_grad_norm": 1.0,
    "train_crop_seconds": 1.5,
    "train_noise_snr": 30,
    "num_workers": 0,
}


@dataclasses.dataclass(frozen=True)
class Part:
    """What is synthesised for a recipe, and how it is trained on."""

    recipe: str  # names the folder in `recipes`
    corpora: dict[str, Callable]  # each writes a corpus, returns process.json
    words: list[str]  # the text encoder's vocabulary
    overrides: dict  # of the YAML's keys
    epochs: int  # of each training, at most
    note: str  # below the tables; {n} are the utterances of a corpus


PARTS = {
    "emotion": Part(
        recipe="IEMOCAP",
        corpora={
            name: functools.partial(write_corpus, process=drawn)
            for name, drawn in process.PROCESSES.items()
        },
        words=process.WORDS,
        overrides={
            "strict_corpus": False,
            "protocol": "session5",
            **SMALL,
        },
        epochs=EPOCHS["emotion"],
        note="""\
complementary and redundant: {n} utterances each, of four emotions, protocol
session5, fold 1, Wilson's intervals. They say nothing about IEMOCAP.""",
    ),
    "directed": Part(
        recipe="DSD",
        corpora={"directed": write_directed_corpus},
        words=directed.WORDS,
        overrides={"protocol": "manifest", **SMALL},
        epochs=EPOCHS["directed"],
        note="""\
directed: {n} utterances, two of ten speakers tested: Wilson's intervals for
ACC, the bootstrap's by utterance for EER, and neither covers how speakers
differ. They say nothing about real speech to a device. The shortcut is
cross-validated by speaker on the whole corpus.""",
    ),
}

NOTE = """\
Synthesised speech of ten voices, small encoders trained from scratch, one
split and one seed, 1986: where intervals overlap, no difference is shown. The
settings are the same for all methods; none was tuned on cross_modal or turbo.
Alignment and uniformity are on the unit sphere, lower is better; the ceilings
are of the process that made the corpus."""


def main(arguments: list[str] | None = None) -> None:
    """Run the demo.

    Arguments
    ---------
    arguments : list of str, optional
        The command line.
    """
    run(_parse(arguments))


def run(options: argparse.Namespace) -> None:
    """Run the demo with options of `add_options`."""
    check_installation()
    parts = {name: PARTS[name] for name in options.parts}
    start, folder = time.monotonic(), Path(options.output_folder).resolve()
    runs = _runs(folder, parts, options.number_of_epochs)
    _check_recipes(runs)
    count = sum(len(part.corpora) for part in parts.values())
    print(f"1/4  synthesising {count} corpora in {folder}")
    made = _synthesise(folder, parts, options.n_utterances)
    print("2/4  building small encoders in Hugging Face's format")
    _build_encoders(folder, parts)
    print(f"3/4  training {len(runs)} models, {options.jobs} at a time; one is")
    command = " ".join(runs[0].arguments())
    print(f"     cd {runs[0].place}\n     python {command}", flush=True)
    train_all(runs, options.jobs)
    print("4/4  results\n")
    print(_report(folder, parts, runs, made))
    minutes = (time.monotonic() - start) / 60
    print(
        f"{minutes:.1f} minutes. Tables and figure: {folder}/summary.*\n"
        f"Next: turbo-sb export {runs[0].folder} --to mine"
    )


def _synthesise(folder, parts, n_utterances):
    """Write every corpus; return each one's process.json."""
    from tqdm import tqdm

    return {
        name: write(folder / "corpora" / name, n_utterances, progress=tqdm)
        for part in parts.values()
        for name, write in part.corpora.items()
    }


def _build_encoders(folder, parts):
    """Write each part's encoders."""
    from transformers.utils import logging

    from turbo_sb.demo.encoders import build_encoders

    logging.disable_progress_bar()
    for name, part in parts.items():
        build_encoders(_encoders(folder, name), part.words)


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
        # The longest start first, so that none runs alone at the end.
        for method in reversed(METHODS)
        for name, part in parts.items()
        for corpus in part.corpora
    ]


def _encoders(folder, part):
    """Where a part's encoders are; each part has its own vocabulary."""
    return folder / "encoders" / part


def _check_recipes(runs):
    """The recipes are not part of an installed package."""
    for run in runs:
        if not (run.place / "train.py").is_file():
            raise InputError(
                f"no recipe in {run.place}: the demo runs from a clone of the "
                "repository, installed with pip install -e '.[demo]'."
            )


def _report(folder, parts, runs, made):
    """Write the tables and the figure; return the tables."""
    from turbo_sb.demo.figure import draw
    from turbo_sb.demo.summary import read_run, table

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
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="turbo-sb demo", description=__doc__.split("\n\n")[1]
    )
    add_options(parser)
    return parser.parse_args(spell(arguments, "-"))


if __name__ == "__main__":
    with plain_errors():
        main()
