"""A Brain that resumes exactly where it was killed.

What a step draws depends on nothing before it. Checkpoints within an epoch
hold all that the rest of the epoch needs. SIGTERM and Ctrl-C save and exit. No
step is taken from a loss or a gradient that is NaN or infinite.

Authors
 * The turbo_sb developers 2026
"""

import time
from collections.abc import Iterable
from pathlib import Path

import speechbrain as sb
import torch
from speechbrain.core import INTRA_EPOCH_CKPT_FLAG
from speechbrain.utils.distributed import ddp_broadcast
from speechbrain.utils.logger import get_logger
from torch.nn.parallel import DistributedDataParallel

from turbo_sb.training.checkpoints import earliest_best
from turbo_sb.training.ddp_gather import gather_batch
from turbo_sb.training.epoch_averages import Averages
from turbo_sb.training.nonfinite import finite_rows, tell_batch
from turbo_sb.training.preemption import Notice, leave
from turbo_sb.training.rates import Rates, Schedule, learning_rates
from turbo_sb.training.readers import Loading, Reader
from turbo_sb.training.settings import check_choice
from turbo_sb.utils.distributed import of_all, on_main, part, rank
from turbo_sb.utils.errors import own_errors
from turbo_sb.utils.seeding import generator_of, seed_all

logger = get_logger(__name__)

GO_ON, SAVE, STOP = range(3)  # what a process wishes after a step


