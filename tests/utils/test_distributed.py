"""A process alone: nothing is waited for, and errors are of all."""

import pytest

from turbo_sb.utils.distributed import joined, on_all, on_main, part
from turbo_sb.utils.errors import InputError, own_errors, some_of


def fail():
    raise InputError("no such file")


@pytest.mark.parametrize("call", [on_all, on_main])
def test_error_is_not_of_this_process_alone(call):
    with pytest.raises(InputError, match="no such file") as raised:
        call(fail)
    assert raised.value.own is False
    assert joined() is None
    part()


def test_own_error():
    with pytest.raises(InputError) as raised, own_errors():
        fail()
    assert raised.value.own is True


def test_long_lists_are_cut():
    assert some_of(["a", "b", "c"], limit=2) == "  a\n  b\n  ... and 1 more"
