"""Keys of features: hashes, and which files and settings they are of."""

import hashlib
from pathlib import Path

import pytest

import turbo_sb
from turbo_sb.data.channel import Equalizer
from turbo_sb.data.feature_keys import (
    CODE,
    digest,
    equalizer_settings,
    file_digest,
)
from turbo_sb.utils.errors import InputError


def test_every_entry_of_the_code_is_there():
    """A file that was renamed would silently not count."""
    folder = Path(turbo_sb.__file__).parent
    assert all(list(folder.glob(name)) for name in CODE)


def test_digest_tells_types_and_parts_apart():
    found = [digest("a", 1), digest("a", "1"), digest("a1"), digest(b"a", 1)]
    assert len(set(found)) == 4
    assert len(found[0]) == 32 and found[0] == digest("a", 1)


def test_file_digest(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    expected = hashlib.blake2b(b"abc").hexdigest()
    assert file_digest(tmp_path / "a") == expected
    with pytest.raises(InputError, match="none: cannot be read as audio"):
        file_digest(tmp_path / "none")


def test_settings_of_an_equalizer():
    found = equalizer_settings(Equalizer(rms_db=-26))
    assert found == (False, None, None, None, -26, 16000)
    assert equalizer_settings(Equalizer()) is equalizer_settings(None) is None
