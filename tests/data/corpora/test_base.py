"""What readers share: IDs, the corpus's folder, unique utterances."""

from collections import Counter
from pathlib import Path

import pytest

from turbo_sb.data.corpora.base import Utterance, find_root, gather, make_id
from turbo_sb.utils.errors import InputError


def test_id_can_be_a_file_name():
    assert make_id("timers", "dev-real/a b_0") == "timers_dev-real_a_b_0"


def test_root_is_the_folder_or_one_in_it(tmp_path):
    (tmp_path / "inner" / "words").mkdir(parents=True)
    for given in (tmp_path, tmp_path / "inner"):
        assert find_root(given, "AMI", ("words",), "") == tmp_path / "inner"
    (tmp_path / "more" / "words").mkdir(parents=True)
    with pytest.raises(InputError, match="several of them:\n  inner\n  more"):
        find_root(tmp_path, "AMI", ("words",), "words/")
    with pytest.raises(InputError, match="no such folder. Expected AMI: w/."):
        find_root(tmp_path / "none", "AMI", ("words",), "w/")


def test_utterances_are_sorted_and_unique(caplog):
    one = Utterance("a", Path("a.wav"), "hi", "", None, None, "ami")
    two, other = one._replace(id="b"), one._replace(id="c")
    listed = [two, one, two, other, other._replace(text="ho")]
    assert [u.id for u in gather(listed, Counter(), "folder")] == ["a", "b"]
    with pytest.raises(InputError, match="no utterance can be used"):
        gather([], Counter(empty=2), "folder")
