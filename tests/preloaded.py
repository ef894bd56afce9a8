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

import turbo_sb.command
import turbo_sb.cross_validation
import turbo_sb.experiment
import turbo_sb.export
import turbo_sb.inference
import turbo_sb.prediction
import turbo_sb.recipe
import turbo_sb.report
from tests.recipes import recipe_runs

torch.set_num_threads(1)
recipe_runs.describe_once()
speechbrain.utils.logger.get_environment_description()
