"""Property tests: the right value or an InputError, whatever is given.

With a small budget and the same examples each time in the suite; with a large
one and new examples by `make fuzz`, whose findings stay in .hypothesis.
"""

import datetime
import os

import hypothesis
from speechbrain.utils.importutils import LazyModule

# Hypothesis asks every module for its file, and SpeechBrain's lazy ones would
# import what is not installed.
LazyModule.__file__ = None

# Nothing may take long; the suite itself is not timed.
LONGEST = datetime.timedelta(seconds=20)
SLOW = [
    hypothesis.HealthCheck.too_slow,
    hypothesis.HealthCheck.function_scoped_fixture,
    hypothesis.HealthCheck.data_too_large,
]

hypothesis.settings.register_profile(
    "suite",
    max_examples=40,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=SLOW,
)
hypothesis.settings.register_profile(
    "fuzz",
    max_examples=int(os.environ.get("EXAMPLES", 1000)),
    print_blob=True,
    deadline=LONGEST,
    suppress_health_check=SLOW,
)
hypothesis.settings.load_profile(
    "fuzz" if "EXAMPLES" in os.environ else "suite"
)
