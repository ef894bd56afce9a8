"""SpeechBrain's Hugging Face lobes as utterance-level encoders with views."""

from turbo_sb.encoders.audio import AudioEncoder
from turbo_sb.encoders.factory import make_audio_encoder, make_text_encoder
from turbo_sb.encoders.text import TextEncoder
from turbo_sb.encoders.whisper import WhisperEncoder

__all__ = [
    "AudioEncoder",
    "TextEncoder",
    "WhisperEncoder",
    "make_audio_encoder",
    "make_text_encoder",
]
