"""The folder that an export goes to: replaced whole or not at all.

What is written goes to a draft beside it. An export that is there is renamed
aside, the draft gets its name, and only then the old one is deleted. A process
may be killed between any two steps: the next export puts back what it finds aside.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

from safetensors import SafetensorError

from turbo_sb.inference.export_settings import CARD, SETTINGS, read_settings
from turbo_sb.utils.checksums import SUMS, find_damage, flush, read_sums
from turbo_sb.utils.errors import InputError, some_of
from turbo_sb.utils.files import hold
from turbo_sb.utils.logs import get_logger

logger = get_logger(__name__)

# What an export writes, and SHA256SUMS lists.
WEIGHTS, VECTORS = "model.safetensors", "neighbours.safetensors"
FACTS, ASR = "neighbours.json", "asr"
PARTS = ("audio", "text", ASR)
SUFFIXES = (".json", ".safetensors", ".txt", ".model")
ASIDE, DRAFT = ".old", ".tmp"


def check_free(folder, overwrite: bool = False) -> None:
    """Reject a folder that holds anything but an export to overwrite."""
    place = _place(folder)
    if not place.is_dir():
        if place.exists():
            raise InputError(f"{folder}: is there, and is no folder.")
        return
    _check_movable(place, folder)
    if not any(place.iterdir()):
        return
    if reason := _not_ours(place):
        raise InputError(
            f"{folder}: is there, and is no export to replace: {reason}\nGive "
            "another folder, or move away what is yours."
        )
    if not overwrite:
        raise InputError(
            f"{folder}: an export is there. Give another folder, or "
            "--overwrite."
        )


def _place(folder):
    """Where a folder is, behind all links."""
    try:
        return Path(folder).resolve()
    except (OSError, RuntimeError) as error:  # links in a circle
        raise InputError(f"{folder}: {error}. Give another folder.") from error


def _check_movable(place, folder):
    """Reject what cannot be renamed, or whose renaming would surprise."""
    here = Path(os.path.abspath(os.curdir)).resolve()
    for name, found in (
        ("the folder that you are in, or one around it", [here, *here.parents]),
        ("your home", [Path(os.path.expanduser("~")).resolve()]),
        ("a mount point", [place] if os.path.ismount(place) else []),
    ):
        if place in found:
            raise InputError(
                f"{folder}: is {name}, and an export replaces a folder as a "
                "whole. Give a folder within it."
            )


def _not_ours(place):
    """Why a folder is not an export, whole and nothing else; or None."""
    if not (place / SETTINGS).is_file():
        return f"no {SETTINGS} in it."
    try:
        read_settings(place / SETTINGS)
        sums = read_sums(place)
    except InputError as error:
        return str(error)
    if WEIGHTS not in sums:
        return f"no {SUMS} in it that lists {WEIGHTS}."
    known = {SETTINGS, CARD, SUMS, *filter(_is_ours, sums)}
    if unknown := sorted(set(_entries(place)) - known):
        return f"{len(unknown)} in it that no export wrote:\n{some_of(unknown)}"
    damage = find_damage(place, listed_only=True, missing=False)
    return damage and f"{damage}."


def _is_ours(name):
    """Whether an export writes a file of that name."""
    first, inside, _ = name.partition("/")
    if not inside:
        return name in (WEIGHTS, VECTORS, FACTS)
    return first in PARTS and name.endswith(SUFFIXES)


def _entries(place):
    """All that is in a folder: files, links, and folders without any."""
    for root, folders, files in os.walk(place):
        inside = Path(root).relative_to(place)
        links = [n for n in folders if (Path(root) / n).is_symlink()]
        for name in (*files, *links):
            yield (inside / name).as_posix()
        if not folders and not files and inside.parts:
            yield inside.as_posix()


@contextlib.contextmanager
def drafting(folder, overwrite: bool = False) -> Iterator[Path]:
    """Yield a draft of one's own; move it to the folder when it is complete."""
    place = _place(folder)
    busy = (
        f"{folder}: another process exports to it. Wait until it ends, or give "
        "another folder."
    )
    lock = place.with_name(f".{place.name}.lock")
    draft = _beside(place, DRAFT)
    try:
        with hold(lock, busy):
            try:
                _clean_up(place)
                check_free(folder, overwrite)
                draft.mkdir()
                yield draft
                _move(draft, place, folder, overwrite)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
                with contextlib.suppress(OSError):  # Windows: it is open
                    lock.unlink()
    except (OSError, SafetensorError) as error:  # the latter of a full disk
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{folder}: cannot be written ({reason}).") from error


def _beside(place, kind):
    return place.with_name(f".{place.name}.{uuid.uuid4().hex}{kind}")


def _left(place, kind):
    """What killed processes left beside a folder."""
    form = re.compile(re.escape(f".{place.name}.") + r"[0-9a-f]{32}" + kind)
    if not place.parent.is_dir():
        return []
    return [p for p in sorted(place.parent.iterdir()) if form.fullmatch(p.name)]


def left_aside(folder) -> str:
    """Where the export is that was to be replaced; "" if it is nowhere."""
    found = _left(_place(folder), re.escape(ASIDE))
    return "".join(
        f" What was there when an export was killed is {path}: rename it."
        for path in found
    )


def _clean_up(place):
    """Put back what a killed export set aside, and delete its draft."""
    for path in _left(place, re.escape(DRAFT)):
        shutil.rmtree(path)
    for path in _left(place, re.escape(ASIDE)):
        if place.exists():
            logger.warning(
                f"{path}: what {place} was before an export that was killed. "
                "Delete it, if you do not miss anything."
            )
        else:
            os.rename(path, place)
            logger.warning(
                f"{place}: put back; an export that was to replace it was "
                "killed."
            )


def _move(draft, place, folder, overwrite):
    """Give the draft its name, in the place of an export or of nothing."""
    filled = place.is_dir() and any(place.iterdir())
    if not (filled and overwrite):
        _move_to_free(draft, place, folder)
        return
    aside = _beside(place, ASIDE)
    os.rename(place, aside)
    try:
        if reason := _not_ours(aside):  # what came since it was checked
            raise InputError(f"{folder}: is no export any more: {reason}")
        os.rename(draft, place)
    except BaseException:
        if not place.exists():
            os.rename(aside, place)
        raise
    flush(place.parent)
    # Half of it must not be taken for an export to put back.
    old = aside.with_suffix(DRAFT)
    os.rename(aside, old)
    shutil.rmtree(old, ignore_errors=True)
    if old.exists():
        logger.warning(f"{old}: the export before; it cannot be deleted.")


def _move_to_free(draft, place, folder):
    try:
        with contextlib.suppress(FileNotFoundError):
            place.rmdir()
        os.rename(draft, place)  # fails where a folder has something in it
    except OSError as error:
        if not place.exists():
            raise
        raise InputError(
            f"{folder}: another process has written there since. What it wrote "
            "is as it was; this export is not kept. Give another folder."
        ) from error
    flush(place.parent)
