"""SpeechBrain's Hugging Face lobes as utterance-level encoders with views."""

from turbo_sb.encoders.audio import AudioEncoder
from turbo_sb.encoders.text import TextEncoder

__all__ = ["AudioEncoder", "TextEncoder"]
