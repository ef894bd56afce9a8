"""The training loop's score: each line one verb on one object.

Authors
 * The turbo_sb developers 2026
"""

import time
from pathlib import Path

import speechbrain as sb
import torch
from speechbrain.utils.distributed import if_main_process

from turbo_sb.data.manifest import write_json
from turbo_sb.encoders.compiled import compile_layers
from turbo_sb.losses import classification_loss
from turbo_sb.training.cost import measure_cost
from turbo_sb.training.ddp_gather import gather_batch
from turbo_sb.training.outcomes import Outcomes
from turbo_sb.training.resumable_brain import ResumableBrain
from turbo_sb.utils.distributed import of_all
from turbo_sb.utils.seeding import generator_of


class TurboBrain(ResumableBrain):
    """Trains a `TurboModel` with a `JointLoss`, and evaluates it in one pass.

    Several processes train as one: the loss is that of the whole batch, and
    what is logged is of all utterances.

    ``hparams`` needs, beside `ResumableBrain`'s: protocol, fold, scoring,
    on_sphere, loss, train_augment. ``modules`` needs: model, loss.

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
            Of `turbo_sb.data.dataset.make_dataset`.
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
            Of `turbo_sb.data.dataset.make_dataset`.
        stage : sb.Stage
            TRAIN, VALID or TEST.

        Returns
        -------
        loss : () torch.Tensor
        """
        targets = batch.target.data.squeeze(1)
        if stage != sb.Stage.TRAIN:
            self.outcomes.add(batch.id, targets, outputs, batch.spk_id)
            return classification_loss(outputs["logits"], targets)
        columns = {
            "target": targets,
            "group": batch.group.data.squeeze(1),
            "wish": torch.full_like(targets, self.wish()),
        }
        whole, columns = gather_batch(
            outputs, columns, self.train_sampler.sizes
        )
        loss, terms = self.modules.loss(
            whole,
            columns["target"],
            columns["group"],
            generator_of(self.hparams.seed, "pass", self.epoch, self.step),
        )
        terms = {"loss": loss.detach(), **terms}
        self.note_step(batch.id, outputs, terms, columns["wish"])
        return loss

    def on_fit_start(self):
        """Log the encoders; save the loss too, if it has something to save."""
        for encoder in self.modules.model.encoders.values():
            encoder.log_settings()
        if self.hparams.loss.state_dict():
            self.checkpointer.add_recoverable("loss", self.hparams.loss)
        super().on_fit_start()

    def _compile(self):
        """With --compile: the layers, in place of whole modules."""
        if self.jit or self.jit_module_keys or self.compile_module_keys:
            raise of_all(
                "--jit, --jit_module_keys, --compile_module_keys: expected "
                "none. Use --compile: the layers of both encoders."
            )
        if not self.compile:
            return
        if self.compile_mode != "default":
            # CUDA graphs would hand out one chunk's memory to the next.
            raise of_all(
                f"--compile_mode: {self.compile_mode}: expected default."
            )
        for encoder in self.modules.model.encoders.values():
            compile_layers(
                encoder.model, fullgraph=self.compile_using_fullgraph
            )

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
            # The workers that read are started after this.
            self.hparams.train_augment.epoch = epoch
        super().on_stage_start(stage, epoch)

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
            means = self.averages.means()
            # Without batches that were left out; SpeechBrain counts them as 0.
            loss = means.pop("loss", stage_loss)
            self.train_stats = {"loss": loss, "seconds": seconds, **means}
            if self.hparams.loss.state_dict():
                learnt = self.hparams.loss.contrastive.temperature
                self.train_stats["temperature"] = learnt.item()
            return
        self.outcomes.gather()
        stats = {"loss": self.outcomes.loss(), "seconds": seconds}
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
        self.save_epoch(self.hparams.scoring.score(found), **found)

    def _log(self, meta, **stats):
        for logger in self.hparams.loggers:
            logger.log_stats(meta, **stats)

    def _write_results(self, summary):
        folder = Path(self.hparams.output_folder)
        if self.debug and not self.debug_persistently:
            folder = folder / "debug"  # beside the results of a real run
            folder.mkdir(exist_ok=True)
        trained = hasattr(self, "averages")  # in this process
        if trained or not (folder / "cost.json").exists():
            cost = measure_cost(self.modules.model, self.device)
            write_json({folder / "cost.json": cost})
        facts = {
            "protocol": self.hparams.protocol,
            "fold": self.hparams.fold,
            "seed": self.hparams.seed,
            "best_epoch": self.best["epoch"],
        }
        if self.outcomes.alone:
            model = getattr(self.modules.model, "module", self.modules.model)
            facts.update(model.fusion.describe())
        self.outcomes.write(folder, {**summary, **facts}, self.others)


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
