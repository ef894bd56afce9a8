"""turbo-sb export.

Authors
 * The turbo_sb developers 2026
"""

from pathlib import Path

HELP = "write a training's best model as a folder to predict with"
DESCRIPTION = """\
Write the best model of a training as a folder that holds what prediction needs
and nothing else: weights (safetensors), configurations, tokenizer, labels, and
a model card. Loading it runs no code and needs no network. RUN is train.py's
output folder, whose hyperparams.yaml is run: export what you trained yourself."""


def add_arguments(parser):
    """Declare the options.

    Arguments
    ---------
    parser : argparse.ArgumentParser
        Of this command.
    """
    add = parser.add_argument
    add("run_folder", metavar="RUN", help="a training's output folder")
    add("--to", metavar="FOLDER", help="what is written (RUN/best)")
    add("--asr", help="recogniser for audio without words: hub name or folder")
    add(
        "--neighbours",
        action="store_true",
        help="keep the training utterances' embeddings and texts, for the app",
    )
    add("--licence", help="for the model card, such as cc-by-4.0")
    add("--overwrite", action="store_true", help="replace an export")


def run(options):
    """Export.

    Arguments
    ---------
    options : argparse.Namespace
        Of the command line.
    """
    from turbo_sb.utils.installation import check_installation

    check_installation()
    from turbo_sb.inference.export import export_run

    folder = options.to or Path(options.run_folder) / "best"
    export_run(
        options.run_folder,
        folder,
        options.asr,
        options.neighbours,
        options.licence,
        options.overwrite,
    )
    size = sum(p.stat().st_size for p in Path(folder).rglob("*") if p.is_file())
    print(f"{folder}: {size / 1e6:.1f} MB. turbo-sb predict {folder} a.wav")
