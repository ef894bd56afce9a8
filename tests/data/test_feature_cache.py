"""Cached features are those of each utterance alone, or are not used."""

import copy
import errno
import logging
import multiprocessing
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from speechbrain.dataio.dataloader import make_dataloader

import turbo_sb
from tests.models.test_batched_encoding import alone, loss_and_gradients
from turbo_sb.data.channel.equalizer import Equalizer
from turbo_sb.data.dataset import collate_with, make_dataset, read_entry
from turbo_sb.data.feature_cache import FeatureCache, TextFeatureCache
from turbo_sb.data.feature_files import (
    DamagedFile,
    read_features,
    write_features,
)
from turbo_sb.data.feature_keys import CODE, content_key, model_key
from turbo_sb.data.manifest import write_json
from turbo_sb.training.cached_features import reason_against
from turbo_sb.utils.errors import InputError

# The second is too short for one frame.
SECONDS = [0.3, 0.004, 0.9, 1.4, 0.05, 2.0, 0.31, 1.0]
FULL = {
    **{"trim": True, "band": [300, 3400], "codec": "gsm"},
    **{"snr_db": 20, "rms_db": -26},
}


@pytest.fixture
def corpus(tmp_path):
    """Recordings of very different lengths, and their entries."""
    generator, entries = np.random.default_rng(1), {}
    for number, seconds in enumerate(SECONDS):
        path = tmp_path / "corpus" / f"u{number}.wav"
        path.parent.mkdir(exist_ok=True)
        samples = 0.1 * generator.normal(size=round(seconds * 16000))
        soundfile.write(path, samples, 16000, subtype="FLOAT")
        entries[f"u{number}"] = {
            "wav": f"{{data_root}}/u{number}.wav",
            "duration": seconds,
            "text": "hello world " * (1 + number % 3),
            "label": "abcd"[number % 4],
        }
    return tmp_path / "corpus", entries


@pytest.fixture
def open_cache(corpus, tmp_path, make_audio):
    """Open a cache of the corpus, with an encoder that is always the same."""

    def make(encoder=None, **settings):
        given = {"dtype": "float32", "data_root": corpus[0], **settings}
        encoder = encoder or make_audio("small")
        return FeatureCache(encoder, tmp_path / "features", **given)

    return make


def features_alone(encoder, corpus, name, equalizer=None):
    """What the encoder itself makes of one utterance, unpadded."""
    root, entries = corpus
    signal = read_entry(name, entries[name], lambda x, _: x, root, equalizer)
    with torch.no_grad():
        return encoder.convolve(signal[None], [len(signal)])[0][0]


