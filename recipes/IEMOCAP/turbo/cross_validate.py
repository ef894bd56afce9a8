#!/usr/bin/env python3
"""Cross-validation on IEMOCAP: several methods, all folds, several seeds.

To run it, do the following:
> python cross_validate.py hparams/vanilla.yaml hparams/cross_modal.yaml \
    hparams/turbo.yaml --data_folder=/path/to/IEMOCAP --seeds=1,2,3

Each training is a train.py in a process of its own. At the end the figures are
drawn, and report.md, .tex, .csv and .json are written. The steps are in
turbo_sb/evaluation: cross_validation/, figures/ and report/.

Authors
 * The turbo_sb developers 2026
"""

import sys
from pathlib import Path

from turbo_sb.utils.signals import end_when_told

if __name__ == "__main__":
    end_when_told()  # Ctrl-C in the seconds of the imports: no traceback

from iemocap_prepare import prepare_folds

from turbo_sb.evaluation.cross_validation import Recipe, main
from turbo_sb.metrics import Classification
from turbo_sb.utils.errors import plain_errors

if __name__ == "__main__":
    with plain_errors():
        script = Path(__file__).with_name("train.py")
        main(sys.argv[1:], Recipe(script, prepare_folds, Classification))
