"""Files of features: what is written is read, or known to be damaged."""

import pytest
import torch

from turbo_sb.data.feature_cache import in_words
from turbo_sb.data.feature_files import (
    DamagedFile,
    checksum,
    read_features,
    write_features,
)


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "new" / "a.safetensors"
    assert read_features(path, {"model": "ab"}) is None
    features = torch.tensor([[1.5, 2.0]], dtype=torch.float16)
    write_features(path, features, {"model": "ab"})
    found = read_features(path, {"model": "ab"})
    assert torch.equal(found, features) and found.dtype == torch.float16
    with pytest.raises(DamagedFile, match="its model is another"):
        read_features(path, {"model": "b"})


def test_checksum_is_of_shape_and_type_too():
    shapes = torch.zeros(2, 3), torch.zeros(3, 2), torch.zeros(2, 3).double()
    assert len({checksum(features) for features in shapes}) == 3


def test_sizes_in_words():
    sizes = 1.29e9, 2e6, 123456
    assert [in_words(s) for s in sizes] == ["1.3 GB", "2.0 MB", "123.5 kB"]