class TestEquality:
    @pytest.mark.parametrize("chunk", ["auto", 0.5, None])
    @pytest.mark.parametrize(
        ("dtype", "bound"), [("float64", 1e-10), ("float32", 1e-5)]
    )
    def test_loss_and_gradients_are_those_of_each_utterance_alone(
        self, make_model, make_text, corpus, open_cache, dtype, bound, chunk
    ):
        root, entries = corpus
        float_type = getattr(torch, dtype)
        model = make_model(dropout=0.0, encode_chunk=chunk)
        model = model.to(float_type).train()
        cache = open_cache(model.encoders["audio"], dtype=dtype)
        cache.fill(entries)
        write_json({root / "all.json": entries})
        settings = (make_text().tokenize, list("abcd"))
        dataset = make_dataset(root / "all.json", root, *settings)
        wavs, tokens = zip(*((x["signal"], x["tokens"]) for x in dataset))
        expected = alone(model, wavs, tokens, float_type)
        expected = loss_and_gradients(model, expected)
        exact = copy.deepcopy(model).double()
        truth = alone(exact, wavs, tokens, torch.float64)
        truth = loss_and_gradients(exact, truth)[1]
        cached = make_dataset(
            root / "all.json", root, *settings, features=cache
        )
        (batch,) = make_dataloader(
            cached, batch_size=len(SECONDS), collate_fn=collate_with(0)
        )
        assert batch.signal.data.dim() == 3
        outputs = model(*batch.signal, *batch.tokens, n_views=2)
        found = loss_and_gradients(model, outputs)
        assert abs(found[0] - expected[0]) <= bound * abs(expected[0])
        assert set(found[1]) == set(expected[1])
        scale = max(grad.abs().max() for grad in expected[1].values())
        for name, grad in expected[1].items():
            error = (found[1][name] - truth[name]).abs().max()
            # Some CPUs round a sum of the text encoder's by as much as this.
            own = (grad - truth[name]).abs().max()
            assert error <= max(bound * scale, 2 * own), name

    @pytest.mark.parametrize("kind", ["small", "seven layers", "layer norm"])
    def test_every_kind_of_cnn(self, kind, make_audio, corpus, open_cache):
        encoder = make_audio(kind)
        cache = open_cache(encoder)
        cache.fill(corpus[1])
        for name in corpus[1]:
            assert torch.equal(
                cache(name), features_alone(encoder, corpus, name)
            )

    @pytest.mark.parametrize("kind", ["seven layers", "layer norm"])
    @pytest.mark.parametrize(
        ("dtype", "bound"), [("float16", 5e-4), ("bfloat16", 4e-3)]
    )
    def test_error_of_half_precision(
        self, make_audio, corpus, open_cache, kind, dtype, bound
    ):
        """Of the embedding, relative; measured 2.9e-4 and 2.3e-3 at most."""
        encoder = make_audio(kind).eval()
        cache = open_cache(encoder, dtype=dtype)
        cache.fill(corpus[1])
        errors = []
        for name in corpus[1]:
            exact = features_alone(encoder, corpus, name)
            assert cache(name).dtype == getattr(torch, dtype)
            with torch.no_grad():
                found, expected = (
                    encoder(x[None], torch.ones(1))
                    for x in (cache(name), exact)
                )
            errors.append(((found - expected).norm() / expected.norm()).item())
        assert 0 < max(errors) < bound, errors

    def test_equalised_utterances(self, make_audio, corpus, open_cache):
        equalizer, encoder = Equalizer(**FULL), make_audio()
        cache = open_cache(encoder, equalizer=equalizer)
        cache.fill(corpus[1])
        found, other = (
            features_alone(encoder, corpus, "u3", e) for e in (equalizer, None)
        )
        assert torch.equal(cache("u3"), found)
        assert found.shape != other.shape or not torch.equal(found, other)

    def test_nothing_is_drawn_from_the_trainings_generators(
        self, corpus, open_cache
    ):
        cache = open_cache()
        torch.manual_seed(1)
        expected = torch.rand(3)
        torch.manual_seed(1)
        cache.fill(corpus[1])
        assert torch.equal(torch.rand(3), expected)


