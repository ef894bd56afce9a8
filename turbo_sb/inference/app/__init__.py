"""A local page to try a model on: record, edit the words, look."""

import lazy_loader

# A name is imported when it is used: the decoder's process needs no torch.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "extra": ["check_gradio", "need_gradio"],
        "server": ["serve"],
    },
)