class ResumableBrain(sb.Brain):
    """A Brain that can be killed at any time, and resumes to the same bits.

    ``hparams`` needs: seed, epoch_counter, output_folder, loggers. In
    training, `compute_objectives` calls `gather` and `note_step`.

    Arguments
    ---------
    *args
        As speechbrain.Brain takes them.
    nonfinite_loss : str
        "stop", or "skip": leave out a batch whose loss or gradient is NaN or
        infinite.
    rates : Rates, optional
        Without it, all parameters have the optimiser's own rate.
    **kwargs
        As speechbrain.Brain takes them.

    Example
    -------
    >>> ResumableBrain(run_opts={"device": "cpu"}).nonfinite_loss
    'stop'
    """

    notice = Notice()  # `fit` sets its own
    agreed = GO_ON
    schedule = None  # `init_optimizers` makes it, if there is one

    @property
    def epoch(self) -> int:
        """The epoch's number, from 1."""
        return self.hparams.epoch_counter.current

    def __init__(
        self,
        *args,
        nonfinite_loss: str = "stop",
        rates: Rates | None = None,
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        self.rates = rates
        check_choice("nonfinite_loss", nonfinite_loss, ("stop", "skip"))
        self.nonfinite_loss = nonfinite_loss
        self.on_trial = self.debug and not self.debug_persistently
        if self.on_trial and self.checkpointer is not None:
            # SpeechBrain gives each process another temporary folder.
            folder = ddp_broadcast(self.checkpointer.checkpoints_dir, src=0)
            self.checkpointer.checkpoints_dir = folder

    def fit(self, *args, **kwargs) -> None:
        """Train, heeding SIGTERM and Ctrl-C; an error names its process.

        Arguments
        ---------
        *args
            As in SpeechBrain.
        **kwargs
            As in SpeechBrain.
        """
        with own_errors(), Notice() as self.notice:
            super().fit(*args, **kwargs)

    def evaluate(self, *args, **kwargs) -> float:
        """Test, and wait for all processes; an error names its process.

        Arguments
        ---------
        *args
            As in SpeechBrain.
        **kwargs
            As in SpeechBrain.

        Returns
        -------
        loss : float
            SpeechBrain's mean over this process's batches.
        """
        with own_errors():
            loss = super().evaluate(*args, **kwargs)
            part()
        return loss

    def on_fit_start(self) -> None:
        """Resume from the last checkpoint; drop what was logged after it."""
        self.averages = Averages()
        if self.checkpointer is not None:
            self.checkpointer.add_recoverable("averages", self.averages)
            self.checkpointer.add_recoverable("batches", self.train_sampler)
            on_main(self.checkpointer.remove_drafts)
        super().on_fit_start()
        self.rewind(self.hparams.loggers, self.epoch)

    def rewind(self, loggers: list, epoch: int) -> None:
        """Drop what was logged after an epoch.

        Arguments
        ---------
        loggers : list of speechbrain.utils.train_logger.TrainLogger
            Of `turbo_sb.training.make_loggers`.
        epoch : int
            The last that is kept.
        """
        for log in loggers:
            if hasattr(log, "rewind") and not self.on_trial:
                log.rewind(epoch)

    def init_optimizers(self) -> None:
        """Make the optimiser, with a parameter group for each rate."""
        rates, opt_class = self.rates, self.opt_class
        if rates is not None and rates.apart:
            groups = rates.groups(self.modules, self.remove_vector_weight_decay)
            self.opt_class = lambda _: opt_class(groups)
        super().init_optimizers()
        self.opt_class = opt_class
        if rates is not None and rates.scheduler is not None:
            self.schedule = Schedule(rates.scheduler, self.optimizer, rates.lr)
            if self.checkpointer is not None:
                self.checkpointer.add_recoverable("schedule", self.schedule)

    def learning_rates(self) -> dict[str, float]:
        """The rates of now, for the log.

        Returns
        -------
        rates : dict
            ``lr``, and ``head_lr`` and ``layer_sum_lr`` where they are apart.
        """
        return learning_rates(self.optimizer)

    def schedule_epoch(self, loss: float) -> None:
        """Set the next epoch's rates, if the schedule goes by epochs.

        Arguments
        ---------
        loss : float
            Of the validation, alike in all processes.
        """
        if self.schedule is not None:
            self.schedule.end_epoch(self.epoch, loss)

    def _wrap_distributed(self):
        """Leave buffers where they are: they are constants.

        Sending them before each forward pass would also wait for a process that
        has nothing to evaluate.
        """
        super()._wrap_distributed()
        for module in self.modules.values():
            if isinstance(module, DistributedDataParallel):
                module.broadcast_buffers = False

    def on_stage_start(self, stage, epoch=None) -> None:
        """Begin an epoch, or go on within it.

        Arguments
        ---------
        stage : sb.Stage
            TRAIN, VALID or TEST.
        epoch : int, optional
            None in the test.
        """
        if stage != sb.Stage.TRAIN:
            return
        self.saved_at, self.noted, self.losses = time.monotonic(), [], []
        self.train_sampler.start = self.step
        if self.step == 0:
            self.averages.reset()

    def make_dataloader(self, *args, **kwargs) -> Iterable:
        """As SpeechBrain's; but it does not wait for ever for a batch.

        Arguments
        ---------
        *args
            As in SpeechBrain.
        **kwargs
            As in SpeechBrain. Another ``worker_init_fn`` than a `Reader` is
            waited for as SpeechBrain does.

        Returns
        -------
        loader : Loading
        """
        kwargs = {"worker_init_fn": Reader(), **kwargs}
        loader = super().make_dataloader(*args, **kwargs)
        if isinstance(getattr(loader, "worker_init_fn", None), Reader):
            return Loading(loader, self.notice)
        return loader

    def _train_loader_specifics(self, dataset, loader_kwargs):
        """Keep the sampler, which has already shared out the batches."""
        self.train_sampler = loader_kwargs["batch_sampler"]
        return loader_kwargs

    def wish(self) -> int:
        """What this process wants all to do after the step: GO_ON, SAVE, STOP."""
        if self.notice.given:
            return STOP
        minutes = (time.monotonic() - self.saved_at) / 60
        return SAVE if 0 < self.ckpt_interval_minutes < minutes else GO_ON

    def gather(
        self, outputs: dict, *columns: torch.Tensor
    ) -> tuple[dict, torch.Tensor]:
        """A batch of all processes, in one collective, with its gradient.

        Arguments
        ---------
        outputs : dict
            Of this process's model.
        *columns : (batch,) torch.Tensor
            Integers of this process's utterances.

        Returns
        -------
        outputs : dict
            Of all processes.
        *columns : (all,) torch.Tensor
            Of all processes.
        """
        named = dict(enumerate(columns))
        named["wish"] = torch.full_like(columns[0], self.wish())
        sizes = self.train_sampler.sizes
        outputs, named = gather_batch(outputs, named, sizes)
        self.agreed = named.pop("wish").max()  # the highest of all processes
        return outputs, *named.values()

    def draws(self, *names: str) -> torch.Generator:
        """A generator of this step's own, alike in all processes.

        Arguments
        ---------
        *names : str
            What is drawn.

        Returns
        -------
        generator : torch.Generator
        """
        return generator_of(self.hparams.seed, *names, self.epoch, self.step)

    def note_step(self, ids: list[str], outputs: dict, terms: dict) -> None:
        """Keep what is needed after the backward pass.

        Arguments
        ---------
        ids : list of str
            Of the batch, this process's.
        outputs : dict
            Of this process's model.
        terms : dict
            Name to () torch.Tensor: the loss of all processes, and its terms.
        """
        self.noted.append((ids, finite_rows(outputs), terms))

    def fit_batch(self, batch) -> torch.Tensor:
        """One step, after which the host waits for the device, once."""
        # Dropout and masks of a step do not depend on the steps before it.
        seed_all(self.hparams.seed, "step", self.epoch, self.step, rank())
        loss = super().fit_batch(batch)
        self.agreed = int(self.agreed)
        return loss

    def check_loss_isfinite(self, loss) -> None:
        """Keep the loss: `optimizers_step` checks it, so that nothing waits here."""
        self.losses.append(loss.detach())

    def optimizers_step(self) -> None:
        """Take one step, clipping one norm over all parameters.

        SpeechBrain clips only the optimiser's first parameter group, which leaves
        the others unclipped with --remove_vector_weight_decay; and it takes the
        step also where the loss is NaN, which ruins a model.
        """
        self.scaler.unscale_(self.optimizer)
        groups = self.optimizer.param_groups
        parameters = [p for group in groups for p in group["params"]]
        norm = torch.nn.utils.clip_grad_norm_(parameters, self.max_grad_norm)
        noted, self.noted = self.noted, []
        loss, self.losses = sum(self.losses) / self.scaler.get_scale(), []
        # A scaler skips gradients that are too large and halves its scale; at
        # 1, it is not the scale.
        scaled = self.scaler.is_enabled() and self.scaler.get_scale() > 1
        if torch.isfinite(loss if scaled else loss + norm):
            for _, _, terms in noted:
                self.averages.add(terms)
            if self.schedule is not None:
                self.schedule.before_step(self.optimizer_step + 1)
            self.scaler.step(self.optimizer)
            self.optimizer_step += 1
        else:
            self._on_nonfinite(loss.item(), noted)
        self.scaler.update()
        self.optimizer.zero_grad(set_to_none=True)

    def _on_nonfinite(self, loss, noted):
        """Record the batch; stop, or leave it out."""
        where = self.epoch, self.step, loss, noted
        paths = [Path(f) / "nonfinite.csv" for f in self._result_folders()]
        message, *_ = [tell_batch(path, *where) for path in paths]
        self.averages.n_skipped += 1
        if self.nonfinite_loss == "stop":
            raise of_all(
                f"{message} With --nonfinite_loss=skip such batches are left "
                "out; the checkpoints are whole."
            )
        if self.averages.n_skipped > self.nonfinite_patience:
            raise of_all(
                f"{message} That is more than --nonfinite_patience="
                f"{self.nonfinite_patience} in one epoch."
            )
        if rank() == 0:
            logger.warning(f"{message} The batch is left out.")

    def _should_save_intra_epoch_ckpt(self, last_ckpt_time, steps_since_ckpt):
        """Whether all processes agreed, with the step, to save."""
        if (
            self.checkpointer is None
            or self.step % self.grad_accumulation_factor
        ):
            return False  # half of a step's gradient is not saved
        due = 0 < self.ckpt_interval_steps <= steps_since_ckpt
        return due or self.agreed > GO_ON

    def _save_intra_epoch_ckpt(self):
        where = {"epoch": self.epoch, "step": self.step}
        self.checkpointer.save_and_keep(
            {INTRA_EPOCH_CKPT_FLAG: True, **where}, end_of_epoch=False
        )
        self.saved_at = time.monotonic()
        if self.agreed == STOP:
            where = f"epoch {self.epoch}, step {self.step}"
            leave(where, self.notice.number)

    def save_epoch(self, score, **meta) -> None:
        """Save at the end of an epoch, and heed a notice.

        Arguments
        ---------
        score : float
            Of the epoch; higher is better.
        **meta
            Goes into the checkpoint's meta data.
        """
        # Two GPUs may round a near tie differently: one decides for all.
        score, stop = ddp_broadcast((score, self.notice.given), src=0)
        self.hparams.epoch_counter.update(score)
        best = self.hparams.epoch_counter.best_epoch
        facts = {"score": score, "epoch": self.epoch, "best_epoch": best}
        self.checkpointer.save_and_keep({**meta, **facts})
        if stop:
            self._leave_after_epoch()

    def _leave_after_epoch(self):
        leave(f"the end of epoch {self.epoch}", self.notice.number)

    def _result_folders(self):
        return [self.hparams.output_folder]

    def on_evaluate_start(self, max_key=None, min_key=None) -> None:
        """Load the best checkpoint; without it, there is nothing to test.

        Arguments
        ---------
        max_key : str, optional
            In the checkpoint's meta, best when highest; the scoring's own
            choice if none.
        min_key : str, optional
            Not used.
        """
        key = max_key or "score"
        best = self.checkpointer.recover_if_possible(
            importance_key=earliest_best(key),
            ckpt_predicate=lambda checkpoint: key in checkpoint.meta,
        )
        folder = self.checkpointer.checkpoints_dir
        if best is None:
            raise of_all(
                f"no checkpoint in {folder}: train first, or give the "
                "--output_folder of the training."
            )
        self.best = best.meta
        if key == "score":
            self._check_best(folder)

    def _check_best(self, folder):
        """Refuse to test another epoch than the best one."""
        last = self.checkpointer.find_checkpoint(
            ckpt_predicate=lambda checkpoint: "best_epoch" in checkpoint.meta
        )
        expected = last.meta["best_epoch"] if last else self.best["epoch"]
        lost = self.test_only and self.checkpointer.lost_end()
        if lost:
            raise of_all(
                f"{lost}: damaged, and the end of the training with it. The "
                "same command without --test_only goes on from the one before."
            )
        if expected != self.best["epoch"]:
            raise of_all(
                f"{folder}: the checkpoint of the best epoch, {expected}, is "
                "damaged or gone. Train again, in another --output_folder, or "
                "put it back."
            )
