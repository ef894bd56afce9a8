"""An encoder by its name alone: its config says which class it takes.

Authors
 * The turbo_sb developers 2026
"""

from turbo_sb.encoders.audio import KEY, AudioEncoder
from turbo_sb.encoders.base import config_of
from turbo_sb.encoders.families import AUDIO, find_family
from turbo_sb.encoders.text import TextEncoder
from turbo_sb.encoders.whisper import WhisperEncoder
from turbo_sb.errors import InputError

DEFAULT_WINDOW = "full"


def make_audio_encoder(source, pretrained=True, **settings):
    """Build a wav2vec 2.0, HuBERT, WavLM or Whisper encoder.

    Arguments
    ---------
    source : str
        Hub name or local folder.
    pretrained : bool
        False builds it from a folder of `save_config` alone.
    **settings
        Of `AudioEncoder` and `WhisperEncoder`: what only the other has must
        be left at its default.

    Returns
    -------
    encoder : AudioEncoder or WhisperEncoder

    Raises
    ------
    InputError
        If it cannot be loaded, is of another architecture, or cannot do what
        the settings ask of it.

    Example
    -------
    >>> from turbo_sb.demo.encoders import build_encoders
    >>> audio, text = build_encoders(getfixture("tmp_path"))
    >>> make_audio_encoder(audio, layer_sum=True).inference_settings()
    {'layer_sum': True}
    """
    config = config_of(source, KEY, pretrained)
    name = find_family(config, AUDIO, KEY).name
    if config.model_type == "whisper":
        if settings.pop("feature_dropout", None) is not None:
            raise InputError(
                f"feature_dropout: {name} has no dropout of its own behind its "
                "convolutions. Leave it at null."
            )
        return WhisperEncoder(source, pretrained=pretrained, **settings)
    window = settings.pop("whisper_window", DEFAULT_WINDOW)
    if window != DEFAULT_WINDOW:
        raise InputError(
            f"whisper_window: {window}: {source} is no Whisper but {name}. "
            f"Leave it at {DEFAULT_WINDOW}."
        )
    return AudioEncoder(source, pretrained=pretrained, **settings)


def make_text_encoder(source, pretrained=True, **settings):
    """Build a text encoder.

    Arguments
    ---------
    source : str
        Hub name or local folder.
    pretrained : bool
        As in `make_audio_encoder`.
    **settings
        Of `TextEncoder`.

    Returns
    -------
    encoder : TextEncoder

    Example
    -------
    >>> from turbo_sb.demo.encoders import build_encoders
    >>> audio, text = build_encoders(getfixture("tmp_path"))
    >>> make_text_encoder(text).inference_settings()
    {'layer_sum': False, 'pooling': 'cls'}
    """
    return TextEncoder(source, pretrained=pretrained, **settings)
