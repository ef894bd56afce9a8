"""A model card, as the Hugging Face Hub renders it.

Authors
 * The turbo_sb developers 2026
"""

from pathlib import Path

from huggingface_hub import EvalResult, ModelCardData

NAMES = {
    "WA": "weighted accuracy",
    "UA": "unweighted accuracy",
    "ACC": "accuracy",
    "EER": "equal error rate",
    "AUC": "area under the ROC curve",
}
# By modalities: in Python, and from the shell.
USES = {
    ("audio", "text"): (
        'classify_file("a.wav", text="...")',
        'a.wav --text "..."',
    ),
    ("audio",): ('classify_file("a.wav")', "a.wav"),
    ("text",): ('classify_batch(None, texts=["..."])', '--text "..."'),
}
UNSTATED = """\
Not stated by whoever exported this. The licences of the corpus and of the
pre-trained encoders apply to what was learnt from them."""
USE = """\
Research on classifying speech from its audio and its words. What was learnt is
one corpus's labels, speakers, language and channel: on others, measure first.
A predicted emotion is how listeners labelled similar speech, not what somebody
feels; do not decide on people by it."""
TEMPLATE = """\
---
{header}
---

# {title}

Classifies speech from its audio and its words into {labels}. Trained with
turbo_sb, a plugin for [SpeechBrain](https://speechbrain.github.io) that implements
*Turbo your multi-modal classification with contrastive learning* (Zhang et al.,
2024).

## Use
```python
from turbo_sb.inference.classifier import TurboClassifier

classifier = TurboClassifier.from_hparams("FOLDER")
probabilities, score, index, label = classifier.{call}
```
or `turbo-sb predict FOLDER {arguments}`.{missing}
Loading this folder runs no code from it, and needs no network.

## Data and protocol
{data}

## Metrics
{metrics}

## Model
{model}

## Intended use, and limits
{use}

## Licence
{licence}
"""


def model_card(settings, model, metrics=None, hparams=None, licence=None):
    """Describe a model and what is known of it, and nothing else.

    Arguments
    ---------
    settings : dict
        Of `turbo_sb.inference.trained_run.describe`.
    model : TurboModel
        The model.
    metrics : dict, optional
        The contents of its metrics.json.
    hparams : dict, optional
        Of its training.
    licence : str, optional
        As the hub calls it.

    Returns
    -------
    card : str
        Markdown with a YAML header.
    """
    metrics, hparams = metrics or {}, hparams or {}
    call, arguments = USES[tuple(settings["model"]["modalities"])]
    return TEMPLATE.format(
        header=_header(settings, metrics, hparams, licence),
        title=_title(settings),
        labels=", ".join(settings["labels"]),
        call=call,
        arguments=arguments,
        missing=_missing(settings["model"]),
        data=_data(metrics, hparams),
        metrics=_metrics(metrics),
        model=_model(settings, model, hparams),
        use=USE,
        licence=licence or UNSTATED,
    )


def _missing(model):
    """What it does without one of two modalities."""
    if len(model["modalities"]) < 2:
        return ""
    return " Without the words, or without audio, it " + (
        "was trained to predict from the other alone."
        if model["modality_dropout"] > 0
        else "was not trained (modality_dropout: 0): zeros take their place."
    )


def _title(settings):
    modalities = " and ".join(settings["model"]["modalities"])
    return f"turbo_sb: {modalities} to {', '.join(settings['labels'])}"


def _data_name(hparams):
    return Path(str(hparams.get("data_folder") or "unknown")).name


def _header(settings, metrics, hparams, licence):
    results = [
        EvalResult(
            task_type="audio-classification",
            dataset_type=metrics["protocol"],
            dataset_name=f"{_data_name(hparams)}, {metrics['protocol']}, "
            f"fold {metrics['fold']}",
            dataset_split="test",
            metric_type=name.lower(),
            metric_name=NAMES[name],
            metric_value=metrics[name],
        )
        for name in NAMES
        if metrics.get(name) is not None
    ]
    named = {"model_name": _title(settings), "eval_results": results}
    return ModelCardData(
        license=licence or "other",
        library_name="speechbrain",
        pipeline_tag="audio-classification",
        tags=["speechbrain", "turbo_sb", "audio-text", "contrastive-learning"],
        **(named if results else {}),
    ).to_yaml()


def _data(metrics, hparams):
    if not metrics:
        return (
            "Not known: this model was exported without its training's files."
        )
    lines = [
        f"- data: {_data_name(hparams)}",
        f"- protocol: {metrics['protocol']}, fold {metrics['fold']}, seed "
        f"{metrics['seed']}: one training, one test set",
        f"- test utterances: {metrics['n']:,}",
        f"- epoch: {metrics['best_epoch']}, chosen on the validation set by "
        f"{hparams.get('best_metric')}",
    ]
    texts = metrics.get("texts")
    return "\n".join([*lines, f"- texts: {texts}"] if texts else lines)


def _metrics(metrics):
    """A row for each way to predict that was tested."""
    if not metrics:
        return "Not known."
    names = [name for name in NAMES if metrics.get(name) is not None]
    rows = {"audio and words": metrics}
    for modality in ("audio", "text"):
        if found := metrics.get(f"{modality}_only"):
            rows[f"{modality} only"] = found
    if len(rows) == 1:
        rows = {"test": metrics}
    lines = ["| | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for title, found in rows.items():
        cells = [
            "" if found.get(name) is None else f"{found[name]:.4f}"
            for name in names
        ]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    legend = "; ".join(f"{name}: {NAMES[name]}" for name in names)
    return "\n".join(lines) + (
        f"\n\n{legend}. One fold and one seed: other folds and seeds differ."
    )


def _model(settings, model, hparams):
    size = sum(p.numel() for p in model.parameters())
    lines = [f"- parameters: {size:,}"]
    for name, encoder in model.encoders.items():
        source = hparams.get(f"{name}_encoder_source", "not known")
        if Path(source).is_dir():
            source = f"a local folder, {Path(source).name}"
        kind = encoder.model.config.model_type
        lines.append(f"- {name} encoder: {kind}, begun from {source}")
    for key in ("lambda_ce", "temperature", "batch_size", "lr", "dropout"):
        if key in hparams:
            lines.append(f"- {key}: {hparams[key]}")
    lines += [f"- {key}: {value}" for key, value in settings["model"].items()]
    return "\n".join(lines)
