"""What a script imports that is run by tests/forks.py: seconds, once."""

# ruff: noqa: F401
import matplotlib.pyplot
import sklearn.linear_model
import soundfile
import speechbrain
import speechbrain.integrations.huggingface.wav2vec2
import torch.utils.tensorboard
import torchaudio
import transformers
from transformers import (
    AutoModel,
    BertModel,
    BertTokenizerFast,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2Model,
)

import turbo_sb.cli
import turbo_sb.evaluation.cross_validation
import turbo_sb.evaluation.report
import turbo_sb.inference.classifier
import turbo_sb.inference.export
import turbo_sb.inference.prediction
import turbo_sb.training.brain
import turbo_sb.training.cached_features
import turbo_sb.training.checks
import turbo_sb.training.data_loading
import turbo_sb.training.hparams
from tests.recipes import recipe_runs

torch.set_num_threads(1)
recipe_runs.describe_once()
speechbrain.utils.logger.get_environment_description()
