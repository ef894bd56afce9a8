"""A local page to try a model on: record, edit the words, look."""

from turbo_sb.inference.app.extra import need_gradio
from turbo_sb.inference.app.server import serve

__all__ = ["need_gradio", "serve"]
