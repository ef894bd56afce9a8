"""Many utterances at once: sorted, batched, and gone on with after a stop."""

from turbo_sb.inference.prediction.batches import Prediction, predict

__all__ = ["Prediction", "predict"]
