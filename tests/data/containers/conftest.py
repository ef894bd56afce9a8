"""A recording of any bytes."""

import pytest


@pytest.fixture
def write(tmp_path):
    """A function from bytes to the path of a file; nothing goes by its name."""

    def write(content):
        """Write, and return the path."""
        (tmp_path / "a.bin").write_bytes(content)
        return tmp_path / "a.bin"

    return write
