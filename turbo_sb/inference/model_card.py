"""A model card, as the Hugging Face Hub renders it.

Authors
 * The turbo_sb developers 2026
"""

from pathlib import Path

from huggingface_hub import EvalResult, ModelCard, ModelCardData

from turbo_sb.utils.escaping import markdown

TEMPLATE = Path(__file__).parent / "templates" / "model_card.md"
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
OF_TRAINING = (
    *("lambda_ce", "temperature", "batch_size", "lr"),
    *("dropout", "head_dropout"),
)


def model_card(
    settings: dict,
    model,
    metrics: dict | None = None,
    hparams: dict | None = None,
    licence: str | None = None,
) -> str:
    """Describe a model, with metrics.json and the training's YAML if known."""
    metrics, hparams = metrics or {}, hparams or {}
    own = settings["model"]
    modalities = own["modalities"]
    call, arguments = USES[tuple(modalities)]
    labels = ", ".join(settings["labels"])
    title = f"turbo_sb: {' and '.join(modalities)} to {labels}"
    data_name = Path(str(hparams.get("data_folder") or "unknown")).name
    scores = {k: v for k, v in NAMES.items() if metrics.get(k) is not None}
    card = ModelCard.from_template(
        _header(title, data_name, scores, metrics, licence),
        template_path=str(TEMPLATE),
        title=markdown(title),
        labels=markdown(labels),
        call=call,
        arguments=arguments,
        modality_dropout=own["modality_dropout"] if modalities[1:] else None,
        data_name=markdown(data_name),
        best_metric=markdown(hparams.get("best_metric")),
        metrics=_escaped(metrics),
        scores=scores,
        rows=_rows(metrics),
        parameters=sum(p.numel() for p in model.parameters()),
        encoders=_encoders(model, hparams),
        settings=_escaped(
            {k: hparams[k] for k in OF_TRAINING if k in hparams} | own
        ),
        licence=licence and markdown(licence),
    )
    return str(card)


def _escaped(values):
    """Values as Markdown, where they are words of others."""
    return {
        key: markdown(value) if isinstance(value, str) else value
        for key, value in values.items()
    }


def _header(title, data_name, scores, metrics, licence):
    """Return the metadata that the hub reads."""
    results = [
        EvalResult(
            task_type="audio-classification",
            dataset_type=metrics["protocol"],
            dataset_name=f"{data_name}, {metrics['protocol']}, "
            f"fold {metrics['fold']}",
            dataset_split="test",
            metric_type=name.lower(),
            metric_name=meaning,
            metric_value=metrics[name],
        )
        for name, meaning in scores.items()
    ]
    named = {"model_name": title, "eval_results": results}
    return ModelCardData(
        license=licence or "other",
        library_name="speechbrain",
        pipeline_tag="audio-classification",
        tags=["speechbrain", "turbo_sb", "audio-text", "contrastive-learning"],
        **(named if results else {}),
    )


def _rows(metrics):
    """Map each tested way to predict to its metrics."""
    rows = {
        f"{name} only": metrics[f"{name}_only"]
        for name in ("audio", "text")
        if metrics.get(f"{name}_only")
    }
    return {"audio and words" if rows else "test": metrics, **rows}


def _encoders(model, hparams):
    """Describe each encoder: its type, and which weights it started from."""
    found = {}
    for name, encoder in model.encoders.items():
        source = hparams.get(f"{name}_encoder_source", "not known")
        if Path(source).is_dir():
            source = f"a local folder, {Path(source).name}"
        kind = encoder.model.config.model_type
        found[name] = f"{kind}, begun from {markdown(source)}"
    return found
