"""turbo-sb predict.

Authors
 * The turbo_sb developers 2026
"""

import argparse
import dataclasses
import json
import sys
import tempfile
from pathlib import Path

from turbo_sb.cli.model import add_model_arguments, load, model_key

HELP = "classify recordings, a folder of them, or a manifest"
DESCRIPTION = """\
Classify recordings (any format, rate and number of channels; - is what comes
through a pipe), all recordings in a folder, or a manifest: a CSV with the
columns ID, wav and perhaps text, start and stop (s), with paths relative to it;
or a test.json of train.py.

Without words, a recogniser's are taken if the model has one (--asr); else the
audio alone is classified. Bad recordings and rows are named and skipped, and
the exit code is then 1. With --out, the same command continues a call that was
stopped."""
EPILOG = """\
examples:
  turbo-sb predict mine a.wav --text "so, that is it"
  turbo-sb predict mine recordings/ --out predictions.csv
  turbo-sb predict mine manifest.csv --data-folder /data --json"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add_model_arguments(parser)
    add("inputs", nargs="*", metavar="INPUT", help="recording, folder, table")
    add("--text", help="words of the one recording; without one, words alone")
    add("--out", metavar="CSV", help="write a table (default: to the screen)")
    add("--json", action="store_true", help="print one JSON object per line")
    add(
        "--data-folder",
        metavar="FOLDER",
        help="what a table's paths are relative to (default: its own folder)",
    )
    add(
        "--batch-size",
        type=int,
        default=64,
        metavar="N",
        help="utterances at once (default: %(default)s)",
    )


def run(options: argparse.Namespace) -> int:
    """Predict what the command line names; 1 if some could not be."""
    # Imported here, as in the other commands: --help need not wait for it.
    from turbo_sb.utils.installation import check_installation

    check_installation()
    from turbo_sb.inference.utterances import find_utterances
    from turbo_sb.utils.errors import InputError, some_of
    from turbo_sb.utils.escaping import printable

    utterances = find_utterances(
        options.inputs, options.text, options.data_folder
    )
    if not utterances:
        raise InputError("nothing to predict: give recordings, or --text.")
    if options.out:
        _check_out(Path(options.out), options.inputs)
    classifier = load(options)
    if options.out:
        found = _to_table(classifier, utterances, options)
    else:
        found = _to_screen(classifier, utterances, options)
    ordered = [found[utterance.name] for utterance in utterances]
    bad = [p for p in ordered if p.error is not None]
    if options.out and options.json:
        for prediction in ordered:
            _show(prediction, as_json=True)
    if options.out and not options.json:
        print(f"{len(ordered) - len(bad)} predictions in {options.out}")
        print(f"Next: turbo-sb app {options.model}")
    if bad:
        print(
            f"{len(bad)} of {len(ordered)} could not be used:\n"
            f"{some_of([printable(p.error) for p in bad])}",
            file=sys.stderr,
        )
    return 1 if bad else 0


def _check_out(out, inputs):
    """Check --out before a model is loaded: no input may be overwritten."""
    from turbo_sb.inference.journal import written
    from turbo_sb.utils.errors import InputError

    if out.is_dir():
        raise InputError(f"--out: {out} is a folder; expected a file.")
    if out.exists() and not out.is_file():
        raise InputError(
            f"--out: {out} is a pipe or a device, and would be replaced by a "
            "file. Without --out, predictions are printed."
        )
    if out.name.endswith((".errors", ".errors.csv", ".partial")):
        raise InputError(
            f"--out: {out} is the name of a list beside a table. Give another."
        )
    read = {Path(path).resolve() for path in inputs}
    if both := [path for path in written(out) if path in read]:
        raise InputError(f"--out: {both[0]} is what is read. Give another.")
    _check_writable(out)


def _check_writable(out):
    """Write to the folder, or to the one that it will be made in."""
    from turbo_sb.utils.errors import InputError

    folder = next(place for place in out.absolute().parents if place.exists())
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise InputError(
            f"--out: {out} cannot be written: {folder}: {error.strerror}."
        ) from error


def _to_screen(classifier, utterances, options):
    """Print one batch in order; more, as they are ready."""
    if len(utterances) <= options.batch_size:
        found = _predict_all(classifier, utterances, options)
        for utterance in utterances:
            _show(found[utterance.name], options.json)
        return found
    return _predict_all(
        classifier,
        utterances,
        options,
        lambda _, prediction: _show(prediction, options.json),
    )


def _show(prediction, as_json):
    from turbo_sb.utils.escaping import printable

    if as_json or prediction.error is None:
        # IDs, texts and labels are others'; JSON means the same when escaped.
        print(printable(_line(prediction, as_json)), flush=True)


def _predict_all(classifier, utterances, options, note=None):
    """Map names to predictions; `note` gets each as it is ready."""
    from turbo_sb.inference.prediction import predict

    by_name, found = {u.name: u for u in utterances}, {}
    show = len(utterances) > 1 and sys.stderr.isatty()
    for prediction in predict(
        classifier, utterances, options.batch_size, progress=show
    ):
        found[prediction.name] = prediction
        if note:
            note(by_name[prediction.name], prediction)
    return found


def _to_table(classifier, utterances, options):
    """Predict into a table, with a journal beside it."""
    from turbo_sb.inference.journal import Journal

    with Journal(options.out, model_key(classifier, options)) as journal:
        found = journal.done(utterances)
        if found:
            print(f"{len(found)} were predicted before", file=sys.stderr)
        rest = [u for u in utterances if u.name not in found]
        found.update(_predict_all(classifier, rest, options, journal.add))
        ordered = [found[utterance.name] for utterance in utterances]
        journal.end(ordered, classifier.labels)
    return found


def _line(prediction, as_json):
    if as_json:
        facts = dataclasses.asdict(prediction)
        facts = {"ID": facts.pop("name"), **facts}
        if prediction.error is None:
            del facts["error"]
        else:
            facts = {"ID": facts["ID"], "error": facts["error"]}
        # Where a console's errors are escaped, what it escapes is no JSON.
        wide = str(sys.stdout.encoding).lower().startswith("utf")
        return json.dumps(facts, ensure_ascii=not wide)
    shares = sorted(prediction.probabilities.items(), key=lambda x: -x[1])
    listed = "  ".join(f"{label} {p:.3f}" for label, p in shares)
    used = " and ".join(prediction.used)
    return f"{prediction.name}: {prediction.label}  ({listed}; from {used})"
