"""The training loop's score: each line one verb on one object.

Authors
 * The turbo_sb developers 2026
"""

import logging
import time
from pathlib import Path

import speechbrain as sb
import torch
from speechbrain.utils.distributed import ddp_broadcast, if_main_process
from torch.utils.data import DistributedSampler

from turbo_sb.checkpoints import earliest_best
from turbo_sb.cost import measure_cost
from turbo_sb.dataio import group_indices
from turbo_sb.distributed import rank
from turbo_sb.encoders.compiled import compile_layers
from turbo_sb.errors import InputError
from turbo_sb.losses import classification_loss
from turbo_sb.manifest import write_json
from turbo_sb.results import Outcomes


class TurboBrain(sb.Brain):
    """Trains a `TurboModel` with a `JointLoss`, and evaluates it in one pass.

    ``hparams`` needs: seed, protocol, fold, scoring, on_sphere, loss,
    epoch_counter, loggers, output_folder. ``modules`` needs: model, loss.

    See Also
    --------
    speechbrain.Brain : the arguments.
    """

    facts = {}  # what else goes into metrics.json
    others = {}  # what else the figures show, name to (scores, targets)

    def compute_forward(self, batch, stage):
        """Two dropout views of each modality in Turbo's training, else one.

        Arguments
        ---------
        batch : PaddedBatch
            Of `turbo_sb.dataio.make_dataset`.
        stage : sb.Stage
            TRAIN, VALID or TEST.

        Returns
        -------
        outputs : dict
            Of `TurboModel`.
        """
        n_views = self.hparams.loss.n_views if stage == sb.Stage.TRAIN else 1
        # Read before they are moved, so that nothing waits for the device.
        lengths = [x.lengths.tolist() for x in (batch.signal, batch.tokens)]
        batch = batch.to(self.device, non_blocking=True)
        signal, tokens = batch.signal.data, batch.tokens.data
        return self.modules.model(
            signal, lengths[0], tokens, lengths[1], n_views
        )

    def compute_objectives(self, outputs, batch, stage):
        """The joint loss in training, the cross-entropy in evaluation.

        Arguments
        ---------
        outputs : dict
            Of `compute_forward`.
        batch : PaddedBatch
            Of `turbo_sb.dataio.make_dataset`.
        stage : sb.Stage
            TRAIN, VALID or TEST.

        Returns
        -------
        loss : () torch.Tensor
        """
        targets = batch.target.data.squeeze(1)
        if stage != sb.Stage.TRAIN:
            self.outcomes.add(batch.id, targets, outputs, batch.speaker)
            return classification_loss(outputs["logits"], targets)
        loss, terms = self.modules.loss(outputs, targets, self._ids(batch))
        self.train_terms.append(terms)
        return loss

    def fit_batch(self, batch):
        """One step, after which the host waits for the device, once.

        Arguments
        ---------
        batch : PaddedBatch
            Of `turbo_sb.dataio.make_dataset`.

        Returns
        -------
        loss : () torch.Tensor
            Detached, on the host.
        """
        loss = super().fit_batch(batch)
        super().check_loss_isfinite(loss)
        return loss

    def check_loss_isfinite(self, loss):
        """Nothing, before the backward pass: that would wait for the forward.

        Arguments
        ---------
        loss : () torch.Tensor
            On the device; looked at in `fit_batch`, on the host.
        """

    def on_fit_start(self):
        """Log the encoders; save the loss too, if it has something to save."""
        for encoder in self.modules.model.encoders.values():
            encoder.log_settings()
        if self.hparams.loss.state_dict():
            self.checkpointer.add_recoverable("loss", self.hparams.loss)
        if isinstance(self.train_sampler, DistributedSampler):
            self.train_sampler.seed = self.hparams.seed  # else always 0
        super().on_fit_start()

    def _compile(self):
        """With --compile: the layers, in place of whole modules."""
        if self.jit or self.jit_module_keys or self.compile_module_keys:
            raise InputError(
                "--jit, --jit_module_keys, --compile_module_keys: expected "
                "none. Use --compile: the layers of both encoders."
            )
        if not self.compile:
            return
        if self.compile_mode != "default":
            # CUDA graphs would hand out one chunk's memory to the next.
            raise InputError(
                f"--compile_mode: {self.compile_mode}: expected default."
            )
        for encoder in self.modules.model.encoders.values():
            compile_layers(
                encoder.model, fullgraph=self.compile_using_fullgraph
            )

    def _ids(self, batch):
        """Rows that share an id (or a text) are not each other's negatives."""
        if self.hparams.loss.mask_equal is None:
            return None
        keys = getattr(batch, self.hparams.loss.mask_equal)
        return group_indices(keys).to(self.device, non_blocking=True)

    def on_stage_start(self, stage, epoch=None):
        """Begin to collect, and make the epoch's randomness its own.

        Arguments
        ---------
        stage : sb.Stage
            TRAIN, VALID or TEST.
        epoch : int, optional
            None in the test.
        """
        self.stage_start = time.monotonic()
        self.outcomes = Outcomes(self.hparams.scoring, self.hparams.on_sphere)
        if stage == sb.Stage.TRAIN:
            self.train_terms = []
            # Dropout and augmentation of an epoch do not depend on whether
            # the run was resumed before it; each rank draws its own.
            seed = self.hparams.seed + 1000 * epoch + rank()
            sb.utils.seed_everything(seed, verbose=False)

    def on_stage_end(self, stage, stage_loss, epoch=None):
        """Log, decide on stopping, save; after the test, write the results.

        Arguments
        ---------
        stage : sb.Stage
            TRAIN, VALID or TEST.
        stage_loss : float
            Mean loss over the stage's batches.
        epoch : int, optional
            None in the test.
        """
        seconds = time.monotonic() - self.stage_start
        if stage == sb.Stage.TRAIN:
            self.train_stats = {"loss": stage_loss, "seconds": seconds}
            self.train_stats.update(mean_terms(self.train_terms))
            if self.hparams.loss.state_dict():
                learnt = self.hparams.loss.contrastive.temperature
                self.train_stats["temperature"] = learnt.item()
            return
        stats = {"loss": stage_loss, "seconds": seconds}
        if stage == sb.Stage.VALID:
            self._end_epoch(epoch, stats, floats(self.outcomes.summary()))
            return
        summary = {**self.outcomes.test_summary(self.best), **self.facts}
        # Not "epoch": W&B drops what belongs to a step of the past.
        meta = {"epoch loaded": self.best["epoch"]}
        self._log(meta, test_stats={**stats, **floats(summary)})
        if if_main_process():
            self._write_results(summary)

    def _end_epoch(self, epoch, stats, found):
        meta = {"epoch": epoch, "lr": self.optimizer.param_groups[0]["lr"]}
        valid_stats = {**stats, **found}
        self._log(meta, train_stats=self.train_stats, valid_stats=valid_stats)
        # Two GPUs may round a near tie differently: one decides for all.
        score = ddp_broadcast(self.hparams.scoring.score(found), src=0)
        self.hparams.epoch_counter.update(score)
        self.checkpointer.save_and_keep_only(
            meta={**found, "score": score, "epoch": epoch},
            importance_keys=[earliest_best("score")],
            verbosity=logging.DEBUG,  # the epoch's own line is what one reads
        )

    def _log(self, meta, **stats):
        for logger in self.hparams.loggers:
            logger.log_stats(meta, **stats)

    def _write_results(self, summary):
        folder = Path(self.hparams.output_folder)
        if self.debug and not self.debug_persistently:
            folder = folder / "debug"  # beside the results of a real run
            folder.mkdir(exist_ok=True)
        trained = hasattr(self, "train_terms")  # in this process
        if trained or not (folder / "cost.json").exists():
            cost = measure_cost(self.modules.model, self.device)
            write_json({folder / "cost.json": cost})
        facts = {
            "protocol": self.hparams.protocol,
            "fold": self.hparams.fold,
            "seed": self.hparams.seed,
            "best_epoch": self.best["epoch"],
        }
        self.outcomes.write(folder, {**summary, **facts}, self.others)

    def on_evaluate_start(self, max_key=None, min_key=None):
        """Load the best checkpoint; without one, there is nothing to test.

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
        if best is None:
            raise InputError(
                f"no checkpoint in {self.checkpointer.checkpoints_dir}: train "
                "first, or give the --output_folder of the training."
            )
        self.best = best.meta

    def optimizers_step(self):
        """One step, clipping one norm over all parameters.

        SpeechBrain clips the optimiser's first parameter group only, which
        leaves the others unclipped with --remove_vector_weight_decay.
        """
        self.scaler.unscale_(self.optimizer)
        groups = self.optimizer.param_groups
        parameters = [p for group in groups for p in group["params"]]
        torch.nn.utils.clip_grad_norm_(parameters, self.max_grad_norm)
        if not self.scaler.is_enabled() and self.skip_nonfinite_grads:
            self.check_gradients()
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.optimizer.zero_grad(set_to_none=True)
        self.optimizer_step += 1


def floats(found):
    """Pick what a log can follow over epochs.

    Arguments
    ---------
    found : dict
        Metrics and what goes with them.

    Returns
    -------
    found : dict
        What is a float.

    Example
    -------
    >>> floats({"UA": 0.5, "n": 10, "alignment": None})
    {'UA': 0.5}
    """
    return {k: v for k, v in found.items() if type(v) is float}


def mean_terms(steps):
    """Average each loss term over the steps of an epoch.

    Arguments
    ---------
    steps : list of dict
        Term name to () torch.Tensor, a dict a step.

    Returns
    -------
    means : dict
        Term name to float.

    Example
    -------
    >>> mean_terms([{"ce": torch.tensor(1.0)}, {"ce": torch.tensor(2.0)}])
    {'ce': 1.5}
    """
    if not steps:
        return {}
    return {
        name: torch.stack([terms[name] for terms in steps]).mean().item()
        for name in steps[0]
    }
