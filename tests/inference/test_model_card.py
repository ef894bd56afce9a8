"""The model card says what is known, as the hub renders it, and no more."""

import pytest
from huggingface_hub import ModelCard

from turbo_sb.inference.model_card import model_card
from turbo_sb.inference.trained_run import describe

LABELS = ["ang", "hap", "neu", "sad"]
METRICS = {
    "WA": 0.71,
    "UA": 0.7234567,
    "n": 1241,
    "protocol": "session5",
    "fold": 2,
    "seed": 7,
    "best_epoch": 12,
    "texts": "the corpus's",
    "audio_only": {"WA": 0.5, "UA": 0.51},
    "text_only": {"WA": 0.6, "UA": None},
}


@pytest.fixture
def card(make_model):
    def card(metrics=None, hparams=None, licence=None, **settings):
        model = make_model(**settings)
        described = describe(model, {"labels": LABELS})
        return model_card(described, model, metrics, hparams, licence)

    return card


def test_header_is_what_the_hub_reads(card):
    header = ModelCard(card(METRICS, licence="cc-by-4.0")).data.to_dict()
    assert header["license"] == "cc-by-4.0"
    assert header["pipeline_tag"] == "audio-classification"
    assert header["library_name"] == "speechbrain"
    (results,) = header["model-index"]
    values = {
        metric["type"]: metric["value"]
        for result in results["results"]
        for metric in result["metrics"]
    }
    assert values == {"wa": 0.71, "ua": 0.7234567}


def test_metrics_stand_with_their_protocol(card):
    hparams = {"best_metric": "UA", "data_folder": "/data/IEMOCAP_release"}
    text = card(METRICS, hparams, modality_dropout=0.3)
    for line in (
        "- data: IEMOCAP_release",
        "- protocol: session5, fold 2, seed 7: one training, one test set",
        "- test utterances: 1,241",
        "- epoch: 12, chosen on the validation set by UA",
        "- texts: the corpus's",
        "| | WA | UA |",
        "| audio and words | 0.7100 | 0.7235 |",
        "| audio only | 0.5000 | 0.5100 |",
        "| text only | 0.6000 |  |",
    ):
        assert f"\n{line}\n" in text
    assert "One fold and one seed" in text
    assert "/data" not in text


def test_what_is_not_known_is_not_said(card):
    text = card()
    assert "model-index" not in text
    assert "## Metrics\nNot known." in text
    assert "Not stated by whoever exported this" in text


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"modality_dropout": 0.3}, "was trained to predict from the other"),
        ({}, "was not trained (modality_dropout: 0): zeros take"),
        ({"modalities": ["audio"]}, "predict FOLDER a.wav`.\nLoading"),
        ({"modalities": ["text"]}, 'classify_batch(None, texts=["..."])'),
    ],
)
def test_missing_modality(card, settings, expected):
    use = card(**settings).partition("## Use")[2].partition("## Data")[0]
    assert expected in use
    if "modalities" in settings:
        assert "Without" not in use


def test_a_local_source_is_told_by_its_name(card, tmp_path):
    (tmp_path / "small").mkdir()
    hparams = {
        "audio_encoder_source": str(tmp_path / "small"),
        "text_encoder_source": "google-bert/bert-base-uncased",
    }
    text = card(METRICS, hparams)
    assert "wav2vec2, begun from a local folder, small" in text
    assert "bert, begun from google-bert/bert-base-uncased" in text
    assert str(tmp_path) not in text


def test_titles_are_in_order(card):
    titles = [x[3:] for x in card(METRICS).splitlines() if x[:3] == "## "]
    assert titles == [
        "Use",
        "Data and protocol",
        "Metrics",
        "Model",
        "Intended use, and limits",
        "Licence",
    ]


def test_sets_that_lack_classes_or_share_recordings_are_said(card):
    absent = {"valid": ["fea", "sur"], "test": ["fea"]}
    facts = {"absent_classes": absent, "n_same_recording": 1200}
    text = card({**METRICS, **facts})
    for line in (
        "- no utterance of fea, sur in the validation set: the epoch was "
        "chosen by the other classes alone\n",
        "- no utterance of fea in the test set: the figures are of the other "
        "classes alone\n",
        "- 1,200 utterances have a recording that another set has too: ",
    ):
        assert line in text
    assert "no utterance" not in card(METRICS)


def test_words_of_others_are_text(make_model):
    """What Markdown, HTML or a terminal would read as more."""
    labels = ["a|b", "<img src=x>", "`c`", "[d](javascript:e)"]
    model = make_model()
    described = describe(model, {"labels": labels})
    hparams = {
        "data_folder": "/data/<script>|",
        "best_metric": "UA|<b>",
        "audio_encoder_source": "x/<i>\x1b[2J",
    }
    metrics = {**METRICS, "texts": "<u>|", "protocol": "`p`"}
    text = model_card(described, model, metrics, hparams, "cc<b>|\n# x")
    _, _, body = text.partition("\n---\n")
    for odd in ("<img", "<script", "<b>", "<i>", "<u>", "`p`", "`c`", "](java"):
        assert odd not in body.replace(f"\\{odd}", "")
    assert "\x1b" not in text and "\n# x" not in body
    assert r"a\|b" in body
    assert ModelCard(text).data.to_dict()["license"] == "cc<b>|\n# x"
