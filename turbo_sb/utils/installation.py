"""Check installed versions before they are imported.

`python -m turbo_sb.utils.installation` prints the versions, for a bug report.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
import platform
from collections.abc import Callable
from importlib import import_module, metadata

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from turbo_sb.utils.errors import InputError, plain_errors

# Which torchaudio loads with which torch, newest first: each pair of PyPI's
# Linux builds was tried. The others end in an undefined symbol (torch before
# 2.13 with 2.11.1) or another CUDA (torch 2.15 with 2.11.0). The first row is
# what setup.py declares, as ranges of two packages cannot say more.
PAIRS = ((">=2.13", ">=2.11.1"), (">=2.11,<2.15", "==2.11.0"))
OLDEST_TORCH = ">=2.11"
PAIR = ("torch", "torchaudio")
MISSING = "(missing)"
# The lock's: what to install where no other pair is nearer.
TORCH, TORCHAUDIO = "2.14.1", "2.11.1"


def check_installation() -> None:
    """Reject an installation that cannot work, before SpeechBrain's import."""
    problem = range_problem() or pair_problem()
    if problem:
        raise InputError(problem)


def range_problem(
    requires: list[str] | None = None, versions: dict[str, str] | None = None
) -> str | None:
    """Required packages that are missing or out of their range, or None."""
    bad = []
    for requirement in map(Requirement, requires or _required()):
        name, works = requirement.name, requirement.specifier
        if name not in PAIR and _applies(requirement.marker):
            found = _version(name, versions)
            if not _within(found, works):
                bad.append((found, name, works))
    if not bad:
        return None
    found = " and ".join(f"{name} {version}" for version, name, _ in bad)
    works = [f"{name}{works}" for _, name, works in bad]
    return (
        f"{found} installed; turbo_sb works with {' and '.join(works)}. "
        f"To repair it: {_pip(*works)}"
    )


def pair_problem(
    versions: dict[str, str] | None = None, load: Callable = import_module
) -> str | None:
    """Why torch and torchaudio do not load together, or None."""
    torch, torchaudio = (_version(name, versions) for name in PAIR)
    try:
        load("torchaudio")
        if _within(torch, OLDEST_TORCH):
            return None
        reason = "are too old"
    except (ImportError, OSError, RuntimeError) as error:
        while error.__cause__ is not None:
            error = error.__cause__
        detail = str(error).rpartition(".so: ")[2]
        reason = f"do not load together ({detail})"
    rows = [f"torch{a} with torchaudio{b}" for a, b in PAIRS]
    return (
        f"torch {torch} and torchaudio {torchaudio} {reason}. What works: "
        f"{'; '.join(rows)}. To repair it: {_mending(torch, torchaudio)}"
    )


def _mending(torch, torchaudio):
    """The command that installs a pair that works."""
    for fits_torch, fits_torchaudio in PAIRS:
        if _within(torch, fits_torch):
            if _within(torchaudio, fits_torchaudio):
                break  # it ought to load: another build, or a damaged one
            return _pip(f"torchaudio{fits_torchaudio}")
    return _pip(
        "--force-reinstall", f"torch=={TORCH}", f"torchaudio=={TORCHAUDIO}"
    )


def _pip(*arguments):
    quoted = [a if a.startswith("-") else f'"{a}"' for a in arguments]
    return " ".join(("python -m pip install", *quoted))


def _required():
    """What the installed turbo_sb says that it requires."""
    with contextlib.suppress(metadata.PackageNotFoundError):
        return metadata.requires("turbo_sb") or []
    return []


def _applies(marker):
    return marker is None or marker.evaluate({"extra": ""})


def _version(name, versions=None):
    if versions is not None:
        return versions.get(name, MISSING)
    with contextlib.suppress(metadata.PackageNotFoundError):
        return metadata.version(name)
    return MISSING


def _within(version, works):
    """Whether a version fits; 2.14.1+cu130 and nightly builds count too."""
    return version != MISSING and SpecifierSet(str(works)).contains(
        version, prereleases=True
    )


def main() -> None:
    """Print the versions of what turbo_sb requires, and what is wrong."""
    print(f"Python {platform.python_version()}, {platform.platform()}")
    names = [Requirement(r) for r in _required()]
    for name in sorted({r.name for r in names if _applies(r.marker)}):
        print(f"{name} {_version(name)}")
    check_installation()


if __name__ == "__main__":
    with plain_errors():
        main()
