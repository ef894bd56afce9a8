"""espeak-ng by ctypes: what moves the sound, and that nothing else does."""

import sys

import numpy as np
import pytest

from tests import forks
from turbo_sb.demo.espeak import SAMPLE_RATE, VOICES, synthesise
from turbo_sb.utils.errors import InputError

TEXT = "I think the letter was fine and pleasant."


def loudness(samples):
    return np.sqrt(np.mean(samples**2))


def fundamental(samples):
    """Return F0 in hertz of the loud frames: peaks of the autocorrelation."""
    frames = samples[: len(samples) // 800 * 800].reshape(-1, 800)
    energy = (frames**2).mean(axis=1)
    values = []
    for frame in frames[energy > np.median(energy)]:
        correlation = np.correlate(frame, frame, "full")[799:]
        lags = correlation[SAMPLE_RATE // 500 : SAMPLE_RATE // 60]
        values.append(SAMPLE_RATE / (SAMPLE_RATE // 500 + lags.argmax()))
    return np.array(values)


class TestForm:
    @pytest.mark.parametrize("voice", VOICES)
    def test_every_voice_speaks(self, voice):
        samples = synthesise(TEXT, voice=voice)
        assert samples.dtype == np.float32 and samples.ndim == 1
        assert 1.5 < len(samples) / SAMPLE_RATE < 4
        assert loudness(samples) > 0.02 and np.abs(samples).max() <= 1

    def test_voices_differ(self):
        spoken = {synthesise(TEXT, voice=voice).tobytes() for voice in VOICES}
        assert len(spoken) == len(VOICES)

    def test_nothing_to_say_is_nothing_or_silence(self):
        assert not synthesise("").any()


class TestProsody:
    def test_rate_shortens(self):
        lengths = [len(synthesise(TEXT, rate=r)) for r in (100, 155, 235, 300)]
        assert lengths == sorted(lengths, reverse=True)
        assert lengths[0] > 2 * lengths[3]

    def test_volume_makes_louder(self):
        louder = [loudness(synthesise(TEXT, volume=v)) for v in (70, 100, 150)]
        assert louder[1] / louder[0] == pytest.approx(100 / 70, rel=0.1)
        assert 1.2 < louder[2] / louder[1] < 1.6

    @pytest.mark.parametrize("voice", ["f1", "m1"])
    def test_pitch_raises_the_fundamental(self, voice):
        low, high = (
            np.median(fundamental(synthesise(TEXT, voice, pitch=pitch)))
            for pitch in (20, 80)
        )
        assert high > 1.2 * low

    def test_pitch_range_spreads_the_fundamental(self):
        narrow, wide = (
            np.subtract(
                *np.percentile(
                    fundamental(synthesise(TEXT, "m1", pitch_range=value)),
                    [80, 20],
                )
            )
            for value in (5, 95)
        )
        assert wide > 2 * narrow


class TestDeterminism:
    def test_what_was_said_before_does_not_matter(self):
        first = synthesise(TEXT, "f4", rate=200)
        synthesise("Something else, at length!", "m7", 90, 99, 99, 200)
        np.testing.assert_array_equal(synthesise(TEXT, "f4", rate=200), first)

    @pytest.mark.slow
    def test_another_process_says_the_same(self):
        code = (
            "from turbo_sb.demo.espeak import synthesise; "
            f"print(synthesise({TEXT!r}, 'm4').tobytes().hex())"
        )
        other = forks.run(["-c", code])
        expected = synthesise(TEXT, "m4").tobytes().hex()
        assert other.stdout == f"{expected}\n"


class TestErrors:
    def test_without_the_wheel_says_what_to_install(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "espeakng_loader", None)
        with pytest.raises(InputError, match="pip install espeakng-loader"):
            synthesise(TEXT)

    def test_without_its_data_names_the_path(self, monkeypatch):
        import espeakng_loader

        nowhere = "/nowhere/" + "d" * 200
        monkeypatch.setattr(espeakng_loader, "get_data_path", lambda: nowhere)
        with pytest.raises(InputError, match="/nowhere/"):
            synthesise(TEXT)

    @pytest.mark.parametrize(
        "setting",
        [
            {"voice": "f9"},
            {"rate": 79},
            {"pitch": 100},
            {"pitch_range": -1},
            {"volume": 201},
        ],
    )
    def test_what_espeak_would_replace_is_refused(self, setting):
        with pytest.raises(ValueError, match=next(iter(setting))):
            synthesise(TEXT, **setting)
