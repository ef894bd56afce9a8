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
DEMO = ["espeakng-loader"]
TRACKING = ["tensorboard"]
TEST = [
    *APP,
    *DEMO,
    *TRACKING,
    "pytest",
    # Independent implementations to check the losses against.
    "info-nce-pytorch",
    "pytorch-metric-learning",
]
# The versions of SpeechBrain's own checks.
LINT = ["ruff==0.12.4", "yamllint==1.35.1", "pre-commit"]

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
    python_requires=">=3.10",
    install_requires=[
        # torch and torchaudio must be of one release line, built for the same
        # CUDA: what a plain `pip install torch torchaudio` resolves to
        # (torch 2.15 with torchaudio 2.11 in November 2026) does not import.
        "torch==2.11.*",
        "torchaudio==2.11.*",
        "speechbrain>=1.1.2,<1.2",
        "transformers>=5,<6",  # not among SpeechBrain's own requirements
        "hyperpyyaml",
        "huggingface_hub",
        "matplotlib",  # DET curves
        "numpy",
        "protobuf",  # with sentencepiece: DeBERTa-v3 has no other tokeniser
        "ruamel.yaml",  # plain YAML; hyperpyyaml's own
        "safetensors",
        "scikit-learn",  # the shortcut's linear model
        "scipy",
        "sentencepiece",
        "soundfile",
        "tqdm",
    ],
    entry_points={"console_scripts": ["turbo-sb = turbo_sb.command:main"]},
    extras_require={
        "app": APP,
        "demo": DEMO,
        "tensorboard": TRACKING,
        "wandb": ["wandb"],
        "test": TEST,
        "dev": [*TEST, *LINT],
    },
)
