"""What visitors upload: decoded once, apart from here, and deleted then.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

from turbo_sb.data.audio_io import read_unprepared
from turbo_sb.inference.app.decoder import read_apart
from turbo_sb.utils.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

LONGEST = 600.0  # s
KEPT = 4  # signals: to edit the words of a recording, and classify it again


class Recordings:
    """Read the uploads of one folder; a file is deleted when it is read."""

    def __init__(self, classifier, folder):
        self.classifier, self.folder = classifier, Path(folder).resolve()
        self.signals, self.lock = OrderedDict(), threading.Lock()

    def load_audio(self, path) -> "Tensor":
        """Return the signal, (samples,), as the classifier's own does."""
        path = self.own(path)
        with self.lock:
            if path.is_file():
                self.signals.pop(path, None)
                try:
                    self.signals[path] = self._read(path)
                finally:
                    _delete(path)
            elif path not in self.signals:
                raise InputError(
                    f"{path}: no longer kept. Record it, or upload it, again."
                )
            self.signals.move_to_end(path)
            while len(self.signals) > KEPT:
                self.signals.popitem(last=False)
            return self.signals[path]

    def own(self, path) -> Path:
        """Return a path, if it is one of an upload; links are followed."""
        found = Path(path).resolve()
        if self.folder not in found.parents:
            raise InputError(f"{Path(path).name}: no upload of this page.")
        return found

    def _read(self, path):
        normalizer = self.classifier.audio_normalizer
        signal = read_unprepared(
            path, normalizer, longest=LONGEST, read=read_apart
        )
        if self.classifier.equalizer:
            signal = self.classifier.equalizer(signal, path.stem)
        return signal


def _delete(path):
    path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # another upload is in it
        path.parent.rmdir()
