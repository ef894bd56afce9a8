"""The command line of `build_corpus`.

Authors
 * The turbo_sb developers 2026
"""

import argparse

import yaml
from tqdm import tqdm

from turbo_sb.data.corpora.builder import READERS, build_corpus

# As in the YAMLs of the recipe, which say what each does.
EQUALIZER = {
    "trim": "True",
    "band": "[300,3400]",
    "codec": "mulaw",
    "snr_db": "20",
    "rms_db": "-26",
}


def add_build(commands: argparse._SubParsersAction) -> None:
    """Add the command `build`, whose `run` builds a corpus."""
    parser = commands.add_parser("build", help="make one from corpora")
    parser.set_defaults(run=_build)
    add = parser.add_argument
    add("--output_folder", required=True, help="gets manifest.csv and audio/")
    for name in READERS:
        add(f"--{name}", help="folder of that corpus")
    add("--cap", type=int, help="utterances of each corpus, at most")
    add("--min_seconds", type=float, default=0.5, help="of an utterance")
    add("--max_seconds", type=float, default=15.0, help="of an utterance")
    add("--seed", type=int, default=1986, help="chooses the utterances")
    synthetic = "take synthesised speech too, all of which is directed"
    add("--synthetic", action="store_true", help=synthetic)
    for key, example in EQUALIZER.items():
        add(f"--equalize_{key}", type=_yaml, help=f"such as {example}")


def _yaml(text):
    """Parse a value as train.py does: True, -26, [300,3400]."""
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise argparse.ArgumentTypeError(f"invalid YAML: {text}") from error


def _build(options):
    """Build a manifest and its audio from corpora."""
    # Here, as --help and the command `split` need no torch.
    from turbo_sb.data.channel.equalizer import Equalizer

    given = {name: getattr(options, name) for name in READERS}
    keys = {key: getattr(options, f"equalize_{key}") for key in EQUALIZER}
    equalizer = Equalizer(**{**keys, "trim": keys["trim"] or False})
    build_corpus(
        options.output_folder,
        {name: folder for name, folder in given.items() if folder},
        cap=options.cap,
        min_seconds=options.min_seconds,
        max_seconds=options.max_seconds,
        seed=options.seed,
        transform=equalizer if equalizer else None,
        progress=tqdm,
        synthetic=options.synthetic,
    )
