#!/usr/bin/env python3
"""Draw the figures of finished runs of emotion recognition on IEMOCAP.

Uniformity against alignment and the density of the audio embeddings (the
paper's Figures 2 and 3), confusion matrices and learning curves, each as PNG
and PDF, and captions.md. Only the runs' files are read; no model is loaded.
cross_validate.py draws them too; here protocol, fold and seed can be chosen.

To run this script, do the following:
> python analyze.py results/cross_validation

The folder has METHOD/RUN below it. More options:
> python analyze.py results --output_folder=figures --protocol=speaker10 --fold=1 --seed=1986

Authors
 * The turbo_sb developers 2026
"""

import sys

from turbo_sb.cli import main

if __name__ == "__main__":
    main(["figures", *sys.argv[1:]])
