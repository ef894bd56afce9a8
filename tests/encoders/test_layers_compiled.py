"""Compiled layers: few graphs, the same numbers, the same names."""

import pytest
import torch

from tests.encoders.cases import CASES, embed, make, utterances
from tests.encoders.families import AUDIO, TEXT
from turbo_sb.encoders.layers import compile_layers

pytestmark = pytest.mark.slow

LENGTHS = [(8000, 9), (16000, 5), (4800, 3), (11200, 7)]


def run(model, wavs, tokens, n_views):
    """The logits of a batch in chunks of which one has padding."""
    rows = len(wavs)
    lens = torch.linspace(0.5, 1, rows)
    return model(wavs, lens, tokens, lens, n_views)["logits"]


@pytest.fixture
def batches():
    generator = torch.Generator().manual_seed(0)
    return [
        (
            torch.randn(6, samples, generator=generator),
            torch.randint(10, 60, (6, tokens), generator=generator),
        )
        for samples, tokens in LENGTHS
    ]


@pytest.mark.parametrize("recompute", [True, False])
def test_few_graphs_and_the_same_numbers(make_model, batches, recompute):
    """Each batch is cut into chunks of other sizes."""
    torch.compiler.reset()
    graphs = []

    def backend(graph, _):
        graphs.append(graph)
        return graph.forward

    settings = {"dropout": 0.0, "encode_chunk": 2.0, "recompute": recompute}
    plain, compiled = make_model(**settings), make_model(**settings)
    compiled.load_state_dict(plain.state_dict())
    for encoder in compiled.encoders.values():
        compile_layers(encoder.model, backend=backend)
    for batch in batches:
        found = []
        for model in (plain, compiled):
            model.train().zero_grad()
            logits = run(model, *batch, n_views=2)
            logits.square().sum().backward()
            gradients = [p.grad for p in model.parameters() if p.requires_grad]
            with torch.no_grad():
                evaluated = run(model.eval(), *batch, n_views=1)
            found.append([logits, evaluated, *gradients])
        torch.testing.assert_close(*found, rtol=1e-5, atol=1e-6)
    # Without sizes as variables, they are 8: torch then gives up.
    assert 2 <= len(graphs) <= 6


@pytest.mark.parametrize("family", [*AUDIO, *TEXT])
@pytest.mark.parametrize("layer_sum", [False, True])
def test_each_familys_layers_are_compiled(family_folder, family, layer_sum):
    """Hidden states are still seen, and names are as before."""
    torch.compiler.reset()
    ran = []

    def backend(graph, _):
        def run_graph(*inputs):
            ran.append(graph)
            return graph.forward(*inputs)

        return run_graph

    assert family in CASES
    encoder = make(family, family_folder, layer_sum=layer_sum).eval()
    names, items = list(encoder.state_dict()), utterances(encoder)[:3]
    with torch.no_grad():
        expected = embed(encoder, items)
        compile_layers(encoder.model, backend=backend)
        found = embed(encoder, items)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)
    assert len(ran) >= 2  # two layers
    assert list(encoder.state_dict()) == names
