"""Where a protocol's figures are, and of which runs they were drawn.

Authors
 * The turbo_sb developers 2026
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from turbo_sb.training.run_folder import FINISHED, FinishedRun

RUNS = "runs.json"  # beside captions.md


def protocols_of(runs: list[FinishedRun]) -> list[str]:
    """The protocols of runs, each once, in the order of the runs."""
    return list(dict.fromkeys(str(run.protocol) for run in runs))


def figures_folder(
    folder: str | Path, protocol: str | None, protocols: Sequence[str]
) -> Path:
    """The folder of a protocol's figures: its own, if there are several.

    >>> figures_folder("out", "session5", ["session5", "random10"]).as_posix()
    'out/figures/session5'
    """
    place = Path(folder) / "figures"
    return place / protocol if protocol and len(protocols) > 1 else place


def fingerprints(folder: str | Path, runs: list[FinishedRun]) -> dict[str, str]:
    """Each run's folder, below `folder`, to the sha256 of its metrics.json."""
    return {
        run.folder.relative_to(folder).as_posix(): hashlib.sha256(
            (run.folder / FINISHED).read_bytes()
        ).hexdigest()
        for run in runs
    }
