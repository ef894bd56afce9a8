"""Corpora of device-directed and other speech, in the layouts people have.

Each reader lists a corpus without opening its audio; `build_corpus` makes one
balanced folder of several.

Authors
 * The turbo_sb developers 2026
"""

from turbo_sb.data.corpora.ami import read_ami
from turbo_sb.data.corpora.build import READERS, build_corpus
from turbo_sb.data.corpora.fluent import read_fluent
from turbo_sb.data.corpora.librispeech import read_librispeech
from turbo_sb.data.corpora.slurp import read_slurp
from turbo_sb.data.corpora.timers import read_timers
from turbo_sb.data.corpora.utterance import Utterance

__all__ = [
    "READERS",
    "Utterance",
    "build_corpus",
    "read_ami",
    "read_fluent",
    "read_librispeech",
    "read_slurp",
    "read_timers",
]
