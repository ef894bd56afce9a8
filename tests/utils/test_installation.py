"""What is installed and what works, with invented versions."""

import re
from pathlib import Path

import pytest

from turbo_sb.utils import installation
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.installation import pair_problem, range_problem

ROOT = Path(__file__).parents[2]


def test_this_environment_has_no_problem():
    assert range_problem() is None
    assert pair_problem() is None


class TestRanges:
    REQUIRES = ["transformers>=5,<6", "numpy", 'pytest>=8; extra == "test"']

    @pytest.mark.parametrize("version", ["5.0.0", "5.24.0", "5.25.0.dev0"])
    def test_within(self, version):
        versions = {"transformers": version, "numpy": "2.2"}
        assert range_problem(self.REQUIRES, versions) is None

    def test_old_and_missing(self):
        problem = range_problem(self.REQUIRES, {"transformers": "4.57.6"})
        assert problem == (
            "transformers 4.57.6 and numpy (missing) installed; turbo_sb works "
            "with transformers<6,>=5 and numpy. To repair it: python -m pip "
            'install "transformers<6,>=5" "numpy"'
        )

    def test_torch_is_not_judged_by_the_range(self):
        """A pair that loads may be outside."""
        requires = ["torch>=2.13,<3", "torchaudio>=2.11.1"]
        versions = {"torch": "2.11.0", "torchaudio": "2.11.0"}
        assert range_problem(requires, versions) is None


def undefined_symbol(_):
    """As torchaudio 2.11.1 ends beside torch 2.11."""
    try:
        raise OSError("/lib/libtorchaudio.so: undefined symbol: torch_what")
    except OSError as error:
        raise OSError("Could not load this library") from error


def other_cuda(_):
    raise RuntimeError("compiled with different CUDA major versions")


def missing(name):
    raise ModuleNotFoundError(f"No module named {name!r}")


BOTH = '--force-reinstall "torch==2.14.1" "torchaudio==2.11.1"'


@pytest.mark.parametrize(
    ("torch", "torchaudio", "load", "reason", "command"),
    [
        (
            *("2.11.0+cu130", "2.11.1", undefined_symbol),
            "do not load together (undefined symbol: torch_what)",
            '"torchaudio==2.11.0"',
        ),
        (
            *("2.15.0", "2.11.0", other_cuda),
            "do not load together (compiled with different CUDA major versions)",
            '"torchaudio>=2.11.1"',
        ),
        (  # of two indexes: as new as it could be, and of another CUDA
            *("2.14.1+cu126", "2.11.1+cu132", other_cuda),
            "do not load together (compiled with different CUDA major versions)",
            BOTH,
        ),
        ("2.10.0", "2.10.0", lambda _: None, "are too old", BOTH),
        (
            *("2.14.1", None, missing),
            "do not load together (No module named 'torchaudio')",
            '"torchaudio>=2.11.1"',
        ),
    ],
)
def test_pair_that_does_not_load(torch, torchaudio, load, reason, command):
    versions = {"torch": torch}
    if torchaudio:
        versions["torchaudio"] = torchaudio
    assert pair_problem(versions, load) == (
        f"torch {torch} and torchaudio {torchaudio or '(missing)'} {reason}. "
        "What works: torch>=2.13 with torchaudio>=2.11.1; torch>=2.11,<2.15 "
        f"with torchaudio==2.11.0. To repair it: python -m pip install {command}"
    )


@pytest.mark.parametrize("torch", ["2.11.0", "2.14.1+cu130", "3.0.0.dev1"])
def test_pair_that_loads_is_not_judged(torch):
    versions = {"torch": torch, "torchaudio": "2.11.0"}
    assert pair_problem(versions, lambda _: None) is None


def test_what_is_found_is_an_input_error(monkeypatch):
    """So that scripts end with one line."""
    monkeypatch.setattr(installation, "range_problem", lambda: "too old.")
    with pytest.raises(InputError, match=r"^too old\.$"):
        installation.check_installation()


class TestDeclared:
    """What stands in two places is the same."""

    def test_first_row_is_what_setup_declares(self):
        setup = (ROOT / "setup.py").read_text()
        for name, works in zip(installation.PAIR, installation.PAIRS[0]):
            assert f'"{name}{works},<3"' in setup

    def test_lock_has_the_pair_that_is_advised(self):
        lock = (ROOT / "requirements.lock").read_text()
        found = re.findall(r"^(torch|torchaudio)==(\S+)", lock, re.MULTILINE)
        assert dict(found) == {
            "torch": installation.TORCH,
            "torchaudio": installation.TORCHAUDIO,
        }

    def test_lock_has_hashes_for_all(self):
        lock = (ROOT / "requirements.lock").read_text()
        pins = re.split(r"^(?=\w)", lock, flags=re.MULTILINE)[1:]
        assert len(pins) > 100
        assert all("--hash=sha256:" in pin for pin in pins)
