"""The IEMOCAP recipe, counting what each process runs.

Run by test_several_processes.py: a folder, then train.py's own arguments.

Authors
 * The turbo_sb developers 2026
"""

import json
import sys
from collections import Counter
from pathlib import Path

from tests.recipes.recipe_runs import load_train
from turbo_sb.utils.distributed import rank
from turbo_sb.utils.errors import plain_errors

train, counts = load_train(), Counter()
forward = train.TurboBrain.compute_forward


def counted(self, batch, stage):
    counts[stage.name] += len(batch.id)
    return forward(self, batch, stage)


if __name__ == "__main__":
    with plain_errors():
        folder, *arguments = sys.argv[1:]
        train.TurboBrain.compute_forward = counted
        train.main(arguments)
        path = Path(folder) / f"rows_{rank()}.json"
        path.write_text(json.dumps(counts), encoding="utf-8")
