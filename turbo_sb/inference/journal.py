"""A journal of predictions, so that a stopped call can continue.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
import dataclasses
import hashlib
import json
from pathlib import Path

from turbo_sb.data.csv_table import write_rows
from turbo_sb.inference.prediction import Prediction
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.files import hold
from turbo_sb.utils.logs import get_logger
from turbo_sb.utils.paths import spelled

logger = get_logger(__name__)


class Journal:
    """A file of one JSON line per prediction, beside the table `out`.

    A journal with another `key` (of another model) is started again. Each line
    has a checksum; the first that does not fit ends what is believed.
    """

    def __init__(self, out, key):
        self.out, self.path, self.errors = written(out)
        self.lock = self.out.with_name(f".{self.out.name}.lock")
        self.key, self.lines = key, {}
        self.held = contextlib.ExitStack()

    def __enter__(self):
        try:
            self.out.parent.mkdir(parents=True, exist_ok=True)
            self.file = open(self.path, "ab+")
        except OSError as error:
            raise InputError(
                f"{self.path}: cannot be written ({error.strerror})."
            ) from error
        try:
            self._lock()
            self._read()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.file.close()
        if not self.path.exists():  # complete: nobody waits to go on with it
            with contextlib.suppress(OSError):  # Windows: it is open
                self.lock.unlink()
        self.held.close()

    def _lock(self):
        """In a file of its own: Windows lets nobody read a locked one."""
        busy = (
            f"{self.out}: another process writes it. Wait until it ends, or "
            "give another --out."
        )
        self.held.enter_context(hold(self.lock, busy))

    def _read(self):
        """Read the lines of an earlier call, up to one that does not fit."""
        self.file.seek(0)
        end, found = 0, []
        for line in self.file:
            entry = self._entry(line)
            # The first one says of which model they are.
            if entry is None or bool(found) != ("utterance" in entry):
                self._say_cut(len(found) + 1, line)
                break
            found.append(entry)
            end += len(line)
        self.file.truncate(end)
        if not found:
            self._write({"key": self.key})
        self.lines = {line["utterance"]["name"]: line for line in found[1:]}

    def _say_cut(self, number, line):
        """Say from where a journal is not believed, and why, if it is odd."""
        killed_within = not line.endswith(b"\n")
        with contextlib.suppress(
            KeyError, ValueError, TypeError, RecursionError
        ):
            _, entry = json.loads(line)
            if number == 1 and entry["key"] != self.key:
                return  # of another model, which is no damage
        if not killed_within:
            logger.warning(
                f"{self.path}: line {number} is not as it was written. It and "
                "what follows it are not used: that is predicted again."
            )

    def _entry(self, line):
        """Parse a line; None if it is incomplete, changed or of another key."""
        try:
            sum_, *rest = json.loads(line) if line.endswith(b"\n") else [None]
            return rest[0] if rest and sum_ == self._sum(rest[0]) else None
        except (ValueError, TypeError, RecursionError):
            return None

    def _sum(self, entry):
        """Of what a line says, and of the model that it was found with."""
        text = json.dumps([self.key, entry], ensure_ascii=False)
        content = text.encode("utf-8", "surrogatepass")
        return hashlib.sha256(content).hexdigest()[:16]

    def _write(self, line):
        text = json.dumps([self._sum(line), line], ensure_ascii=False) + "\n"
        try:
            # The name of a file may be anything, also no UTF-8.
            self.file.write(text.encode("utf-8", "surrogatepass"))
            self.file.flush()
        except OSError as error:
            raise InputError(
                f"{self.path}: cannot be written ({error.strerror}). Make "
                "room; the same command goes on."
            ) from error

    def add(self, utterance, prediction) -> None:
        """Write a prediction, unless it is an error, which is tried again."""
        if prediction.error is None:
            line = {
                "utterance": _facts(utterance),
                "prediction": dataclasses.asdict(prediction),
            }
            self.lines[utterance.name] = line
            self._write(line)

    def done(self, utterances) -> dict:
        """Map the names of unchanged utterances to their predictions."""
        found = {}
        for utterance in utterances:
            line = self.lines.get(utterance.name)
            if line and line["utterance"] == _facts(utterance):
                found[utterance.name] = Prediction(**line["prediction"])
        return found

    def end(self, predictions, labels) -> None:
        """Write the table, and a table of the errors if there are any."""
        good = [p for p in predictions if p.error is None]
        bad = [p for p in predictions if p.error is not None]
        header = ["ID", "prediction", "score", "used", "text"]
        header += [f"p_{label}" for label in labels]
        rows = [
            [p.name, p.label, p.score, "+".join(p.used), p.text]
            + [p.probabilities[label] for label in labels]
            for p in good
        ]
        write_rows(self.out, [header, *rows])
        self.errors.unlink(missing_ok=True)
        if bad:
            rows = [[p.name, p.error] for p in bad]
            write_rows(self.errors, [["ID", "error"], *rows])
        else:
            self.path.unlink(missing_ok=True)


def written(out: str | Path) -> tuple[Path, Path, Path]:
    """Return the paths of the table, its journal, and its list of errors.

    No two tables share one: a.csv has a.errors.csv, a.tsv a.tsv.errors.
    """
    out = Path(out).resolve()
    is_csv = out.suffix == ".csv"
    errors = f"{out.stem}.errors.csv" if is_csv else f"{out.name}.errors"
    journal = out.with_name(f"{out.name}.partial")
    return out, journal, out.with_name(errors)


def _facts(utterance):
    """Describe an utterance and its file, with size and time."""
    facts = dataclasses.asdict(utterance)
    del facts["problem"]  # one that has any is in no journal
    if utterance.wav is not None:
        path = Path(utterance.wav).resolve()
        found = path.stat() if path.exists() else None
        facts["wav"] = spelled(path)
        facts["file"] = found and [found.st_size, found.st_mtime_ns]
    return facts
