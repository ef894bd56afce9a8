"""Checkpoints that are there whole or not at all.

Authors
 * The turbo_sb developers 2026
"""

import math
import shutil

from speechbrain.utils.checkpoints import (
    CKPT_PREFIX,
    METAFNAME,
    Checkpointer,
)
from speechbrain.utils.distributed import ddp_barrier, if_main_process

UNFINISHED = f"{METAFNAME}.unfinished"


class WholeCheckpointer(Checkpointer):
    """A checkpointer whose checkpoints survive a kill at any moment.

    SpeechBrain 1.1 writes a checkpoint's meta file first, and takes any folder
    that has one for a checkpoint: killed while it saves, a run cannot be
    resumed. Here the meta file gets its name last.

    See Also
    --------
    speechbrain.utils.checkpoints.Checkpointer : the arguments.

    Example
    -------
    >>> import torch
    >>> folder = getfixture("tmp_path")
    >>> checkpointer = WholeCheckpointer(folder, {"m": torch.nn.Linear(1, 1)})
    >>> saved = checkpointer.save_checkpoint()
    >>> sorted(path.name for path in saved.path.iterdir())
    ['CKPT.yaml', 'm.ckpt']
    """

    def save_checkpoint(self, *args, **kwargs):
        """Save a checkpoint, and remove what a killed process left.

        Arguments
        ---------
        *args
            As in SpeechBrain.
        **kwargs
            As in SpeechBrain.

        Returns
        -------
        checkpoint : Checkpoint
            None but on the main process.
        """
        if if_main_process():
            for path in self.checkpoints_dir.glob(f"{CKPT_PREFIX}*"):
                if (path / UNFINISHED).exists():
                    shutil.rmtree(path)
        checkpoint = super().save_checkpoint(*args, **kwargs)
        if checkpoint is not None:
            path = checkpoint.path
            (path / UNFINISHED).rename(path / METAFNAME)
        # Every rank lists the checkpoints next, and must find this one: the
        # ranks would wait for each other's deletions.
        ddp_barrier()
        return checkpoint

    def _save_checkpoint_metafile(self, fpath, *args, **kwargs):
        fpath = fpath.with_name(UNFINISHED)
        return super()._save_checkpoint_metafile(fpath, *args, **kwargs)


def earliest_best(key):
    """Rank checkpoints as early stopping does: an equal score is no better.

    Arguments
    ---------
    key : str
        The score in the checkpoints' meta data, best when highest.

    Returns
    -------
    importance_key : callable
        Maps a checkpoint to what it is sorted by; one from within an epoch,
        which has no score, comes last.

    Example
    -------
    >>> from types import SimpleNamespace
    >>> metas = [{"UA": 0.5, "epoch": 1}, {"UA": 0.5, "epoch": 2}, {}]
    >>> found = [SimpleNamespace(meta=meta) for meta in metas]
    >>> max(found, key=earliest_best("UA")).meta["epoch"]
    1
    """

    def importance(checkpoint):
        score = checkpoint.meta.get(key, -math.inf)
        return score, -checkpoint.meta.get("epoch", math.inf)

    return importance
