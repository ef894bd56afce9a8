"""Devices that are there and that are not."""

import pytest
import torch

from turbo_sb.utils.devices import check_device, check_own_gpu
from turbo_sb.utils.errors import InputError


@pytest.fixture
def gpus(monkeypatch):
    """How many GPUs this machine seems to have."""

    def seem(count):
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)

    return seem


class TestCheckDevice:
    @pytest.mark.parametrize("device", ["cpu", "cpu:0"])
    def test_the_cpu_is_there(self, device):
        check_device(device)

    @pytest.mark.parametrize(
        "device", ["gpu", "cuda:x", "cuda:-1", "", "cuda0", "0.5", "meta"]
    )
    def test_a_name_that_torch_does_not_know(self, device):
        with pytest.raises(
            InputError, match=f"^--device={device}: .*cpu, cuda"
        ):
            check_device(device)

    @pytest.mark.parametrize("device", ["cuda", "cuda:0", "cuda:7"])
    def test_without_a_gpu(self, gpus, device):
        gpus(0)
        with pytest.raises(InputError, match=f"={device}: .*--device=cpu"):
            check_device(device)

    @pytest.mark.parametrize("device", ["cuda", "cuda:0", "cuda:1"])
    def test_of_two_gpus_both_are_there(self, gpus, device):
        gpus(2)
        check_device(device)

    @pytest.mark.parametrize("device", ["cuda:2", "cuda:7"])
    def test_of_two_gpus_a_third_is_not(self, gpus, device):
        gpus(2)
        with pytest.raises(
            InputError, match=f"={device}: 2 GPUs .* cuda:0 to cuda:1"
        ):
            check_device(device)

    def test_a_device_of_another_kind_of_machine(self):
        with pytest.raises(InputError, match="=xla: this machine has none"):
            check_device("xla")


class TestCheckOwnGpu:
    def test_a_single_process_needs_none(self, gpus, monkeypatch):
        gpus(0)
        monkeypatch.delenv("LOCAL_RANK", raising=False)
        check_own_gpu("nccl")

    @pytest.mark.parametrize("count", [0, 1])
    def test_of_two_processes_each_needs_one(self, gpus, monkeypatch, count):
        gpus(count)
        monkeypatch.setenv("RANK", "1")
        monkeypatch.setenv("LOCAL_RANK", "1")
        with pytest.raises(InputError, match="process 1 .*backend=gloo"):
            check_own_gpu("nccl")
        check_own_gpu("gloo")
        gpus(2)
        check_own_gpu("nccl")
