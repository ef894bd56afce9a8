"""One training that can be killed at any time, and the folder that it leaves.

Authors
 * The turbo_sb developers 2026
"""

import lazy_loader

# A name is imported when it is used: what reads tables need not wait for torch.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "brain": ["ClassificationBrain"],
        "cached_features": ["fill_cache"],
        "checkpoints": ["AtomicCheckpointer"],
        "checks": ["check_run"],
        "command_line": ["check_arguments", "check_command", "normalise"],
        "data_loading": ["global_batch_size", "loader_kwargs"],
        "ddp_gather": ["gather_batch"],
        "dropout_check": ["check_dropout"],
        "early_stopping": ["EarlyStopping"],
        "folds": [
            *("all_manifests", "check_also_folds", "check_same_training"),
            "make_folds",
        ],
        "history": ["read_history"],
        "feature_statistics": ["fit_norms"],
        "hparams": ["load_hparams"],
        "loggers": ["make_loggers"],
        "outcomes": ["Outcomes", "floats"],
        "preemption": ["Notice", "Resumable"],
        "rates": ["Rates"],
        "resumable_brain": ["ResumableBrain"],
        "resuming": ["check_resume"],
        "run_folder": [
            *("FinishedRun", "find_runs", "manifests_of", "save_encoders"),
        ],
    },
)
