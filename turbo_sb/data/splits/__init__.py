"""Which utterances train, validate and test, and checks of it.

Authors
 * The turbo_sb developers 2026
"""

import lazy_loader

# A name is imported when it is used: what reads tables need not wait for torch.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "checks": ["check_classes", "check_manifests", "check_split"],
        "leave_one_corpus_out": ["leave_out"],
        "protocols": ["check_fold", "cut_folds"],
        "recordings": ["check_recordings"],
        "scenarios": ["scenario_groups"],
        "speaker_split": ["cut", "given_split"],
        "split_file": ["read_split_file", "write_split_file"],
    },
)
