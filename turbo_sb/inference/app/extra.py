"""Gradio, an extra that only the page needs.

Authors
 * The turbo_sb developers 2026
"""

import functools
import os
import tempfile
from types import ModuleType

from turbo_sb.utils.errors import InputError

# Gradio would count its users, look for a newer version of itself, and keep
# what was classified in the browser.
PRIVATE = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_RUN_HISTORY": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}


@functools.cache
def _folder():
    """Return a folder for recordings, deleted with the process."""
    return tempfile.TemporaryDirectory(prefix="turbo_sb_app_")


def need_gradio() -> ModuleType:
    """Import gradio with its telemetry off."""
    os.environ.update(PRIVATE)
    if "GRADIO_TEMP_DIR" not in os.environ:
        os.environ["GRADIO_TEMP_DIR"] = _folder().name
    try:
        import gradio
    except ImportError as error:
        raise InputError(
            f"the page needs gradio, which cannot be imported ({error}): "
            'pip install "gradio>=6.31,<7".'
        ) from error
    return gradio
