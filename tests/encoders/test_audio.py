"""The audio encoder: independent of the batch, frugal, and with views."""

import pytest
import torch
from speechbrain.integrations.huggingface.wav2vec2 import Wav2Vec2
from transformers import (
    AutoFeatureExtractor,
    AutoModel,
    HubertConfig,
    HubertModel,
    Wav2Vec2FeatureExtractor,
    WavLMConfig,
    WavLMModel,
)

from turbo_sb.demo.encoders import build_encoders
from turbo_sb.encoders import AudioEncoder
from turbo_sb.encoders.cnn import group_norm, normalize_wavs
from turbo_sb.encoders.dropout import effective_dropout
from turbo_sb.utils.errors import InputError

KINDS = ["small", "seven layers", "layer norm"]
LENGTHS = [12000, 5000, 1600]


def utterances(lengths=LENGTHS, seed=1):
    """Noise of unequal level and offset, so that normalisation matters."""
    generator = torch.Generator().manual_seed(seed)
    return [
        0.1 * (i + 1) * torch.randn(n, generator=generator) + 0.05 * i
        for i, n in enumerate(lengths)
    ]


def pad(wavs, extra=0):
    """(batch, samples) and relative lengths, as SpeechBrain batches them."""
    padded = torch.nn.utils.rnn.pad_sequence(wavs, batch_first=True)
    padded = torch.nn.functional.pad(padded, (0, extra))
    lengths = torch.tensor([len(wav) for wav in wavs])
    return padded, lengths / padded.shape[1]


def relative_difference(found, expected):
    return ((found - expected).norm() / expected.norm()).item()


@torch.no_grad()
def alone_and_together(encode, wavs, extra=0):
    """The largest relative difference that batch mates make."""
    together = encode(*pad(wavs, extra))
    alone = [encode(*pad([wav]))[0] for wav in wavs]
    return max(map(relative_difference, together, alone))


def write_model(folder, config_class, model_class, do_normalize=True):
    """A tiny model of wav2vec 2.0's family."""
    config = config_class(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        conv_dim=(16, 16),
        conv_kernel=(400, 3),
        conv_stride=(160, 2),
        num_feat_extract_layers=2,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=4,
    )
    model_class(config).save_pretrained(folder)
    extractor = Wav2Vec2FeatureExtractor(do_normalize=do_normalize)
    extractor.save_pretrained(folder)
    return str(folder)


@torch.no_grad()
def hugging_face(folder, wav):
    """Hugging Face's own pipeline on one utterance, pooled."""
    extractor = AutoFeatureExtractor.from_pretrained(folder)
    inputs = extractor(wav.numpy(), sampling_rate=16000, return_tensors="pt")
    model = AutoModel.from_pretrained(folder).eval()
    return model(inputs.input_values).last_hidden_state[0].mean(dim=0)


