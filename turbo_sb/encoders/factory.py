"""Build an encoder of the class that its config asks for.

Authors
 * The turbo_sb developers 2026
"""

from turbo_sb.encoders.audio import KEY, AudioEncoder
from turbo_sb.encoders.base import config_of
from turbo_sb.encoders.families import AUDIO, TEXT, find_family
from turbo_sb.encoders.text import KEY as TEXT_KEY
from turbo_sb.encoders.text import TextEncoder
from turbo_sb.encoders.whisper import WhisperEncoder
from turbo_sb.utils.errors import InputError


def make_audio_encoder(
    source: str,
    pretrained: bool = True,
    sample_rate: int | None = None,
    **settings,
) -> AudioEncoder | WhisperEncoder:
    """Build a wav2vec 2.0, HuBERT, WavLM or Whisper encoder.

    Arguments
    ---------
    source : str
        Hub name or local folder.
    pretrained : bool
        False builds it from a folder that `save_config` wrote.
    sample_rate : int, optional
        Of the waveforms, in Hz.
    **settings
        Of `AudioEncoder` or `WhisperEncoder`. A setting that only the other
        one has must keep its default.

    Returns
    -------
    encoder : AudioEncoder or WhisperEncoder

    Raises
    ------
    InputError
        If it cannot be loaded, is of another architecture, or does not have
        a setting.

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
        _leave("feature_dropout", None, settings, name)
        encoder = WhisperEncoder(source, pretrained=pretrained, **settings)
    else:
        _leave("whisper_window", "full", settings, name)
        encoder = AudioEncoder(source, pretrained=pretrained, **settings)
    if sample_rate not in (None, encoder.sample_rate):
        raise InputError(
            f"sample_rate: {sample_rate} Hz, and {KEY}: {source} was trained "
            f"at {encoder.sample_rate} Hz. Use "
            f"--sample_rate={encoder.sample_rate}: recordings are resampled."
        )
    return encoder


def _leave(key, default, settings, name):
    """Remove a setting that this encoder does not have."""
    value = settings.pop(key, default)
    if value != default:
        raise InputError(
            f"{key}: {value}: {name} does not have this setting. Leave it at "
            f"{'null' if default is None else default}."
        )


def make_text_encoder(
    source: str, pretrained: bool = True, **settings
) -> TextEncoder:
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
    # Without running a checkpoint's own code.
    find_family(config_of(source, TEXT_KEY, pretrained), TEXT, TEXT_KEY)
    return TextEncoder(source, pretrained=pretrained, **settings)
