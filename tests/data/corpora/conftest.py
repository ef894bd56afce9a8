"""Corpora laid out once for the tests of a build."""

import pytest

from tests.data.corpora.layouts import (
    lay_out_ami,
    lay_out_fluent,
    lay_out_librispeech,
    lay_out_slurp,
)


@pytest.fixture(scope="session")
def laid_out(tmp_path_factory):
    """Four corpora's folders; nobody changes them."""
    root = tmp_path_factory.mktemp("corpora")
    return {
        "fluent": lay_out_fluent(root / "fluent", per_speaker=6),
        "slurp": lay_out_slurp(root / "slurp", n_sentences=2),
        "ami": lay_out_ami(root / "ami", n_segments=2),
        "librispeech": lay_out_librispeech(root / "libri", per_chapter=5),
    }