class TestBatchInvariance:
    @pytest.mark.parametrize("extra", [0, 3000], ids=["", "padded further"])
    @pytest.mark.parametrize("kind", KINDS)
    def test_alone_as_among_longer_ones(self, make_audio, kind, extra):
        encoder = make_audio(kind).eval()

        def encode(wavs, lens):
            return encoder(wavs, lens)[0]

        assert alone_and_together(encode, utterances(), extra) <= 1e-4

    @pytest.mark.parametrize("freeze_cnn", [True, False])
    def test_one_of_64(self, make_audio, freeze_cnn):
        """A frozen CNN takes a few rows at a time."""
        encoder = make_audio(freeze_cnn=freeze_cnn).eval()
        wavs = utterances([1000 + 137 * i for i in range(64)])

        def encode(wavs, lens):
            return encoder(wavs, lens)[0]

        assert alone_and_together(encode, wavs) <= 1e-4

    def test_the_stock_lobe_depends_on_the_batch(self, audio_folder, tmp_path):
        """So the test above can fail."""
        lobe = Wav2Vec2(audio_folder, str(tmp_path)).eval()

        def encode(wavs, lens):
            hidden = lobe(wavs, lens)
            frames = torch.ceil(lens * hidden.shape[1]).long()
            return [row[:n].mean(dim=0) for row, n in zip(hidden, frames)]

        assert alone_and_together(encode, utterances()) > 0.01

    @pytest.mark.parametrize("kind", KINDS)
    def test_an_utterance_too_short_for_a_frame(self, make_audio, kind):
        encoder = make_audio(kind).eval()
        wavs = utterances([12000, encoder.min_samples - 1, 10])

        def encode(wavs, lens):
            return encoder(wavs, lens)[0]

        assert alone_and_together(encode, wavs) <= 1e-4

    def test_without_normalisation_of_the_waveform(self, tmp_path):
        """As WavLM's, of Microsoft, whose extractor does not normalise."""
        folder = write_model(tmp_path, WavLMConfig, WavLMModel, False)
        encoder = AudioEncoder(folder).eval()
        assert not encoder.normalize_wav

        def encode(wavs, lens):
            return encoder(wavs, lens)[0]

        assert alone_and_together(encode, utterances([9000, 4000, 300])) <= 1e-4

    def test_what_stands_in_the_padding_does_not_matter(self, make_audio):
        encoder = make_audio().eval()
        wavs, lens = pad(utterances())
        dirty = wavs.clone()
        dirty[torch.arange(wavs.shape[1]) >= torch.tensor(LENGTHS)[:, None]] = 7
        found, expected = encoder(dirty, lens), encoder(wavs, lens)
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)

    def test_in_training_as_well(self, make_audio):
        """A gradient does not depend on the batch either."""
        encoder = make_audio(dropout=0.0, attention_dropout=0.0).train()
        wavs = utterances()
        parameters = [p for p in encoder.parameters() if p.requires_grad]

        def gradient(loss):
            grads = torch.autograd.grad(loss, parameters)
            return torch.cat([grad.flatten() for grad in grads])

        together = encoder(*pad(wavs))[0, 1].square().sum()
        alone = encoder(*pad(wavs[1:2]))[0, 0].square().sum()
        found = relative_difference(gradient(together), gradient(alone))
        assert found <= 1e-3


class TestParity:
    @pytest.mark.parametrize("kind", KINDS)
    def test_one_utterance_as_in_hugging_face(
        self, make_audio, encoder_folders, kind
    ):
        wav = utterances()[2]
        found = make_audio(kind).eval()(*pad([wav]))[0, 0]
        expected = hugging_face(encoder_folders[kind][0], wav)
        assert relative_difference(found, expected) <= 1e-5

    @pytest.mark.parametrize(
        ("config_class", "model_class"),
        [(HubertConfig, HubertModel), (WavLMConfig, WavLMModel)],
        ids=["HuBERT", "WavLM"],
    )
    def test_models_of_the_same_architecture(
        self, tmp_path, config_class, model_class
    ):
        folder = write_model(tmp_path, config_class, model_class)
        encoder = AudioEncoder(folder).eval()
        wav = utterances()[1]
        found = encoder(*pad([wav]))[0, 0]
        assert relative_difference(found, hugging_face(folder, wav)) <= 1e-5

    def test_frames_of_wav2vec2(self, make_audio):
        """One second has 49 frames, and 400 samples are the least."""
        encoder = make_audio("seven layers")
        assert encoder.min_samples == 400
        wavs = torch.randn(3, 16000)
        features, frames = encoder.convolve(wavs, [16000, 400, 100])
        assert features.shape == (3, 49, 16)
        assert frames == [49, 1, 1]

    def test_another_architecture_is_an_error(self, text_folder):
        """Say so, and not which of its config's attributes is missing."""
        with pytest.raises(InputError, match="expected wav2vec 2.0"):
            AudioEncoder(text_folder)


