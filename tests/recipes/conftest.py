"""A tiny corpus and small runs of the IEMOCAP recipe on it."""

from pathlib import Path

import pytest

from tests.iemocap_layout import lay_out
from tests.recipes.recipe_runs import arguments, end_all, load_train


def pytest_collection_modifyitems(items):
    """Most of what is here trains."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def corpus(tmp_path_factory):
    """80 utterances of noise, 48 of them to train on."""
    return lay_out(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="session")
def command(corpus, encoder_folders):
    """Build a command line on the tiny corpus and encoders."""

    def build(method, folder, **overrides):
        encoders = encoder_folders["small"]
        return arguments(method, folder, corpus, encoders, **overrides)

    return build


@pytest.fixture(scope="session")
def run(command):
    """Run the recipe in this process."""
    main = load_train().main
    return lambda *args, **overrides: main(command(*args, **overrides))


@pytest.fixture(autouse=True)
def no_fresh_process_left():
    """Whatever becomes of the test."""
    yield
    end_all()
