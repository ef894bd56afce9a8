"""Every figure of a folder of finished runs.

Authors
 * The turbo_sb developers 2026
"""

from pathlib import Path

from turbo_sb.data.manifest import write_json
from turbo_sb.evaluation.figures.alignment_uniformity import geometry_figure
from turbo_sb.evaluation.figures.confusion_figure import confusion_figure
from turbo_sb.evaluation.figures.density import density_figure
from turbo_sb.evaluation.figures.drawn_runs import (
    RUNS,
    figures_folder,
    fingerprints,
    protocols_of,
)
from turbo_sb.evaluation.figures.learning_curves import curves_figure
from turbo_sb.evaluation.figures.selection import of_protocol
from turbo_sb.training.run_folder import find_runs
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.files import replacing


def analyze(
    folder,
    output_folder=None,
    protocol: str | None = None,
    fold: int | None = None,
    seed: int | None = None,
) -> tuple[dict, Path]:
    """Draw every figure of a folder of finished runs.

    Arguments
    ---------
    folder : str or pathlib.Path
        Folder with METHOD/RUN below it, such as cross_validate.py's.
    output_folder : str or pathlib.Path, optional
        Folder for the figures; default: ``figures`` in the folder, or
        ``figures/PROTOCOL`` if the runs are of several protocols.
    protocol : str, optional
        Protocol to draw; needed if the runs are of several.
    fold : int, optional
        Fold of the density figure, which shows one run of each method;
        default: the first that all methods have.
    seed : int, optional
        Seed of the density figure, likewise.

    Returns
    -------
    drawn : dict
        Name of the figure to `Drawn`.
    captions : pathlib.Path
        captions.md: what each figure shows, of which runs.

    Raises
    ------
    InputError
        If there is no finished run, several protocols and none chosen, no run
        of the chosen fold and seed, or a run's file is missing or damaged.

    Example
    -------
    >>> analyze(getfixture("tmp_path"))
    Traceback (most recent call last):
    ...
    turbo_sb.utils.errors.InputError: ...: no finished run (metrics.json) in it. ...
    """
    everything = find_runs(folder)
    runs = of_protocol(everything, protocol)
    own = figures_folder(folder, protocol, protocols_of(everything))
    place = Path(output_folder or own)
    # First, as it may reject the fold or the seed: then nothing is drawn.
    density = density_figure(place / "density", runs, fold, seed)
    drawn = {
        "uniformity_alignment": geometry_figure(
            place / "uniformity_alignment", runs
        ),
        "density": density,
        "confusion": confusion_figure(place / "confusion", runs),
        "learning_curves": curves_figure(place / "learning_curves", runs),
    }
    captions = _write_captions(place, folder, drawn)
    write_json({place / RUNS: fingerprints(folder, runs)})
    return drawn, captions


def draw_protocols(folder) -> dict[str, str]:
    """Draw the figures of each protocol; return why some were not drawn.

    Into the folder that `figures_folder` names.
    """
    reasons = {}
    for name in protocols_of(find_runs(folder)):
        try:
            analyze(folder, None, name)
        except InputError as error:
            reasons[name] = str(error)
    return reasons


def _write_captions(place, folder, drawn):
    """Write captions.md: each figure above its caption."""
    parts = [f"# Figures of {Path(folder).resolve().name}"]
    for name, figure in drawn.items():
        image = [f"![{name}]({file.name})" for file in figure.files[:1]]
        parts.extend([f"## {name}", *image, figure.caption])
    place.mkdir(parents=True, exist_ok=True)
    with replacing(place / "captions.md") as draft:
        draft.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return place / "captions.md"
