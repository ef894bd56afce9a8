"""The options of the demo, declared once; nothing heavy is imported for them.

Authors
 * The turbo_sb developers 2026
"""

import argparse

# A part to the epochs of each of its trainings, at most. Those of directed are
# for the demo's time: vanilla's last epoch may be its best.
EPOCHS = {"emotion": 30, "directed": 16}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the demo's options, with dashes, as turbo-sb has them."""
    add = parser.add_argument
    add(
        "--output-folder",
        metavar="FOLDER",
        default="demo_output",
        help="for all that is made (default: %(default)s)",
    )
    add(
        "--parts",
        type=part_names,
        default=list(EPOCHS),
        help=f"some of {','.join(EPOCHS)}, separated by commas (default: all)",
    )
    add(
        "--n-utterances",
        type=int,
        default=600,
        metavar="N",
        help="in each corpus (default: %(default)s)",
    )
    epochs = ", ".join(f"{name} {n}" for name, n in EPOCHS.items())
    add(
        "--number-of-epochs",
        type=int,
        metavar="N",
        help=f"in each training, at most (default: {epochs})",
    )
    add(
        "--jobs",
        type=int,
        default=2,
        metavar="N",
        help="trainings at a time (default: %(default)s)",
    )


def part_names(text: str) -> list[str]:
    """Read "emotion,directed", each once and in the order of `EPOCHS`."""
    names = [name.strip() for name in text.split(",")]
    if unknown := [name for name in names if name not in EPOCHS]:
        raise argparse.ArgumentTypeError(
            f"there is no part {unknown[0]!r}; choose from {', '.join(EPOCHS)}"
        )
    return [name for name in EPOCHS if name in names]
