"""One training that can be killed at any time, and the folder that it leaves.

Authors
 * The turbo_sb developers 2026
"""

import lazy_loader

# A name is imported when it is used: what reads tables need not wait for torch.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "brain": ["TurboBrain"],
        "checkpoints": ["AtomicCheckpointer"],
        "ddp_gather": ["gather_batch"],
        "early_stopping": ["EarlyStopping"],
        "experiment": ["train_and_test"],
        "finished": ["FinishedRun", "find_runs"],
        "loggers": ["make_loggers"],
        "preemption": ["Notice", "Resumable"],
        "recipe": ["check_arguments", "load_hparams"],
        "resumable_brain": ["ResumableBrain"],
    },
)
