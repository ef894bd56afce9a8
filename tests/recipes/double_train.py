"""The IEMOCAP recipe in float64, its last weights into a file.

Run by test_several_processes.py: the file, then train.py's own arguments.

Authors
 * The turbo_sb developers 2026
"""

import sys

import torch

from tests.recipes.recipe_runs import load_train
from turbo_sb.models.turbo_model import TurboModel
from turbo_sb.training.brain import ClassificationBrain
from turbo_sb.utils.distributed import rank
from turbo_sb.utils.errors import plain_errors

forward, start, end = (
    TurboModel.forward,
    ClassificationBrain.on_fit_start,
    ClassificationBrain.on_evaluate_start,
)


def forward_in_double(self, wavs, *rest):
    return forward(self, wavs.double(), *rest)


def start_in_double(self):
    self.modules.double()
    self.hparams.loss.double()
    start(self)


def save_then_end(self, *args, **kwargs):
    if rank() == 0:
        torch.save(self.modules.state_dict(), PATH)
    end(self, *args, **kwargs)


if __name__ == "__main__":
    with plain_errors():
        PATH, *arguments = sys.argv[1:]
        TurboModel.forward = forward_in_double
        ClassificationBrain.on_fit_start = start_in_double
        ClassificationBrain.on_evaluate_start = save_then_end
        load_train().main(arguments)
