"""What every recipe's Brain shares: encoders, stages, logs and results.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
import time
from pathlib import Path

import speechbrain as sb
from speechbrain.utils.distributed import if_main_process

from turbo_sb.data.manifest import read_json, write_json
from turbo_sb.encoders.layers import compile_layers
from turbo_sb.training.cost import measure_cost
from turbo_sb.training.loggers import make_loggers
from turbo_sb.training.run_folder import loses
from turbo_sb.training.shared_training import SharedTraining
from turbo_sb.utils.distributed import of_all
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.rounding import fixed

RATES = ("WA", "UA", "ACC", "EER")  # that are printed at the end


class ClassificationBrain(SharedTraining):
    """Everything around a recipe's two passes and its loss.

    A recipe's Brain has `compute_forward`, `compute_objectives`,
    `on_stage_end`, and makes ``self.outcomes`` when a stage starts. Several
    processes train as one: the loss is that of the whole batch, and what is
    logged is of all utterances.

    ``hparams`` needs, beside `ResumableBrain`'s: protocol, fold, loss,
    train_augment. ``modules`` needs: model, loss.

    Example
    -------
    >>> brain = ClassificationBrain(run_opts={"device": "cpu"})
    >>> brain.facts
    {}

    See Also
    --------
    speechbrain.Brain : the arguments.
    """

    def on_fit_start(self) -> None:
        """Log the encoders; save the loss too, if it has parameters."""
        for encoder in self.modules.model.encoders.values():
            encoder.log_settings()
        if self.hparams.loss.state_dict():
            self.checkpointer.add_recoverable("loss", self.hparams.loss)
        super().on_fit_start()
        for fold in self.folds if if_main_process() else ():
            self.write_cost(Path(fold.folder))  # also if it is ended before

    def _compile(self):
        """With --compile: the layers, in place of whole modules."""
        if self.jit or self.jit_module_keys or self.compile_module_keys:
            raise of_all(
                "--jit, --jit_module_keys and --compile_module_keys are not "
                "supported. Use --compile: the layers of both encoders."
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

    def on_stage_start(self, stage: sb.Stage, epoch: int | None = None) -> None:
        """Begin a stage; make the epoch's augmentation its own.

        Arguments
        ---------
        stage : sb.Stage
            TRAIN, VALID or TEST.
        epoch : int, optional
            None in the test.
        """
        self.stage_start = time.monotonic()
        if stage == sb.Stage.TRAIN:
            # The workers that read are started after this.
            self.hparams.train_augment.epoch = epoch
        super().on_stage_start(stage, epoch)

    def train_figures(self, stage_loss: float) -> dict[str, float]:
        """The means of an epoch's training, for the log.

        Arguments
        ---------
        stage_loss : float
            SpeechBrain's mean, where this process has trained no step.

        Returns
        -------
        figures : dict
            ``loss``, ``seconds``, each term of the loss, and ``temperature``
            where it is learnt.
        """
        means = self.averages.means()
        # Batches that were skipped are not in it; SpeechBrain adds them as 0.
        loss = means.pop("loss", stage_loss)
        figures = {"loss": loss, "seconds": self.seconds(), **means}
        if self.hparams.loss.state_dict():
            learnt = self.hparams.loss.contrastive.temperature
            figures["temperature"] = learnt.item()
        return figures

    def seconds(self) -> float:
        """How long the stage has taken."""
        return time.monotonic() - self.stage_start

    def log(self, loggers: list, meta: dict, **stats: dict) -> None:
        """Tell every logger what a stage found.

        Arguments
        ---------
        loggers : list of speechbrain.utils.train_logger.TrainLogger
            Of `turbo_sb.training.make_loggers`.
        meta : dict
            ``epoch`` and ``lr``, or ``epoch loaded``.
        **stats
            ``train_stats``, ``valid_stats`` or ``test_stats``.
        """
        if self.on_trial:  # beside the log of a real run
            loggers = make_loggers(self._debug_folder())
        for logger in loggers:
            logger.log_stats(meta, **stats)

    def _debug_folder(self):
        """Where a trial leaves what it finds."""
        folder = Path(self.hparams.output_folder) / "debug"
        folder.mkdir(exist_ok=True)
        return folder

    def write_cost(self, folder: Path) -> None:
        """Write cost.json; it names the folds that were trained together.

        Arguments
        ---------
        folder : pathlib.Path
            Of one of the folds.
        """
        path = folder / "cost.json"
        cost = measure_cost(self.modules.model, self.device)
        together = set(self.numbers())
        with contextlib.suppress(InputError):  # damaged: written anew
            together |= set(read_json(path, missing={}).get("folds", []))
        if together:
            cost["folds"] = sorted(together)
        write_json({path: cost})

    def write_results(self, summary: dict) -> None:
        """Write metrics.json and what stands beside it, in the main process.

        Arguments
        ---------
        summary : dict
            Of `Outcomes.test_summary`, with `facts`.
        """
        if not if_main_process():
            return
        folder = Path(self.hparams.output_folder)
        if self.on_trial:
            folder = self._debug_folder()
        trained = hasattr(self, "averages")  # in this process
        if trained or not (folder / "cost.json").exists():
            self.write_cost(folder)
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
        rates = [k for k in RATES if summary.get(k) is not None]
        found = ", ".join(f"{k} {fixed(summary[k], 3)}" for k in rates)
        print(
            f"\nTest, epoch {self.best['epoch']}, {summary['n']} utterances: "
            f"{found}\n{_beside_probe(summary)}The results are in {folder}\n"
            f"Next: turbo-sb export {folder} --to mine",
            flush=True,
        )


def _beside_probe(summary):
    """A line on the linear probe, and whether it was beaten, if it was run."""
    probe = summary.get(f"probe_{summary.get('probe')}", {})
    rates = [k for k in RATES if None not in (probe.get(k), summary.get(k))]
    if not rates:
        return ""
    found = ", ".join(f"{k} {fixed(probe[k], 3)}" for k in rates)
    line = f"Linear probe on the frozen encoders ({summary['probe']}): {found}"
    lost = [
        f"{k} (by {fixed(abs(summary[k] - probe[k]), 3)})"
        for k in rates
        if loses(k, summary[k], probe[k])
    ]
    if lost:
        line += (
            f"\nThe trained model loses to it in {' and '.join(lost)}: "
            "turbo-sb report has the interval."
        )
    return f"{line}\n"