class TestNormalisation:
    def test_of_waveforms_by_hand(self):
        wavs = torch.tensor([[1.0, 3.0, 9.0, 9.0], [2.0, 2.0, 2.0, 6.0]])
        found = normalize_wavs(wavs, [2, 4])
        root = 3**0.5
        expected = [[-1, 1, 0, 0], [-1 / root, -1 / root, -1 / root, root]]
        torch.testing.assert_close(found, torch.tensor(expected))

    def test_of_waveforms_as_hugging_face(self):
        wav = utterances()[1]
        expected = Wav2Vec2FeatureExtractor(do_normalize=True)(
            wav.numpy(), sampling_rate=16000, return_tensors="pt"
        )
        found = normalize_wavs(wav[None], [len(wav)])
        torch.testing.assert_close(found, expected.input_values)

    def test_a_silent_waveform_stays_finite(self):
        assert not normalize_wavs(torch.ones(1, 4), [4]).any()

    def test_group_norm_without_padding_is_torchs(self):
        norm = torch.nn.GroupNorm(3, 3)
        torch.nn.init.normal_(norm.weight)
        torch.nn.init.normal_(norm.bias)
        x = torch.randn(2, 3, 5)
        found = group_norm(x, [5, 5], norm)
        torch.testing.assert_close(found, norm(x))

    def test_group_norm_leaves_the_padding_out(self):
        norm, x = torch.nn.GroupNorm(3, 3), torch.randn(2, 3, 5)
        found = group_norm(x, [5, 2], norm)
        torch.testing.assert_close(found[1:, :, :2], norm(x[1:, :, :2]))

    def test_group_norm_in_bfloat16_sums_in_float32(self):
        x = (torch.randn(1, 1, 20000) + 3).bfloat16()
        norm, frames = torch.nn.GroupNorm(1, 1), [20000]
        found = group_norm(x, frames, norm)
        torch.testing.assert_close(found, group_norm(x.float(), frames, norm))
        assert found.mean().abs() < 1e-3


class TestDropout:
    def test_reaches_the_built_layers(self, tmp_path):
        """Whatever the checkpoint has; what is not meant keeps its own."""
        own = {"feat_proj_dropout": 0.1, "hidden_dropout": 0.4}
        audio, _ = build_encoders(tmp_path, hidden_size=32, **own)
        encoder = AudioEncoder(audio, dropout=0.23)
        found = effective_dropout(encoder.model)
        del found["encoder.layers.attention"]
        assert found == {
            "feature_projection.dropout": 0.1,
            "encoder.dropout": 0.23,
            "encoder.layers.dropout": 0.23,
            "encoder.layers.feed_forward.intermediate_dropout": 0.23,
            "encoder.layers.feed_forward.output_dropout": 0.23,
        }

    def test_of_attention(self, make_audio):
        found = effective_dropout(make_audio(attention_dropout=0.31).model)
        assert found["encoder.layers.attention"] == 0.31

    def test_of_the_feature_projection(self, make_audio):
        found = effective_dropout(make_audio(feature_dropout=0.31).model)
        assert found["feature_projection.dropout"] == 0.31

    def test_none_keeps_the_checkpoints(self, make_audio):
        encoder = make_audio(dropout=None)
        config = encoder.model.config
        found = effective_dropout(encoder.model)
        assert found["encoder.layers.dropout"] == config.hidden_dropout == 0.1
        assert found["encoder.layers.attention"] == config.attention_dropout

    def test_layerdrop_and_spec_augment_are_off_by_default(self, make_audio):
        config = make_audio().model.config
        assert config.layerdrop == 0
        assert not config.apply_spec_augment

    def test_layerdrop_is_as_given(self, make_audio):
        assert make_audio(layerdrop=0.5).model.config.layerdrop == 0.5

    def test_an_impossible_rate_is_an_error(self, make_audio):
        with pytest.raises(InputError, match="dropout: 1.5"):
            make_audio(dropout=1.5)


class TestViews:
    def test_differ_in_training(self, make_audio):
        encoder = make_audio().train()
        one, two = encoder(*pad(utterances()), n_views=2)
        assert all(relative_difference(*rows) > 0.01 for rows in zip(one, two))

    def test_coincide_in_evaluation(self, make_audio):
        encoder = make_audio().eval()
        one, two = encoder(*pad(utterances()), n_views=2)
        assert torch.equal(one, two)
        torch.testing.assert_close(encoder(*pad(utterances()))[0], one)

    def test_are_stacked_view_by_view(self, make_audio):
        """View k of utterance i is row [k, i], whatever the views' number."""
        encoder = make_audio().eval()
        found = encoder(*pad(utterances()), n_views=3)
        assert found.shape == (3, 3, encoder.dim)
        alone = encoder(*pad(utterances()[1:2]))[0, 0]
        for view in found:
            torch.testing.assert_close(view[1], alone, rtol=1e-4, atol=1e-5)

    def test_share_the_cnn(self, make_audio):
        """Its first layer sees each utterance once."""
        encoder, rows = make_audio().train(), []
        conv = encoder.model.feature_extractor.conv_layers[0].conv
        conv.register_forward_hook(lambda *call: rows.append(len(call[2])))
        encoder(*pad(utterances()), n_views=2)
        assert rows == [3]


