"""What is installed, checked before it is imported: one line of advice.

`python -m turbo_sb.utils.installation` prints the versions, for a bug report.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
import platform
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


def check_installation():
    """Reject an installation that cannot work.

    For the start of a script, before SpeechBrain is imported, whose own
    error is thirty lines through three libraries.

    Raises
    ------
    InputError
        If a version is out of range, or torch and torchaudio do not load.
    """
    problem = range_problem() or pair_problem()
    if problem:
        raise InputError(problem)


def range_problem(requires=None, versions=None):
    """Find required packages that are missing or out of their range.

    Nothing is imported. torch and torchaudio are `pair_problem`'s.

    Arguments
    ---------
    requires : list of str, optional
        As in a package's metadata. Default: what turbo_sb requires; nothing
        where it runs from its folder without being installed.
    versions : dict, optional
        Name to version. Default: what is installed.

    Returns
    -------
    problem : str
        What is installed, what works and the command; None without one.

    Example
    -------
    >>> range_problem(["tqdm>=4.66", "numpy"], {"tqdm": "3.1", "numpy": "2.2"})
    'tqdm 3.1 installed; turbo_sb works with tqdm>=4.66. To mend it: ...'
    """
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
        f"To mend it: {_pip(*works)}"
    )


def pair_problem(versions=None, load=import_module):
    """Load torch and torchaudio, and say which pair does if these do not.

    Arguments
    ---------
    versions : dict, optional
        As for `range_problem`.
    load : callable
        Takes the name of a package, and raises what its import does.

    Returns
    -------
    problem : str
        What is installed, what works and the command; None without one.

    Example
    -------
    >>> pair_problem({"torch": "2.10.0", "torchaudio": "2.10.0"}, print)
    torchaudio
    'torch 2.10.0 and torchaudio 2.10.0 are too old. ...'
    """
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
        f"{'; '.join(rows)}. To mend it: {_mending(torch, torchaudio)}"
    )


def _mending(torch, torchaudio):
    """The torchaudio for this torch; else the lock's pair."""
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
    """Builds such as 2.14.1+cu130, and nightly ones, are of their version."""
    return version != MISSING and SpecifierSet(str(works)).contains(
        version, prereleases=True
    )


def main():
    """Print the versions of what turbo_sb requires, and what is wrong."""
    print(f"Python {platform.python_version()}, {platform.platform()}")
    names = [Requirement(r) for r in _required()]
    for name in sorted({r.name for r in names if _applies(r.marker)}):
        print(f"{name} {_version(name)}")
    check_installation()


if __name__ == "__main__":
    with plain_errors():
        main()
