"""Checkpoints that are there whole or not at all.

Authors
 * The turbo_sb developers 2026
"""

import math
import pickle
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from speechbrain.utils.checkpoints import (
    CKPT_PREFIX,
    DEFAULT_SAVE_HOOKS,
    METAFNAME,
    PARAMFILE_EXT,
    Checkpoint,
    Checkpointer,
    ckpt_recency,
    get_default_hook,
)
from speechbrain.utils.distributed import if_main_process
from speechbrain.utils.logger import get_logger

from turbo_sb.training import frozen_weights
from turbo_sb.utils.checksums import find_damage, flush, write_sums
from turbo_sb.utils.distributed import of_all, on_main
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.files import DRAFT, weights_only

logger = get_logger(__name__)

DAMAGED = "damaged+"


class AtomicCheckpointer(Checkpointer):
    """A checkpointer whose checkpoints survive a kill at any moment.

    SpeechBrain 1.1 takes a folder for a checkpoint before its contents are
    written: killed while it saves, or deletes, a run cannot be resumed. Here
    a folder gets its name when it is whole, and loses it before it is deleted.
    Frozen weights are written once, beside the checkpoints.

    See Also
    --------
    speechbrain.utils.checkpoints.Checkpointer : the arguments.

    Example
    -------
    >>> import torch
    >>> folder = getfixture("tmp_path")
    >>> checkpointer = AtomicCheckpointer(folder, {"m": torch.nn.Linear(1, 1)})
    >>> saved = checkpointer.save_checkpoint()
    >>> sorted(path.name for path in saved.path.iterdir())
    ['CKPT.yaml', 'SHA256SUMS', 'm.ckpt']
    """

    checked = False
    frozen = None  # the folder of what is not trained, once it is written

    def save_checkpoint(
        self, meta=None, end_of_epoch=True, name=None, **_
    ) -> Checkpoint | None:
        """Save a checkpoint, and remove what a killed process left.

        Arguments
        ---------
        meta : dict, optional
            As in SpeechBrain.
        end_of_epoch : bool
            As in SpeechBrain.
        name : str, optional
            As in SpeechBrain.
        **_
            SpeechBrain's verbosity, which changes nothing here.

        Returns
        -------
        checkpoint : Checkpoint
            None but on the main process.

        Raises
        ------
        InputError
            In every process, if it could not be written: mostly a full disk.
        """
        saved = []
        on_main(
            lambda: saved.append(self._write(meta or {}, end_of_epoch, name))
        )
        return saved[0] if saved else None

    def _write(self, meta, end_of_epoch, name):
        self.remove_drafts()
        folder = (
            self._new_checkpoint_dirpath()
            if name is None
            else self._custom_checkpoint_dirpath(name)
        )
        draft = folder.with_name(DRAFT + folder.name)
        try:
            draft.mkdir()
            self._save_recoverables(draft)
            facts = {"unixtime": self._now(), **self._keep_frozen(), **meta}
            self._save_checkpoint_metafile(
                draft / METAFNAME, facts, end_of_epoch
            )
            write_sums(draft)
            draft.rename(folder)
            flush(folder.parent)
        except (OSError, RuntimeError) as error:  # torch's has no errno
            raise self._not_written(draft, error) from error
        (found,) = self._construct_checkpoint_objects([folder])
        return found

    def _keep_frozen(self):
        """Write frozen weights once; say in each checkpoint where they are."""
        states = frozen_weights.frozen_states(self.recoverables)
        if not states:
            return {}
        if self.frozen is None:  # they do not change within a process
            self.frozen = frozen_weights.keep(self.checkpoints_dir, states)
        return {frozen_weights.KEY: self.frozen}

    def _now(self):
        """Later than all checkpoints, even if a clock was set back."""
        times = [found.meta["unixtime"] for found in self.list_checkpoints()]
        aside = self.checkpoints_dir.glob(f"{DAMAGED}*")
        times += filter(math.isfinite, map(_written, aside))
        return max([time.time(), *(then + 1e-3 for then in times)])

    def _save_recoverables(self, folder):
        for name, item in self.recoverables.items():
            save = self.custom_save_hooks.get(name)
            if frozen_weights.frozen_states({name: item}):
                save = save or frozen_weights.save_trained
            save = save or get_default_hook(item, DEFAULT_SAVE_HOOKS)
            save(item, folder / f"{name}{PARAMFILE_EXT}")

    def _not_written(self, draft, error):
        """The message, after making room again."""
        free = shutil.disk_usage(self.checkpoints_dir).free // 2**20
        shutil.rmtree(draft, ignore_errors=True)
        reason = str(error).splitlines()[0]
        return InputError(
            f"{self.checkpoints_dir}: a checkpoint could not be written "
            f"({reason}); {free} MB were free. The checkpoints before it are "
            "whole: make room, and the same command goes on from the last one."
        )

    def save_and_keep(self, meta, end_of_epoch=True, key="score") -> None:
        """Save, and keep the best, the new one, and the one before it.

        Should the new one be damaged, a run goes on from the one before.

        Arguments
        ---------
        meta : dict
            As in `save_checkpoint`.
        end_of_epoch : bool
            As in `save_checkpoint`.
        key : str
            In the meta of what may be the best, which is highest there.
        """
        self.save_checkpoint(meta, end_of_epoch)
        on_main(self._delete_others, key=key)

    def _delete_others(self, key):
        ordered = sorted(self.list_checkpoints(), key=ckpt_recency)
        kept = [max(ordered, key=earliest_best(key)), *ordered[-2:]]
        for checkpoint in ordered:
            if checkpoint not in kept:
                self._delete_checkpoint(checkpoint)
        used = {found.meta.get(frozen_weights.KEY) for found in kept}
        for path in self.checkpoints_dir.glob(f"{frozen_weights.FROZEN}*"):
            if path.name not in used:  # of a start before the first checkpoint
                frozen_weights.remove(path)

    @staticmethod
    def _delete_checkpoint(checkpoint, verbosity=None):
        """In the main process only; half of one must not be taken for one."""
        if if_main_process():
            path = checkpoint.path
            shutil.rmtree(path.rename(path.with_name(DRAFT + path.name)))

    def remove_drafts(self) -> None:
        """Delete what a killed process was writing, or deleting."""
        for path in self.checkpoints_dir.glob(f"{DRAFT}*"):
            shutil.rmtree(path)

    def recover_if_possible(self, *args, **kwargs) -> Checkpoint | None:
        """Load a checkpoint, never a damaged one.

        Arguments
        ---------
        *args
            As in SpeechBrain.
        **kwargs
            As in SpeechBrain.

        Returns
        -------
        checkpoint : Checkpoint
            None if there is none.

        Raises
        ------
        InputError
            If it holds anything but weights and plain values.
        """
        self.set_damaged_aside()
        return super().recover_if_possible(*args, **kwargs)

    def set_damaged_aside(self) -> None:
        """Rename damaged checkpoints, once: what this process writes is whole."""
        if not self.checked:
            on_main(self._set_aside)
            self.checked = True

    def lost_end(self) -> Path | None:
        """What was set aside of the end of the training, if anything.

        Returns
        -------
        path : pathlib.Path
            Of a damaged checkpoint that is newer than all others; or None.
        """
        kept = [ckpt_recency(found) for found in self.list_checkpoints()]
        aside = self.checkpoints_dir.glob(f"{DAMAGED}*")
        newest = max(aside, key=_written, default=None)
        if newest and _written(newest) > max(kept, default=-math.inf):
            return newest
        return None

    def _set_aside(self):
        """Rename damaged checkpoints, so that nobody takes them for one."""
        for path in sorted(self.checkpoints_dir.glob(f"{CKPT_PREFIX}*")):
            if damage := find_damage(path):
                aside = path.rename(path.with_name(DAMAGED + path.name))
                logger.warning(
                    f"{path}: damaged: {damage}. It is {aside.name} now, and "
                    "is not used: the checkpoint before it takes its place, if "
                    "there is one."
                )

    def load_checkpoint(self, checkpoint) -> None:
        """Load one, weights and plain values only.

        Arguments
        ---------
        checkpoint : Checkpoint
            Of `list_checkpoints`.

        Raises
        ------
        InputError
            If it holds anything else, for torch would have to run code of it;
            and if it does not fit.
        """
        hooks, self.frozen = self.custom_load_hooks, None
        try:
            with weights_only():
                self.custom_load_hooks = {
                    **self._frozen_hooks(checkpoint),
                    **hooks,
                }
                super().load_checkpoint(checkpoint)
        except InputError:
            raise
        except pickle.UnpicklingError as error:
            raise of_all(
                f"{checkpoint.path}: it holds more than weights and plain "
                "values, and loading it could run code. It does not come from "
                f"turbo_sb: delete it. ({str(error).splitlines()[0]})"
            ) from error
        except Exception as error:  # torch, yaml and json share no class
            reason = " ".join(str(error).split()[:30])
            raise of_all(
                f"{checkpoint.path}: it cannot be loaded: {reason}. It comes "
                "from other settings, from another version of turbo_sb, or is "
                "damaged: delete it, or give another --output_folder."
            ) from error
        finally:
            self.custom_load_hooks = hooks

    def _frozen_hooks(self, checkpoint):
        """Of a checkpoint whose frozen weights stand beside it, if so."""
        name = checkpoint.meta.get(frozen_weights.KEY)
        if name is None:  # it holds all
            return {}
        folder = checkpoint.path.parent
        return frozen_weights.load_hooks(folder, name, self.recoverables)


def _written(path):
    """When a damaged checkpoint was written, by its own account.

    Names are in local time, which a clock that is set back repeats. Where its
    account is damaged too, it may be the end of the training.
    """
    try:
        text = (path / METAFNAME).read_text(encoding="utf-8")
        return float(re.search(r"^unixtime: ([\d.e+]+)$", text, re.M)[1])
    except (OSError, TypeError, ValueError):
        return math.inf


def earliest_best(key) -> Callable:
    """Rank checkpoints as early stopping does: an equal score is not better.

    A checkpoint from within an epoch has no score, and comes last.
    """

    def importance(checkpoint):
        """Sort by score, then by the earlier epoch."""
        score = checkpoint.meta.get(key, -math.inf)
        score = -math.inf if math.isnan(score) else score
        return score, -checkpoint.meta.get("epoch", math.inf)

    return importance
