"""A training step of Turbo: the stock way, the naive way, and ours.

    python benchmarks/step.py --durations=durations.csv

prints the tables of README.md: closed-form FLOPs at the base models' sizes,
and wall time and saved activations of models a sixteenth as wide, otherwise the
same. Every batch goes through all variants in turn, so that what else the
machine does disturbs all alike; a line a batch says how far it is, of a minute
or more each. The naive way asks for more than 24 GB of a batch of 29 s: what is
longer than --longest is only counted.

Authors
 * The turbo_sb developers 2026
"""

import argparse
import functools
import statistics
import sys
import tempfile
import time

import torch
from counting import (
    NAIVE,
    ONLY_COUNTED,
    STOCK,
    VARIANTS,
    count,
    print_counts,
)
from measuring import give_back_memory, print_head, print_row, processor
from workload import (
    RATE,
    SCALED,
    Stock,
    build,
    draw_batches,
    make_inputs,
    ours,
    read_durations,
)

from turbo_sb.losses import JointLoss, TurboLoss
from turbo_sb.models import batched_encoding as encoding


def main():
    """Count, measure, and print Markdown tables."""
    options = _parse()
    torch.set_num_threads(options.threads)
    durations = read_durations(options.durations)
    batches = draw_batches(durations, options.n, options.size)
    print_counts(batches)
    longest = options.longest * RATE
    batches = [batch for batch in batches if max(batch[0]) <= longest]
    with tempfile.TemporaryDirectory() as folder:
        models = make_models(
            build(folder, SCALED), set(VARIANTS) - ONLY_COUNTED
        )
    found = {name: [] for name in models}
    for number, batch in enumerate(batches, 1):
        inputs = make_inputs(*batch)
        for name, model in models.items():
            found[name].append(measure(name, model, inputs))
        print_progress(number, len(batches), found)
    print_measured(found, batches, options.threads)


def _parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    add = parser.add_argument
    add("--durations", help="a CSV of seconds, or none to draw them")
    add("--n", type=int, default=21, help="batches that are drawn and counted")
    add("--longest", type=float, default=25, help="of what is run, in seconds")
    add("--size", type=int, default=64, help="of a batch")
    add("--threads", type=int, default=1)
    return parser.parse_args()


def make_models(sources, names):
    """A model for each of these variants, in the table's order."""
    models = {}
    for name, (_, chunk, way, recompute) in VARIANTS.items():
        if name not in names:
            continue
        if way in ("stock", "frozen"):
            models[name] = Stock(sources, way == "frozen").train()
        else:
            models[name] = ours(
                sources, encode_chunk=chunk, recompute=recompute
            )
    return models


def measure(name, model, inputs):
    """Seconds of a step, and bytes of what it keeps for its backward pass."""
    n_views, chunk, way, recompute = VARIANTS[name]
    if way == "cached":
        inputs = cache(model.encoders["audio"], inputs)
    contrastive = TurboLoss() if n_views == 2 else None
    loss = JointLoss(contrastive, lambda_ce=0.5 if contrastive else 1)
    targets = torch.arange(len(inputs[0])) % 4
    model.zero_grad()
    start = time.perf_counter()
    outputs, kept = run_and_count(
        lambda: model(*inputs, n_views=n_views), model, inputs
    )
    loss(outputs, targets)[0].backward()
    seconds = time.perf_counter() - start
    del outputs
    if recompute:
        kept += bytes_again(model, inputs, n_views)
    model.zero_grad()
    give_back_memory()
    return seconds, kept


def cache(encoder, inputs):
    """What `cache_features` gives in place of the waveforms."""
    wavs, relative, *words = inputs
    lengths = (relative * wavs.shape[1]).round().int().tolist()
    with torch.no_grad():
        features = [
            encoder.convolve(wav[None, :n], [n])[0][0]
            for wav, n in zip(wavs, lengths)
        ]
    padded = torch.nn.utils.rnn.pad_sequence(features, batch_first=True)
    frames = torch.tensor([len(own) for own in features])
    return padded, frames / padded.shape[1], *words


def run_and_count(run, model, inputs):
    """A forward pass, and the bytes of what autograd saves of it beside weights
    and inputs, each storage once.
    """
    kept = {}
    given = [p for p in [*model.parameters(), *inputs] if torch.is_tensor(p)]
    own = {tensor.untyped_storage().data_ptr() for tensor in given}

    def keep(tensor):
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor.detach()  # else a cycle, and never freed

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda x: x):
        outputs = run()
    size = sum(size for where, size in kept.items() if where not in own)
    return outputs, size


def bytes_again(model, inputs, n_views):
    """With recomputation: the inputs of all chunks, and the most that one of
    them keeps while its backward pass runs.
    """
    given, largest = 0, 0
    for encoder, part, lengths in chunks_of(model, inputs, n_views):
        part, lengths = encoder.frozen_prefix(part, lengths)
        given += part.untyped_storage().nbytes()
        run = functools.partial(encoder.embed, part, lengths, n_views)
        largest = max(largest, run_and_count(run, model, [part])[1])
    return given + largest


def chunks_of(model, inputs, n_views):
    """What the encoders are given, chunk by chunk."""
    found = []
    encoding.checkpoint, original = note_in(found), encoding.checkpoint
    try:
        with torch.no_grad():
            model(*inputs, n_views=n_views)
    finally:
        encoding.checkpoint = original
    return found


def note_in(found):
    """In place of torch's checkpoint: note its inputs, then run them."""

    def run(embed, part, lengths, n_views, **_):
        found.append((embed.__self__, part, lengths))
        return embed(part, lengths, n_views)

    return run


def print_progress(number, n, found):
    """A line a batch, apart from the tables."""
    last = " ".join(f"{steps[-1][0]:.2f}" for steps in found.values())
    print(f"batch {number} of {n}: {last} s", file=sys.stderr, flush=True)


def print_measured(found, batches, threads):
    """The table of times and bytes, and of FLOPs at this width."""
    n = len(found[STOCK])
    print(
        f"\n{processor()}, {threads} thread(s): {n} batches, a sixteenth as "
        f"wide ({RATE} Hz), medians:\n"
    )
    head = ["", "FLOPs / stock", "s", "/ stock", "naive /", "saved MiB"]
    print_head([*head, "/ naive"])
    work = {
        name: statistics.mean(
            count(batch, VARIANTS[name], SCALED) for batch in batches
        )
        for name in found
    }
    for name, steps in found.items():
        pairs = zip(steps, found[STOCK], found[NAIVE])
        ratios = [(s / a, b / s) for (s, _), (a, _), (b, _) in pairs]
        seconds, kept = (statistics.median(x) for x in zip(*steps))
        _, naive = (statistics.median(x) for x in zip(*found[NAIVE]))
        stock, faster = (statistics.median(x) for x in zip(*ratios))
        cells = [f"{work[name] / work[STOCK]:.2f}"]
        cells += [f"{seconds:.2f}", f"{stock:.2f}", f"{faster:.1f}"]
        cells += [f"{kept / 2**20:,.0f}", f"{kept / naive:.3f}"]
        print_row([name, *cells])


if __name__ == "__main__":
    main()
