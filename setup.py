"""Installation of turbo_sb."""

import re
from pathlib import Path

import setuptools

HERE = Path(__file__).parent
VERSION = re.search(
    r'__version__ = "(.+)"', (HERE / "turbo_sb" / "__init__.py").read_text()
)[1]

# Before, its page asks for Google's fonts.
APP = ["gradio>=6.31,<7"]
DEMO = ["espeakng-loader>=0.2.4"]
TRACKING = ["tensorboard>=2.16"]
TEST = [
    *APP,
    *DEMO,
    *TRACKING,
    "pytest>=8",
    "pytest-xdist>=3.6",
    "hypothesis>=6.130",  # tests/properties
    # Independent implementations to check the losses against.
    "info-nce-pytorch>=0.1.4",
    "pytorch-metric-learning>=2.5",
]
# Ruff and yamllint in the versions of SpeechBrain's own checks.
LINT = ["ruff==0.12.4", "yamllint==1.35.1", "pre-commit>=3.8"]
# As SpeechBrain's own documentation, from docstrings in its form.
DOCS = ["sphinx>=8.1", "myst-parser>=4", "furo>=2024.8.6"]
# uv writes requirements.lock and makes the environments of both ends.
BUILD = ["setuptools>=64", "uv>=0.9"]

setuptools.setup(
    name="turbo_sb",
    version=VERSION,
    description=(
        "Turbo: multi-modal classification with contrastive learning, "
        "a plugin for SpeechBrain"
    ),
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    packages=setuptools.find_packages(include=["turbo_sb", "turbo_sb.*"]),
    package_data={"turbo_sb.inference": ["templates/*.md"]},
    python_requires=">=3.11",
    install_requires=[
        # Every torch from 2.13 loads with every torchaudio from 2.11.1, whose
        # own metadata say torch>=2.11, and that is wrong. The pairs beside
        # these ranges that load too are in turbo_sb/utils/installation.py.
        # SpeechBrain needs torchaudio; we use one function of it, resample.
        "torch>=2.13,<3",
        "torchaudio>=2.11.1,<3",
        "speechbrain>=1.1.2,<1.2",
        "transformers>=5.6,<6",  # not among SpeechBrain's own requirements
        "filelock>=3.21",  # before, no locks at all was told as a lock that is held
        "hyperpyyaml>=1.2.3",
        "jinja2>=3.1",  # huggingface_hub's model cards
        "lazy_loader>=0.4",
        "huggingface_hub>=1.3",
        "matplotlib>=3.8",
        "numpy>=1.26",
        "packaging>=23",
        "protobuf>=4.25",  # with sentencepiece: DeBERTa-v3 has no other tokeniser
        "ruamel.yaml>=0.17.28",  # plain YAML; hyperpyyaml's own
        "safetensors>=0.6.1",
        # Before, StratifiedGroupKFold stratified worse: another shortcut score.
        "scikit-learn>=1.8",
        "scipy>=1.15",
        "sentencepiece>=0.2",
        "shtab>=1.7",
        # Before, a stretch of a damaged FLAC was read as other samples.
        "soundfile>=0.13",
        "tabulate>=0.9",
        "tqdm>=4.66",
    ],
    entry_points={"console_scripts": ["turbo-sb = turbo_sb.cli:main"]},
    extras_require={
        "app": APP,
        "demo": DEMO,
        "tensorboard": TRACKING,
        "wandb": ["wandb"],
        "test": TEST,
        "docs": DOCS,
        "dev": [*TEST, *LINT, *DOCS, *BUILD],
    },
)