class TestFreezing:
    def test_a_frozen_cnn_takes_a_few_rows_at_a_time(self, make_audio):
        """A trained one all at once: its graph is kept anyway."""
        for freeze_cnn, expected in ((True, [8, 8, 4]), (False, [20])):
            encoder, rows = make_audio(freeze_cnn=freeze_cnn), []
            conv = encoder.model.feature_extractor.conv_layers[0].conv
            conv.register_forward_hook(
                lambda *call, rows=rows: rows.append(len(call[2]))
            )
            encoder(torch.randn(20, 1600), torch.ones(20))
            assert rows == expected

    @staticmethod
    def features_of(encoder, wavs, lens):
        """What enters the feature projection in a forward pass."""
        seen = []
        encoder.model.feature_projection.register_forward_pre_hook(
            lambda module, inputs: seen.append(inputs[0])
        )
        return seen, encoder(wavs, lens, n_views=2)

    def test_a_frozen_cnn_costs_no_backward_pass(self, make_audio):
        encoder = make_audio(freeze_cnn=True).train()
        (features,), embeddings = self.features_of(encoder, *pad(utterances()))
        assert not features.requires_grad
        embeddings.square().sum().backward()
        cnn = list(encoder.model.feature_extractor.parameters())
        assert cnn and all(p.grad is None for p in cnn)
        assert encoder.model.encoder.layers[
            0
        ].attention.k_proj.weight.grad.any()

    def test_a_trained_cnn_gets_its_gradient(self, make_audio):
        encoder = make_audio(freeze_cnn=False).train()
        (features,), embeddings = self.features_of(encoder, *pad(utterances()))
        assert features.requires_grad
        embeddings.square().sum().backward()
        cnn = encoder.model.feature_extractor.parameters()
        assert all(p.grad is not None and p.grad.any() for p in cnn)

    def test_no_grad_stays_no_grad(self, make_audio):
        encoder = make_audio(freeze_cnn=False)
        with torch.no_grad():
            (features,), embeddings = self.features_of(
                encoder, *pad(utterances())
            )
        assert not features.requires_grad
        assert not embeddings.requires_grad

    def test_the_mask_embedding_is_frozen_while_nothing_is_masked(
        self, make_audio
    ):
        def trained(encoder):
            return encoder.model.masked_spec_embed.requires_grad

        assert not trained(make_audio())
        assert trained(make_audio(apply_spec_augment=True))


class TestSpecAugment:
    # Without dropout, only SpecAugment can make a difference.
    PLAIN = dict(dropout=0.0, attention_dropout=0.0)

    def encode(self, encoder):
        torch.nn.init.constant_(encoder.model.masked_spec_embed, 3.0)
        with torch.no_grad():
            return encoder(*pad(utterances()), n_views=2)

    def test_off_it_changes_nothing(self, make_audio):
        one, two = self.encode(make_audio(**self.PLAIN).train())
        assert torch.equal(one, two)

    def test_on_it_masks_in_training_each_view_by_itself(self, make_audio):
        plain = self.encode(make_audio(**self.PLAIN).train())
        encoder = make_audio(apply_spec_augment=True, **self.PLAIN).train()
        encoder.model.config.mask_time_prob = 0.5
        found = self.encode(encoder)
        assert relative_difference(found, plain) > 0.01
        assert relative_difference(found[0], found[1]) > 0.01

    def test_on_it_does_nothing_in_evaluation(self, make_audio):
        encoder = make_audio(apply_spec_augment=True, **self.PLAIN).eval()
        plain = make_audio(**self.PLAIN).eval()
        assert torch.equal(self.encode(encoder), self.encode(plain))

    def test_input_shorter_than_a_mask_does_not_crash(self, make_audio):
        encoder = make_audio(apply_spec_augment=True).train()
        encoder.model.config.mask_time_length = 10
        found = encoder(*pad(utterances([500, 30])), n_views=2)
        assert found.isfinite().all()
