"""turbo-sb export.

Authors
 * The turbo_sb developers 2026
"""

import argparse
from pathlib import Path

HELP = "write a training's best model as a folder to predict with"
DESCRIPTION = """\
Write the best model of a training as a folder with what prediction needs and
nothing else: weights (safetensors), configurations, tokenizer, labels, and a
model card. Loading it runs no code and needs no network. RUN is train.py's
output folder, whose hyperparams.yaml is run: export only what you trained."""
EPILOG = """\
examples:
  turbo-sb export results/turbo/speaker10_fold1_seed1
  turbo-sb export results/turbo/speaker10_fold1_seed1 --to mine --neighbours"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("run_folder", metavar="RUN", help="a training's output folder")
    add(
        "--output-folder",
        "--to",
        metavar="FOLDER",
        help="for the export (default: RUN/best)",
    )
    add("--asr", help="recogniser for audio without words: hub name or folder")
    add(
        "--neighbours",
        action="store_true",
        help="keep the training utterances' embeddings and texts, for the app",
    )
    add("--licence", help="for the model card, such as cc-by-4.0")
    add("--overwrite", action="store_true", help="replace an export")


def run(options: argparse.Namespace) -> None:
    """Export."""
    from turbo_sb.utils.installation import check_installation

    check_installation()
    from turbo_sb.inference.export import export_run
    from turbo_sb.utils.escaping import printable

    folder = Path(options.output_folder or Path(options.run_folder) / "best")
    export_run(
        options.run_folder,
        folder,
        options.asr,
        options.neighbours,
        options.licence,
        options.overwrite,
    )
    size = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
    shown = printable(str(folder))
    print(f"The best model, {size / 1e6:.1f} MB, is in {shown}")
    print(f"Next: turbo-sb predict {shown} a.wav")
