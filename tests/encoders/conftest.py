"""The checkpoints of all families, each built once when it is asked for."""

import functools

import pytest

from tests.encoders.families import build


@pytest.fixture(scope="session")
def family_folder(tmp_path_factory):
    """Name of a family to the folder of its checkpoint."""
    folder = tmp_path_factory.mktemp("families")
    return functools.cache(lambda name: build(name, folder))
