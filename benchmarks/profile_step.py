"""Where the time of a final step goes, next to the least it could take.

    python benchmarks/profile_step.py --durations=durations.csv

runs Turbo's step with a cached CNN, in chunks, and the optimiser's, at the base
models' sizes with random weights, and prints a table by kind of operation. The
floor is two transformer passes over unpadded speech and words, at the speed of
this machine's matrix products.

Authors
 * The turbo_sb developers 2026
"""

import argparse
import statistics
import tempfile
import time

import torch
from counting import floor
from measuring import print_head, print_row, processor
from step import cache
from torch.profiler import ProfilerActivity, profile
from workload import (
    BASE,
    build,
    draw_batches,
    make_inputs,
    ours,
    read_durations,
)

from turbo_sb.losses import JointLoss, TurboLoss

# Kind to what the names of its operations begin with; the first that fits.
KINDS = {
    "matrix products": ("mm", "addmm", "bmm", "baddbmm", "linear"),
    "attention": ("_scaled_dot_product", "_flash_attention"),
    "convolution": ("convolution", "mkldnn_convolution", "_slow_conv"),
    "GELU": ("gelu",),
    "dropout": ("native_dropout", "bernoulli"),
    "normalisation": ("native_layer_norm", "native_group_norm"),
    "optimiser and clipping": ("_fused_adam", "_foreach", "linalg_vector_norm"),
    "copies": ("copy", "cat", "index", "repeat", "fill", "zero", "_to_copy"),
    "additions and the like": ("add", "mul", "div", "sum", "sub", "where"),
}


def main():
    """Warm up, profile, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--durations", help="a CSV of seconds, or none")
    parser.add_argument("--size", type=int, default=16, help="of the batch")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    durations = read_durations(options.durations)
    [batch] = draw_batches(durations, 1, options.size)
    with tempfile.TemporaryDirectory() as folder:
        model = ours(build(folder, BASE))
    step = make_step(model, make_inputs(*batch))
    step()
    with profile(activities=[ProfilerActivity.CPU]) as found:
        start = time.perf_counter()
        step()
        seconds = time.perf_counter() - start
    print_profile(found, seconds, floor(batch), options)


def make_step(model, inputs):
    """Forward, backward, clipping and Adam, as `TurboBrain` has them."""
    loss = JointLoss(TurboLoss())
    trained = [p for p in model.parameters() if p.requires_grad]
    adam = torch.optim.Adam(trained, lr=1e-5, fused=True)
    inputs = cache(model.encoders["audio"], inputs)
    targets = torch.arange(len(inputs[0])) % 4

    def step():
        total, _ = loss(model(*inputs, n_views=2), targets)
        total.backward()
        torch.nn.utils.clip_grad_norm_(trained, 5.0)
        adam.step()
        adam.zero_grad(set_to_none=True)

    return step


def print_profile(found, seconds, least, options):
    """Milliseconds by kind; then the floor."""
    times = dict.fromkeys([*KINDS, "other"], 0.0)
    for event in found.key_averages():
        times[kind_of(event.key)] += event.self_cpu_time_total / 1e6
    print(
        f"{processor()}, {options.threads} thread(s), {options.size} "
        "utterances, base sizes, float32:\n"
    )
    print_head(["", "s", "share"])
    for kind, own in sorted(times.items(), key=lambda item: -item[1]):
        print_row([kind, f"{own:.2f}", f"{100 * own / seconds:.0f} %"])
    print_row(["step", f"{seconds:.2f}", "100 %"])
    speed = matrix_speed()
    print(
        f"\nFloor: {least / 1e12:.2f} TFLOP at {speed / 1e9:.0f} GFLOP/s (a "
        f"product of the model's own shape) are {least / speed:.2f} s: the "
        f"step takes {seconds * speed / least:.2f} times as long."
    )


def kind_of(name):
    """Of an operation by its name."""
    name = name.removeprefix("aten::").removeprefix("mkldnn::")
    for kind, beginnings in KINDS.items():
        if name.startswith(beginnings):
            return kind
    return "other"


def matrix_speed(frames=400, dim=BASE.dim):
    """FLOP/s of a feed-forward layer's product."""
    x, w = torch.randn(frames, dim), torch.randn(dim, 4 * dim)
    seconds = []
    for _ in range(50):
        start = time.perf_counter()
        torch.mm(x, w)
        seconds.append(time.perf_counter() - start)
    return 2 * frames * dim * 4 * dim / statistics.median(seconds)


if __name__ == "__main__":
    main()
