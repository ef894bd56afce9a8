"""Gradio, an extra that only the page needs.

Authors
 * The turbo_sb developers 2026
"""

import importlib.util
import os
from types import ModuleType

from turbo_sb.utils.errors import InputError

# Gradio would count its users, look for a newer version of itself, and keep
# what was classified in the browser.
PRIVATE = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_RUN_HISTORY": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}
MISSING = (
    'the page needs gradio, which cannot be imported ({}): pip install "'
    'gradio>=6.31,<7".'
)


def check_gradio() -> None:
    """Raise an InputError if gradio is not installed; import nothing."""
    if importlib.util.find_spec("gradio") is None:
        raise InputError(MISSING.format("it is not installed"))


def need_gradio() -> ModuleType:
    """Import gradio with its telemetry off."""
    os.environ.update(PRIVATE)
    try:
        import gradio
    except ImportError as error:
        raise InputError(MISSING.format(error)) from error
    return gradio
