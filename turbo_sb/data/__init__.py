"""From a corpus to a batch: recordings, tables, manifests, splits, datasets.

Authors
 * The turbo_sb developers 2026
"""

import lazy_loader

# A name is imported when it is used: what reads tables need not wait for torch.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "batch_sampler": ["SharedBatches"],
        "csv_table": ["read_table"],
        "dataset": ["TrainAugment", "make_datasets"],
        "feature_cache": ["FeatureCache"],
        "manifest": [
            "load_manifest",
            "read_json",
            "read_manifest",
            "write_sets",
        ],
    },
)
