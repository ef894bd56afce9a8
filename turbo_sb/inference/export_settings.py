"""inference.yaml of an export: plain data, bounded before it is believed.

Authors
 * The turbo_sb developers 2026
"""

from pathlib import Path

import ruamel.yaml

from turbo_sb.utils.errors import InputError
from turbo_sb.utils.escaping import has_controls

SETTINGS, CARD = "inference.yaml", "README.md"
FORMAT = 1
OLD_SETTING = "placeholder"  # of models that may have learnt one
MODALITIES = (["audio", "text"], ["audio"], ["text"])
NUMBER = (int, float)
# Field of inference.yaml to its kinds.
FIELDS = {
    "format": (int,),
    "version": (str,),
    "labels": (list,),
    "sample_rate": (int,),
    "window_seconds": NUMBER,
    "empty_text": (str,),
    "model": (dict,),
    "audio": (dict, type(None)),
    "text": (dict, type(None)),
    "equalizer": (dict, type(None)),
    "asr": (str, dict, type(None)),
}
# What is in the fields that are mappings and reach a constructor.
PARTS = {
    "model": {
        "modalities": (list,),
        "projection": (bool,),
        "projection_dim": (int,),
        "modality_dropout": NUMBER,
        "feature_norm": (list,),
        OLD_SETTING: (str,),
    },
    "audio": {"layer_sum": (bool,), "whisper_window": (str,)},
    "text": {"layer_sum": (bool,), "pooling": (str,)},
}
# Of numbers: a recording is resampled to the rate, and cut by the window.
BOUNDS = {"sample_rate": (1000, 192_000), "window_seconds": (0.1, 86_400)}
# Of the file: some 7,000 classes take half of each.
MOST_BYTES, MOST_EVENTS, DEEPEST = 2**17, 15_000, 8
DISTRUST = (
    "An export's YAML is plain data, and nothing in it is run: do not trust a "
    "folder that has more."
)


def read_settings(path: Path) -> dict:
    """Read a YAML without tags, and check its fields."""
    settings = _read_plain(path)
    if not isinstance(settings, dict):
        raise InputError(f"{path}: expected a mapping, it is {settings!r:.60}.")
    if "format" not in settings:
        raise InputError(
            f"{path}: no format in it; expected what `turbo-sb export` writes."
        )
    if settings["format"] != FORMAT:
        raise InputError(
            f"{path}: format {settings['format']!r:.60}; this version of "
            f"turbo_sb reads {FORMAT}. It was written by turbo_sb "
            f"{settings.get('version')!s:.60}: install that one."
        )
    _check_kinds(path, settings, FIELDS)
    if unknown := sorted(set(map(str, settings)) - set(FIELDS)):
        raise InputError(f"{path}: keys that nothing reads: {unknown!s:.200}.")
    for field, kinds in PARTS.items():
        own = settings[field] or {}
        _check_kinds(f"{path}: {field}", {k: own.get(k) for k in own}, kinds)
    _check_values(path, settings)
    return settings


def _check_kinds(where, settings, fields):
    """Reject a value of another kind; a part's keys may be absent."""
    whole = fields is FIELDS
    for field in fields if whole else settings:
        value, kinds = settings.get(field), fields.get(field)
        if kinds is None:
            raise InputError(
                f"{where}: {field!s:.60}: a key that nothing reads; expected "
                f"some of {sorted(fields)}."
            )
        if type(value) not in kinds:
            names = " or ".join(kind.__name__ for kind in kinds)
            raise InputError(
                f"{where}: {field}: {value!r:.60}; expected {names}."
            )


def _check_values(path, settings):
    for field, (low, high) in BOUNDS.items():
        if not low <= settings[field] <= high:
            raise InputError(
                f"{path}: {field}: {settings[field]!r:.60}; expected {low} to "
                f"{high}."
            )
    labels = settings["labels"]
    words = [label for label in labels if isinstance(label, str)]
    if not labels or len(set(words)) < len(labels):
        raise InputError(
            f"{path}: labels: {labels!r:.200}; expected different words."
        )
    if odd := [label for label in labels if has_controls(label)]:
        raise InputError(
            f"{path}: labels: {odd[0]!r:.60} has a control character. "
            f"{DISTRUST}"
        )
    found = settings["model"].get("modalities")
    if found not in MODALITIES:
        raise InputError(
            f"{path}: model: modalities: {found!r:.60}; expected one of "
            f"{MODALITIES}."
        )


def _read_plain(path):
    """Read a YAML that is no larger, deeper or stranger than an export's."""
    try:
        with open(path, "rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise InputError(f"{path}: more than {MOST_BYTES} bytes.")
        text = content.decode("utf-8")
        _check_events(path, text)
        return ruamel.yaml.YAML(typ="safe", pure=True).load(text)
    except InputError:
        raise
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror})."
        ) from error
    except Exception as error:  # beside its own, ruamel lets Python's through
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        raise InputError(f"{path}: {line}{problem:.200}. {DISTRUST}") from error


def _check_events(path, text):
    """Reject aliases, which may stand for 2^n values, and depth and length."""
    depth = 0
    events = ruamel.yaml.YAML(typ="safe", pure=True).parse(text)
    for number, event in enumerate(events, start=1):
        line = event.start_mark.line + 1
        if getattr(event, "anchor", None) is not None:
            raise InputError(
                f"{path}: line {line}: an anchor or an alias. {DISTRUST}"
            )
        depth += isinstance(event, ruamel.yaml.events.CollectionStartEvent)
        depth -= isinstance(event, ruamel.yaml.events.CollectionEndEvent)
        if depth > DEEPEST or number > MOST_EVENTS:
            raise InputError(
                f"{path}: line {line}: deeper or longer than an export's. "
                f"{DISTRUST}"
            )
