"""Whisper's spectrograms, windows, frames and frozen parts."""

import pytest
import torch
from transformers import AutoFeatureExtractor, WhisperFeatureExtractor

from tests.encoders.cases import difference, embed, make, pad
from turbo_sb.encoders.dropout import log_dropout
from turbo_sb.encoders.whisper_frontend import log_mel
from turbo_sb.training.cached_features import reason_against

SECOND = 16000  # samples; a whole window of the tiny checkpoint


def noise(*lengths):
    generator = torch.Generator().manual_seed(2)
    return [torch.randn(n, generator=generator) for n in lengths]


@pytest.fixture
def make_whisper(family_folder):
    def make_one(**settings):
        return make("whisper", family_folder, **settings)

    return make_one


class TestSpectrogram:
    @pytest.mark.parametrize("samples", [480000, 479990, 200000, 401, 1])
    def test_is_that_of_hugging_face(self, samples):
        """Of 30 s, with the real sizes, also of a quiet recording."""
        extractor = WhisperFeatureExtractor()
        wav = 0.01 * noise(samples)[0]
        expected = extractor(
            wav.numpy(), sampling_rate=SECOND, return_tensors="pt"
        ).input_features
        found, own = log_mel(wav[None], [samples], extractor, 320, full=True)
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)
        assert own == [2 * -(-samples // 320)]

    def test_a_loud_neighbour_does_not_raise_the_floor(self):
        extractor = WhisperFeatureExtractor(chunk_length=1)
        quiet, loud = noise(9000, SECOND)
        wavs, _ = pad([1e-4 * quiet, 100 * loud], extractor)
        for full in (True, False):
            settings = extractor, 320, full
            both, own = log_mel(wavs, [9000, SECOND], *settings)
            alone, _ = log_mel(wavs[:1, :9000], [9000], *settings)
            n = alone.shape[2]
            torch.testing.assert_close(both[:1, :, :n], alone)
            assert full or not both[0, :, own[0] :].any()


class TestWindows:
    @pytest.mark.parametrize("window", ["full", "own"])
    def test_a_long_utterance_is_the_mean_of_its_windows(
        self, make_whisper, window
    ):
        """By their frames: 50, 50 and 13."""
        encoder = make_whisper(whisper_window=window).eval()
        wav = noise(2 * SECOND + 4001)[0]
        found = embed(encoder, [wav])[0, 0]
        parts = [embed(encoder, [part])[0, 0] for part in wav.split(SECOND)]
        expected = (50 * parts[0] + 50 * parts[1] + 13 * parts[2]) / 113
        assert difference(found, expected) <= 1e-5
        assert difference(found, parts[0]) > 0.01

    def test_own_does_not_see_the_silence(self, make_whisper):
        """The same weights, another embedding; and a shorter sequence."""
        lengths = []
        for window in ("full", "own"):
            encoder = make_whisper(whisper_window=window).eval()
            encoder.model.layers[0].register_forward_pre_hook(
                lambda _, inputs: lengths.append(inputs[0].shape[1])
            )
            embed(encoder, noise(3200))
        assert lengths == [50, 10]

    @pytest.mark.parametrize(
        ("window", "expected"), [("full", [50, 50, 100]), ("own", [1, 10, 51])]
    )
    def test_frames_for_the_chunks(self, make_whisper, window, expected):
        encoder = make_whisper(whisper_window=window)
        lengths = [5, 3200, SECOND + 1]
        wavs = torch.zeros(3, max(lengths))
        assert encoder.frames(wavs, lengths) == expected

    @pytest.mark.parametrize("window", ["full", "own"])
    @pytest.mark.parametrize("n_views", [1, 2])
    def test_the_frozen_prefix_gives_the_same(
        self, make_whisper, window, n_views
    ):
        encoder = make_whisper(whisper_window=window).eval()
        wavs, _ = pad(noise(SECOND + 5, 900), encoder)
        lengths = [SECOND + 5, 900]
        features, frames = encoder.frozen_prefix(wavs, lengths)
        assert features.shape[0] == 3 and frames == [51, 3]
        found = encoder.embed(features, frames, n_views)
        assert torch.equal(found, encoder.embed(wavs, lengths, n_views))


class TestFrozenParts:
    @pytest.mark.parametrize("freeze_cnn", [True, False])
    def test_positions_always_and_convolutions_as_given(
        self, make_whisper, freeze_cnn
    ):
        encoder = make_whisper(freeze_cnn=freeze_cnn)
        named = encoder.model.named_parameters()
        frozen = {n.split(".")[0] for n, p in named if not p.requires_grad}
        convolutions = {"conv1", "conv2"} if freeze_cnn else set()
        assert frozen == {"embed_positions"} | convolutions

    def test_there_is_no_decoder(self, make_whisper):
        assert not hasattr(make_whisper().model, "decoder")

    def test_the_feature_cache_is_switched_off(self, make_whisper):
        hparams = {
            **{"freeze_cnn": True, "modalities": ["audio"]},
            **{"train_crop_seconds": None, "train_noise_snr": None},
        }
        assert reason_against(hparams) is None
        hparams["audio_encoder"] = make_whisper()
        assert "Whisper" in reason_against(hparams)


class TestSpecAugment:
    PLAIN = dict(dropout=0.0, attention_dropout=0.0)

    @pytest.mark.parametrize("window", ["full", "own"])
    @pytest.mark.parametrize("freeze_cnn", [True, False])
    def test_masks_each_view_by_itself(self, make_whisper, window, freeze_cnn):
        settings = {"whisper_window": window, "freeze_cnn": freeze_cnn}
        settings.update(self.PLAIN)
        found = {}
        for augment in (True, False):
            encoder = make_whisper(apply_spec_augment=augment, **settings)
            encoder.train().model.config.mask_time_prob = 0.5
            found[augment] = embed(encoder, noise(SECOND, 9000), n_views=2)
        assert difference(found[False][0], found[False][1]) <= 1e-6
        assert difference(found[True][0], found[True][1]) > 0.01
        assert difference(found[True], found[False]) > 0.01

    def test_input_shorter_than_a_mask_does_not_crash(self, make_whisper):
        encoder = make_whisper(apply_spec_augment=True, whisper_window="own")
        assert embed(encoder.train(), noise(500, 30)).isfinite().all()

    def test_nothing_frozen_is_kept_of_what_changes(self, make_whisper):
        encoder = make_whisper(apply_spec_augment=True).train()
        wavs = torch.zeros(1, 900)
        assert encoder.frozen_prefix(wavs, [900])[0] is wavs
        assert encoder.eval().frozen_prefix(wavs, [900])[0] is not wavs


def test_dropout_by_function_is_logged(make_whisper, caplog):
    with caplog.at_level("INFO"):
        log_dropout("audio encoder", make_whisper(dropout=0.23).model)
    assert (
        "audio encoder 0.23, layers 0.23, layers.activation_dropout 0.23"
        in (caplog.text)
    )


def test_layerdrop_leaves_layers_out(make_whisper):
    encoder = make_whisper(layerdrop=0.5, **TestSpecAugment.PLAIN)
    ran = []
    for layer in encoder.model.layers:
        layer.register_forward_hook(lambda *_: ran.append(1))
    torch.manual_seed(0)
    for _ in range(10):
        embed(encoder.train(), noise(900))
    assert 0 < len(ran) < 20
    ran.clear()
    embed(encoder.eval(), noise(900))
    assert len(ran) == 2


def test_the_sample_rate_is_the_extractors(make_whisper, family_folder):
    extractor = AutoFeatureExtractor.from_pretrained(family_folder("whisper"))
    assert make_whisper().sample_rate == extractor.sampling_rate == 16000
