"""Turbo: multi-modal classification with contrastive learning, on SpeechBrain.

Authors
 * The turbo_sb developers 2026
"""

__version__ = "0.1.0"
