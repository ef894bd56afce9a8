"""The command line of `build_corpus`.

Authors
 * The turbo_sb developers 2026
"""

from tqdm import tqdm

from turbo_sb.corpora.build import READERS, build_corpus
from turbo_sb.equalizer import Equalizer


def add_build(commands):
    """Add the command `build`, which sets `run` in the options.

    Arguments
    ---------
    commands : argparse._SubParsersAction
        Of `argparse.ArgumentParser.add_subparsers`.

    Example
    -------
    >>> import argparse
    >>> parser = argparse.ArgumentParser()
    >>> add_build(parser.add_subparsers())
    >>> arguments = "build --output_folder=dsd --slurp=a --ami=b --cap=9"
    >>> parser.parse_args(arguments.split()).cap
    9
    """
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
    add("--equalize_trim", action="store_true", help="cut silent ends")
    add("--equalize_rms_db", type=float, help="level in dBFS, such as -26")
    band = {"nargs": 2, "type": float, "metavar": ("LOW", "HIGH")}
    add("--equalize_band", **band, help="Hz, such as 300 3400")
    add("--equalize_codec", help="such as mulaw")
    add("--equalize_snr_db", type=float, help="of added noise, such as 20")


def _build(options):
    """Build a manifest and its audio from corpora."""
    given = {name: getattr(options, name) for name in READERS}
    equalizer = Equalizer(
        trim=options.equalize_trim,
        rms_db=options.equalize_rms_db,
        band=options.equalize_band,
        codec=options.equalize_codec,
        snr_db=options.equalize_snr_db,
    )
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
