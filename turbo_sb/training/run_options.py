"""SpeechBrain's run options, without its imports.

Authors
 * The turbo_sb developers 2026
"""

import functools
import importlib.util
import sys
from pathlib import Path


@functools.cache
def run_options() -> type:
    """SpeechBrain's class RunOptions, which knows and parses its options.

    The file that defines it needs nothing but Python; the package around it
    imports torch, which takes seconds.
    """
    package = Path(importlib.util.find_spec("speechbrain").origin).parent
    name = f"{__name__}.of_speechbrain"
    spec = importlib.util.spec_from_file_location(
        name, package / "utils" / "run_opts.py"
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where a dataclass looks its types up
    spec.loader.exec_module(module)
    return module.RunOptions
