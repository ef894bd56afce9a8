"""Corpora of device-directed and other speech, in their published layouts.

A reader lists a corpus without opening its audio; `build_corpus` makes one
balanced corpus of several.

Authors
 * The turbo_sb developers 2026
"""

import lazy_loader

# A name is imported when it is used: what reads tables need not wait for torch.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "ami": ["read_ami"],
        "base": ["Utterance"],
        "builder": ["READERS", "build_corpus"],
        "fluent_speech_commands": ["read_fluent"],
        "librispeech": ["read_librispeech"],
        "slurp": ["read_slurp"],
        "timers_and_such": ["read_timers"],
    },
)
