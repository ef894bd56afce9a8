"""Whether the weights that an encoder uses are the file's own.

Hugging Face and SpeechBrain draw at random what a file lacks.

Authors
 * The turbo_sb developers 2026
"""

import difflib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import torch
from speechbrain.utils.logger import get_logger

from turbo_sb.utils.errors import InputError

logger = get_logger(__name__)

WHOLE = (
    "config.json and the weights have to be of one model, and whole: fetch "
    "both again, or save the model by its save_pretrained"
)


def load_whole(
    read: Callable[[str], tuple[torch.nn.Module, dict]],
    unused: Sequence[str],
    where: str,
    layers: tuple[str, int],
) -> torch.nn.Module:
    """Load a model, all of whose used weights are in the file.

    `read` takes a prefix to leave out of the file's names, and returns the
    model and Hugging Face's loading info. `unused` are beginnings of names,
    and `layers` is where the model has its layers, and how many.
    """
    model, info = read("")
    lost = _used(info["missing_keys"], unused)
    if prefix := _wrapper(lost, info["unexpected_keys"]):
        logger.warning(
            f"{where}: the names of the weights begin with {prefix} in the "
            "file, which is left out, as of a wrapper around the model."
        )
        del model  # two are not needed at once
        model, info = read(prefix)
        lost = _used(info["missing_keys"], unused)
    if lost:
        raise InputError(_missing(where, lost, model, info, unused))
    if left := _beyond(info["unexpected_keys"], *layers):
        logger.warning(
            f"{where}: {left} weights of the file's layers are left out: "
            f"config.json has {layers[1]} layers, and the file has more."
        )
    _check_shapes(where, info["mismatched_keys"], unused)
    _check_finite(where, model, unused)
    return model


def fill(model: torch.nn.Module, state: dict) -> dict:
    """Load a state dict as Hugging Face loads a file; its loading info."""
    own = {name: value.shape for name, value in model.state_dict().items()}
    odd = {
        (name, value.shape, own[name])
        for name, value in state.items()
        if name in own and getattr(value, "shape", None) != own[name]
    }
    rest = {name: value for name, value in state.items() if name in own}
    for name, *_ in odd:
        del rest[name]
    model.load_state_dict(rest, strict=False)
    return {
        "missing_keys": own.keys() - state.keys(),
        "unexpected_keys": state.keys() - own.keys(),
        "mismatched_keys": odd,
    }


def _used(names, unused):
    return sorted(name for name in names if not name.startswith(tuple(unused)))


def _wrapper(lost: Iterable[str], others: Iterable[str]) -> str | None:
    """The one prefix under which a file has what is lost; None if not one."""
    others, found = list(others), Counter()
    for key in lost:
        ends = f".{key}"
        found.update(n.removesuffix(key) for n in others if n.endswith(ends))
    ranked = [*found.most_common(2), (None, 0), (None, 0)]
    return ranked[0][0] if ranked[0][1] > ranked[1][1] else None


def _beyond(names, path, depth):
    """How many weights are of a layer that the config does not have."""
    pattern = re.compile(rf"(?:^|\.){re.escape(path)}\.(\d+)\.")
    found = (pattern.search(name) for name in names)
    return sum(int(match[1]) >= depth for match in found if match)


def _missing(where, lost, model, info, unused):
    """The message: what is not there, and what is there in its place."""
    total = len(_used(model.state_dict(), unused))
    others = sorted(info["unexpected_keys"])
    like = difflib.get_close_matches(lost[0], others, n=1, cutoff=0)
    instead = f", such as {like[0]}" if like else ""
    return (
        f"{where}: {len(lost)} of the {total} weights that the encoder uses "
        f"are not in the file, first {lost[0]}; {len(others)} others are"
        f"{instead}. They would be drawn at random. {WHOLE}."
    )


def _check_shapes(where, mismatched, unused):
    """Reject used weights of another shape."""
    odd = sorted(
        (name, tuple(found), tuple(expected))
        for name, found, expected in mismatched
        if not name.startswith(tuple(unused))
    )
    if odd:
        name, found, expected = odd[0]
        raise InputError(
            f"{where}: {len(odd)} weights have another shape than config.json "
            f"says, first {name}: {found} in the file, not {expected}. {WHOLE}."
        )


def _check_finite(where, model, unused):
    """Reject used weights with NaN or infinite values."""
    named = model.named_parameters()
    odd = [
        name
        for name, value in named
        if not name.startswith(tuple(unused)) and not value.isfinite().all()
    ]
    if odd:
        raise InputError(
            f"{where}: {len(odd)} weights in the file have values that are NaN "
            f"or infinite, first {odd[0]}. No embedding could be computed: "
            "take another checkpoint."
        )
