"""Device and precision, from the command line and from the YAML."""

import pytest
import torch

from turbo_sb.training.device_check import check_device_and_precision
from turbo_sb.training.run_options import run_options
from turbo_sb.utils.errors import InputError


def check(*arguments, **settings):
    """Check options of a command line beside a YAML's settings."""
    options = run_options().from_command_line_args(["a.yaml", *arguments])[1]
    check_device_and_precision(options, settings)


@pytest.mark.parametrize("device", [[], ["--device=cpu"]])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_what_a_cpu_can_do(device, precision):
    check(*device, f"--precision={precision}")


@pytest.mark.parametrize(
    "option", ["--precision=fp16", "--eval_precision=fp16", "--auto_mix_prec"]
)
def test_fp16_is_not_for_a_cpu(option):
    name = option.partition("=")[0]
    with pytest.raises(InputError, match=f"^{name}: fp16 .*precision=bf16"):
        check("--device=cpu", option)


def test_nor_for_the_cpu_that_is_taken_where_there_is_no_gpu(monkeypatch):
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: False)
    with pytest.raises(InputError, match="fp16 is not for a CPU"):
        check("--precision=fp16")
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    check("--precision=fp16")


def test_a_gpu_that_is_not_there(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(InputError, match="--device=cuda:0: "):
        check("--device=cuda:0")


def test_a_gpu_without_bf16(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: False)
    check("--device=cuda:0", "--precision=fp16")
    with pytest.raises(InputError, match="--precision: cuda:0 .* bf16"):
        check("--device=cuda:0", "--precision=bf16")


def test_the_yaml_has_options_too_and_the_command_line_wins():
    with pytest.raises(InputError, match="fp16 is not for a CPU"):
        check(device="cpu", precision="fp16")
    check("--precision=bf16", device="cpu", precision="fp16")