class TestFilling:
    def test_second_start_computes_nothing(self, corpus, open_cache, caplog):
        assert open_cache().fill(corpus[1]) == len(SECONDS)
        with caplog.at_level(logging.INFO):
            assert open_cache().fill(corpus[1]) == 0
        cache = open_cache()
        size = sum(p.stat().st_size for p in cache.folder.iterdir())
        assert (
            f"8 utterances, of which 0 were computed and 8 there: "
            f"{size / 1e3:.1f} kB in {cache.folder}"
        ) in caplog.text

    def test_processes_share_the_work(self, corpus, open_cache, monkeypatch):
        """Each in an order of its own, taking what is not there yet."""
        open_cache().fill(corpus[1])
        orders = []
        for _ in range(5):
            cache, order = open_cache(), []
            monkeypatch.setattr(
                cache, "_fetch", lambda name, o=order: (o.append(name), 0)
            )
            cache.fill(corpus[1])
            orders.append(tuple(order))
        assert all(sorted(order) == sorted(corpus[1]) for order in orders)
        assert len(set(orders)) > 1

    def test_other_sets_of_the_same_corpus_share_it(self, corpus, open_cache):
        entries = corpus[1]
        open_cache().fill({k: entries[k] for k in ("u0", "u1")})
        assert open_cache().fill(entries) == len(SECONDS) - 2

    def test_interrupted_it_keeps_what_is_there(self, corpus, open_cache):
        def interrupted(names):
            yield from names[:3]
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            open_cache().fill(corpus[1], progress=interrupted)
        assert open_cache().fill(corpus[1]) == len(SECONDS) - 3

    @pytest.mark.parametrize("frozen", [0, 1, "all"])
    def test_processes_that_fill_it_at_once(
        self, corpus, open_cache, make_audio, frozen
    ):
        encoder = make_audio(frozen_layers=frozen)
        cache, barrier = open_cache(encoder), multiprocessing.Barrier(3)

        def fill():
            barrier.wait()
            cache.fill(corpus[1])

        context = multiprocessing.get_context("fork")
        processes = [context.Process(target=fill) for _ in range(3)]
        for process in processes:
            process.start()
        for process in processes:
            process.join(60)
        assert [process.exitcode for process in processes] == [0, 0, 0]
        assert len(list(cache.folder.iterdir())) == len(SECONDS)  # no drafts
        assert open_cache(encoder).fill(corpus[1]) == 0

    def test_full_disk_is_named_and_nothing_is_half_written(
        self, corpus, open_cache, monkeypatch
    ):
        write = Path.write_bytes

        def write_half(path, content):
            write(path, content[: len(content) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")

        cache = open_cache()
        monkeypatch.setattr(Path, "write_bytes", write_half)
        needed = sum(SECONDS) * 16000 / 320 * 64 * 4 / 1e3
        message = (
            f"cache_folder: {cache.folder} cannot be written .No space left on "
            f"device.* 8 utterances take about {needed:.1f} kB: make room"
        )
        with pytest.raises(InputError, match=message):
            cache.fill(corpus[1])
        assert not list(cache.folder.iterdir())

    def test_folder_that_is_a_file(self, corpus, open_cache, tmp_path):
        (tmp_path / "features").write_text("")
        with pytest.raises(InputError, match="cache_folder: .* be written"):
            open_cache().fill(corpus[1])

    def test_recording_that_is_gone_is_named(self, corpus, open_cache):
        (corpus[0] / "u3.wav").unlink()
        with pytest.raises(InputError, match="u3.wav: cannot be read as audio"):
            open_cache().fill(corpus[1])

    def test_numbers_beyond_float16_are_refused(
        self, make_audio, corpus, open_cache
    ):
        encoder = make_audio("small")
        with torch.no_grad():
            encoder.model.feature_extractor.conv_layers[1].conv.weight *= 1e6
        with pytest.raises(InputError, match="float16 does not hold .* Use --"):
            open_cache(encoder, dtype="float16").fill(corpus[1])
        assert open_cache(encoder, dtype="bfloat16").fill(corpus[1]) == 8

    def test_features_that_are_nan_name_the_recording(
        self, make_audio, corpus, open_cache
    ):
        samples, rate = soundfile.read(corpus[0] / "u3.wav")
        samples[100] = np.nan
        soundfile.write(corpus[0] / "u3.wav", samples, rate, subtype="FLOAT")
        with pytest.raises(InputError, match="u3.wav: .* u3 are NaN"):
            open_cache(make_audio("small")).fill(corpus[1])

    @pytest.mark.parametrize("dtype", ["fp16", "int8"])
    def test_invalid_dtype_is_named(self, open_cache, dtype):
        with pytest.raises(InputError, match=f"dtype: '{dtype}': expected"):
            open_cache(dtype=dtype)

    def test_no_folder_is_named(self, make_audio):
        with pytest.raises(InputError, match="cache_folder: None: expected"):
            FeatureCache(make_audio(), None)


def flip(path):
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)


def cut(path):
    path.write_bytes(path.read_bytes()[:-3])


def empty(path):
    path.write_bytes(b"")


def rewrite(path, **changes):
    """As another model or utterance would write it, or another program."""
    keys = {"model": "a", "content": "b", **changes}
    write_features(path, torch.zeros(2, 64), keys)


def foreign(path):
    path.write_bytes(b"RIFF" + bytes(100))


class TestDamage:
    @pytest.mark.parametrize(
        ("damage", "said"),
        [
            (flip, "its checksum does not match its features"),
            (cut, "not fully covered"),
            (empty, "header too small"),
            (rewrite, "its model is another"),
            (foreign, "header"),
        ],
    )
    def test_it_is_named_and_computed_again(
        self, damage, said, make_audio, corpus, open_cache, caplog
    ):
        cache = open_cache()
        cache.fill(corpus[1])
        expected = features_alone(make_audio(), corpus, "u3")
        damage(cache.path("u3"))
        with caplog.at_level(logging.WARNING):
            assert open_cache().fill(corpus[1]) == 1
        assert re.search(
            f"{cache.path('u3')}: .*{said}.* computed again", caplog.text
        )
        assert torch.equal(cache("u3"), expected)

    def test_file_of_another_utterance_is_not_used(self, corpus, open_cache):
        cache = open_cache()
        cache.fill(corpus[1])
        cache.path("u3").write_bytes(cache.path("u2").read_bytes())
        assert open_cache().fill(corpus[1]) == 1

    @pytest.mark.parametrize("num_workers", [0, 1])
    def test_while_training_it_is_computed_again(
        self, corpus, open_cache, make_audio, num_workers, caplog
    ):
        root, entries = corpus
        cache = open_cache()
        cache.fill(entries)
        flip(cache.path("u0"))
        cache.path("u1").unlink()
        write_json({root / "all.json": entries})
        dataset = make_dataset(
            *(root / "all.json", root, lambda text: torch.ones(1)),
            list("abcd"),
            features=cache,
        )
        batch = next(
            iter(
                make_dataloader(
                    dataset,
                    batch_size=2,
                    collate_fn=collate_with(0),
                    num_workers=num_workers,
                )
            )
        )
        for row, name in enumerate(("u0", "u1")):
            expected = features_alone(make_audio(), corpus, name)
            found = batch.signal.data[row, : len(expected)]
            assert (found - expected).abs().max() < 1e-5
        assert open_cache().fill(entries) == 0

    def test_any_flipped_bit_is_found(self, tmp_path):
        path, keys = tmp_path / "a.safetensors", {"model": "a", "content": "b"}
        expected = torch.arange(6.0).reshape(2, 3).bfloat16()
        write_features(path, expected, keys)
        content = path.read_bytes()
        for bit in range(8 * len(content)):
            changed = bytearray(content)
            changed[bit // 8] ^= 1 << bit % 8
            path.write_bytes(changed)
            try:
                found = read_features(path, keys)
            except DamagedFile:
                continue
            assert torch.equal(found, expected)  # in what is not read


class TestFrozenLayers:
    @pytest.fixture
    def open_text(self, tmp_path):
        """Open a cache of texts."""

        def make(encoder):
            return TextFeatureCache(encoder, tmp_path / "texts", "float32")

        return make

    @pytest.mark.parametrize("number", [1, "all"])
    @pytest.mark.parametrize("layer_sum", [False, True])
    def test_of_audio(self, make_audio, corpus, open_cache, number, layer_sum):
        encoder = make_audio(frozen_layers=number, layer_sum=layer_sum)
        cache, (root, entries) = open_cache(encoder), corpus
        assert cache.fill(entries) == len(SECONDS)
        for name in entries:
            signal = read_entry(name, entries[name], lambda x, _: x, root)
            expected, _ = encoder.frozen_prefix(signal[None], [len(signal)])
            assert torch.equal(cache(name), expected[0])

    @pytest.mark.parametrize(
        ("number", "kept"), [(1, torch.float16), ("all", torch.float32)]
    )
    def test_pooled_vectors_are_kept_whole(
        self, make_text, corpus, tmp_path, number, kept
    ):
        """They are few, and a prediction computes them in float32."""
        cache = TextFeatureCache(make_text(frozen_layers=number), tmp_path)
        cache.fill(corpus[1])
        assert cache(next(iter(corpus[1]))).dtype == kept

    @pytest.mark.parametrize("number", [1, "all"])
    def test_of_texts(self, make_text, corpus, open_text, number):
        encoder = make_text(frozen_layers=number, layer_sum=True)
        cache, entries = open_text(encoder), corpus[1]
        cache.fill(entries)
        for name in entries:
            ids = encoder.tokenize(entries[name]["text"])
            expected, _ = encoder.frozen_prefix(ids[None], [len(ids)])
            assert torch.equal(cache(name), expected[0])
        assert len(list(cache.folder.iterdir())) == 3  # equal texts share one

    def test_pooled_vectors_stay_in_memory(self, make_text, corpus, open_text):
        cache = open_text(make_text(frozen_layers="all"))
        cache.fill(corpus[1])
        for path in cache.folder.iterdir():
            path.unlink()
        assert cache("u0").shape == (1, 32)
        assert not list(cache.folder.iterdir())

    def test_damaged_texts_are_computed_again(
        self, make_text, corpus, open_text, caplog
    ):
        cache = open_text(make_text(frozen_layers=1))
        cache.fill(corpus[1])
        expected = cache("u1").clone()
        flip(cache.path("u1"))
        assert torch.equal(cache("u1"), expected)
        assert "checksum does not match" in caplog.text

    def test_the_size_is_told_before(self, make_audio, corpus, open_cache):
        """Within the padding of an utterance of less than one frame."""
        for settings in ({}, {"frozen_layers": 1}, {"frozen_layers": "all"}):
            cache = open_cache(make_audio(layer_sum=True, **settings))
            cache.fill(corpus[1])
            told = cache._bytes_of(e for e, _ in cache.utterances.values())
            held = sum(cache(name).nbytes for name in corpus[1])
            assert abs(told / held - 1) < 0.05, settings

    def test_keys(self, make_audio, open_cache):
        """Cut, sum and frozen weights count; dropout and the rest do not."""

        def key(change=None, **settings):
            encoder = make_audio(**{"frozen_layers": 1, **settings})
            if change is not None:
                with torch.no_grad():
                    next(change(encoder).parameters()).add_(1)
            return open_cache(encoder).model

        def layer(number):
            return lambda encoder: encoder.model.encoder.layers[number]

        plain = key()
        assert plain == key(dropout=0.4) == key(layer(1))
        others = [
            *(key(layer(0)), key(lambda x: x.model.feature_projection)),
            *(key(layer_sum=True), key(frozen_layers=0)),
            *(key(frozen_layers="all"), key(layer(1), frozen_layers="all")),
        ]
        # wav2vec 2.0's one norm is before the layers.
        assert key(frozen_layers=2) == key(frozen_layers="all")
        assert len({plain, *others}) == len(others) + 1


class TestKeys:
    def test_changed_recording_is_computed_again(self, corpus, open_cache):
        cache = open_cache()
        cache.fill(corpus[1])
        before = cache("u0")
        samples, rate = soundfile.read(corpus[0] / "u0.wav")
        soundfile.write(
            corpus[0] / "u0.wav", -samples[:4000], rate, subtype="FLOAT"
        )
        after = open_cache()
        assert after.fill(corpus[1]) == 1
        assert len(after("u0")) < len(before)

    def test_changed_weights_are_another_model(
        self, make_audio, corpus, open_cache
    ):
        open_cache().fill(corpus[1])
        encoder = make_audio()
        conv = encoder.model.feature_extractor.conv_layers[1].conv
        with torch.no_grad():
            conv.weight[0, 0, 0] += 1e-4
        changed = open_cache(encoder)
        assert changed.fill(corpus[1]) == len(SECONDS)
        assert torch.equal(changed("u0"), features_alone(encoder, corpus, "u0"))

    def test_what_is_behind_the_cnn_does_not_count(
        self, make_audio, corpus, open_cache
    ):
        """Methods of other dropout share the cache."""
        open_cache().fill(corpus[1])
        encoder = make_audio(dropout=0.4)
        with torch.no_grad():
            encoder.model.feature_projection.projection.weight += 1
        assert open_cache(encoder).fill(corpus[1]) == 0

    def test_all_that_counts_has_a_key_of_its_own(
        self, make_audio, monkeypatch
    ):
        def key(encoder=None, rate=16000, equalizer=None, dtype=torch.float16):
            return model_key(encoder or make_audio(), rate, equalizer, dtype)

        other_norm, other_type = make_audio(), make_audio().double()
        other_norm.normalize_wav = not other_norm.normalize_wav
        layer = make_audio("layer norm")
        strided = make_audio()
        strided.model.feature_extractor.conv_layers[1].conv.stride = (1,)
        quiet = [Equalizer(rms_db=level) for level in (-26, -26.000001)]
        keys = [
            *(key(), key(other_norm), key(other_type), key(layer)),
            *(key(strided), key(rate=8000), key(dtype=torch.bfloat16)),
            *(key(equalizer=e) for e in (*quiet, Equalizer(**FULL))),
        ]
        monkeypatch.setattr(
            "turbo_sb.data.feature_keys.code_digest", lambda: "edited"
        )
        keys.append(key())
        monkeypatch.setattr(
            "turbo_sb.data.feature_keys.version", lambda name: "9"
        )
        keys.append(key())
        assert len(set(keys)) == len(keys) == 12
        monkeypatch.undo()
        assert key() == keys[0] == key(equalizer=Equalizer())

    def test_stretches_and_ids(self):
        equalizer = Equalizer(snr_db=20)
        stretches = [{}, {"start": 0.5}, {"stop": 0.5}, {"start": 0, "stop": 1}]
        keys = [content_key("a", entry, "file") for entry in stretches]
        keys += [content_key("a", {}, "other")]
        keys += [content_key(name, {}, "file", equalizer) for name in "ab"]
        assert len(set(keys)) == len(keys) == 7

    def test_code_that_runs_is_in_the_key(self, corpus, open_cache):
        """Whoever moves a function to another file is told here."""
        folder, ran = Path(turbo_sb.__file__).parent, set()

        def note(frame, event, _):
            path = Path(frame.f_code.co_filename)
            if event == "call" and folder in path.parents:
                ran.add(path)

        cache = open_cache(equalizer=Equalizer(**FULL))
        sys.setprofile(note)
        try:
            cache.fill(corpus[1])
        finally:
            sys.setprofile(None)
        known = {file for name in CODE for file in folder.glob(name)}
        assert folder / "encoders" / "cnn.py" in ran
        assert ran <= known | {
            folder / "utils" / "files.py"
        }  # of which no number is


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"freeze_cnn": False}, "freeze_cnn: False"),
        ({"train_crop_seconds": 6}, "train_crop_seconds: 6"),
        ({"train_noise_snr": 20}, "train_noise_snr: 20"),
        ({"modalities": ["text"]}, "modalities"),
    ],
)
def test_what_switches_it_off_is_named(change, reason):
    keys = {
        **{"freeze_cnn": True, "modalities": ["audio", "text"]},
        **{"train_crop_seconds": None, "train_noise_snr": None},
    }
    found = reason_against({**keys, **change})
    assert found is None if reason is None else found.startswith(reason)
