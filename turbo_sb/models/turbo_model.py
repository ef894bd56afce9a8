"""Encoders, projections and classifier: from a batch to views and logits.

Authors
 * The turbo_sb developers 2026
"""

from collections.abc import Sequence

import torch

from turbo_sb.models.batched_encoding import check_chunk, encode
from turbo_sb.models.feature_norm import FeatureNorm, find_normed
from turbo_sb.models.fusion import Fusion
from turbo_sb.utils.errors import InputError


class TurboModel(torch.nn.Module):
    """Two encoders, a projection each, and a linear classifier.

    ``h_m = FC_m(e_m)`` for each modality m, and ``logits = W [h_a ; h_t] + b``
    (Eq. 5 of the Turbo paper), for each of `n_views` dropout draws, in one
    forward pass, as DDP needs.

    Arguments
    ---------
    audio_encoder : torch.nn.Module
        Maps waveforms, relative lengths and n_views to embeddings of shape
        (views, batch, dim); has ``dim``.
    text_encoder : torch.nn.Module
        The same for token ids.
    n_classes : int
        Size of the classifier's output.
    projection : bool
        Whether the embeddings go through FC_m. The paper's vanilla baseline
        concatenates the encoders' outputs directly.
    projection_dim : int
        Dimension of the joint space. The paper does not say.
    dropout : float
        Behind each FC_m; the classifier, being the output layer, has none.
    modalities : sequence of str
        "audio", "text" or both. With one, the other encoder is not used.
    encode_chunk : "auto", float or None
        The encoders run a batch in chunks of similar length: of at most so
        many padded seconds (a token counts as 20 ms), or of the lowest
        estimated cost. None runs the batch as it is. Loss and gradient do not
        change.
    recompute : bool
        Whether the backward pass runs each chunk again, with the same
        dropout: memory of one chunk, a third more computation.
    modality_dropout : float
        Share of the utterances, in [0, 1), whose classifier input has zeros
        for one modality in training, drawn for each view. The contrastive loss
        sees all. The paper's is 0.
    feature_norm : "auto", bool or list of str
        Whether embeddings are standardised before FC_m, by the statistics of
        the training set (`turbo_sb.training.fit_norms`): of the modalities in
        the list, of all, or of those whose family of encoders needs it.

    Example
    -------
    >>> from turbo_sb.demo.encoders import build_encoders
    >>> from turbo_sb.encoders import AudioEncoder, TextEncoder
    >>> audio, text = build_encoders(getfixture("tmp_path"))
    >>> model = TurboModel(AudioEncoder(audio), TextEncoder(text), n_classes=4)
    >>> lens = torch.ones(3)
    >>> tokens = torch.ones(3, 5, dtype=torch.long)
    >>> outputs = model(torch.rand(3, 8000), lens, tokens, lens, n_views=2)
    >>> outputs["logits"].shape, outputs["views"]["audio"].shape
    (torch.Size([2, 3, 4]), torch.Size([2, 3, 768]))
    """

    def __init__(
        self,
        audio_encoder: torch.nn.Module,
        text_encoder: torch.nn.Module,
        n_classes: int,
        projection: bool = True,
        projection_dim: int = 768,
        dropout: float = 0.2,
        modalities: Sequence[str] = ("audio", "text"),
        encode_chunk: float | str | None = "auto",
        recompute: bool = False,
        modality_dropout: float = 0.0,
        feature_norm: bool | str | list[str] = False,
    ):
        super().__init__()
        if not 0 <= dropout < 1:
            raise InputError(f"head_dropout: {dropout} is not in [0, 1).")
        if projection and projection_dim < 1:
            raise InputError(f"projection_dim: {projection_dim} is below 1.")
        known = {"audio": audio_encoder, "text": text_encoder}
        if not modalities or not set(modalities) <= set(known):
            raise InputError(
                f"modalities: {modalities}: expected [audio, text], [audio] or "
                "[text]."
            )
        check_chunk(encode_chunk)
        self.encoding = {"chunk": encode_chunk, "recompute": recompute}
        encoders = {k: v for k, v in known.items() if k in modalities}
        self.encoders = torch.nn.ModuleDict(encoders)
        self.norms = torch.nn.ModuleDict(
            {
                name: FeatureNorm(encoders[name].dim)
                for name in find_normed(feature_norm, encoders)
            }
        )
        self.projections = torch.nn.ModuleDict()
        sizes = {name: encoder.dim for name, encoder in encoders.items()}
        if projection:
            for name, size in sizes.items():
                self.projections[name] = torch.nn.Sequential(
                    torch.nn.Linear(size, projection_dim),
                    torch.nn.Dropout(dropout),
                )
                sizes[name] = projection_dim
        self.fusion = Fusion(sizes, modality_dropout)
        self.classifier = torch.nn.Linear(sum(sizes.values()), n_classes)

    def forward(
        self,
        wavs: torch.Tensor | None,
        wav_lens: torch.Tensor | list[float],
        tokens: torch.Tensor | None,
        token_lens: torch.Tensor | list[float],
        n_views: int = 1,
        present: Sequence[str] | None = None,
    ) -> dict:
        """Embed and classify a batch `n_views` times.

        Arguments
        ---------
        wavs : (batch, samples) torch.Tensor
            Padded waveforms.
        wav_lens : (batch,) torch.Tensor or list of float
            Relative lengths in [0, 1]; as a list, a device is not waited for.
        tokens : (batch, tokens) torch.LongTensor
            Padded token ids.
        token_lens : (batch,) torch.Tensor or list of float
            Relative lengths in [0, 1]; as a list, a device is not waited for.
        n_views : int
            Number of dropout draws: 2 to train Turbo, else 1.
        present : sequence of str, optional
            The modalities that there are; all, if None. The inputs of others
            may be None.

        Returns
        -------
        outputs : dict
            ``views``, each present modality to (views, batch, dim)
            torch.Tensor, and ``logits``, (views, batch, classes)
            torch.Tensor; view k pairs pass k of both modalities. In evaluation
            mode, with both of two modalities, also ``alone``: each to the
            logits without the other.

        Raises
        ------
        InputError
            If `present` is empty or has an unknown modality.
        """
        inputs = {"audio": (wavs, wav_lens), "text": (tokens, token_lens)}
        views = {
            name: self.encode(name, *inputs[name], n_views)
            for name in self._among(present)
        }
        views = {name: self.project(name, e) for name, e in views.items()}
        outputs = {"views": views, "logits": self.classify(views)}
        if not self.training and len(views) == 2:
            outputs["alone"] = {
                name: self.classify({name: view})
                for name, view in views.items()
            }
        return outputs

    def settings(self) -> dict:
        """Keywords that rebuild this model, without encoders and n_classes."""
        found = {"modalities": list(self.encoders)}
        found["projection"] = bool(self.projections)
        for linear, _ in self.projections.values():
            found["projection_dim"] = linear.out_features
        if self.norms:
            found["feature_norm"] = list(self.norms)
        return {**found, **self.fusion.describe()}

    def embed(
        self, name: str, inputs: torch.Tensor, lens: torch.Tensor | list[float]
    ) -> torch.Tensor:
        """Embeddings of one modality in the joint space, of one pass.

        Arguments
        ---------
        name : str
            "audio" or "text".
        inputs : torch.Tensor
            Its padded waveforms or token ids, as in `forward`.
        lens : (batch,) torch.Tensor or list of float
            Relative lengths in [0, 1].

        Returns
        -------
        embeddings : (1, batch, dim) torch.Tensor
        """
        return self.project(name, self.encode(name, inputs, lens))

    def encode(
        self,
        name: str,
        inputs: torch.Tensor,
        lens: torch.Tensor | list[float],
        n_views: int = 1,
    ) -> torch.Tensor:
        """Embeddings of one modality as its encoder gives them.

        Arguments
        ---------
        name : str
            "audio" or "text".
        inputs : torch.Tensor
            Its padded waveforms or token ids, as in `forward`.
        lens : (batch,) torch.Tensor or list of float
            Relative lengths in [0, 1].
        n_views : int
            Number of dropout draws.

        Returns
        -------
        embeddings : (views, batch, dim) torch.Tensor
        """
        encoder = self.encoders[name]
        return encode(encoder, inputs, lens, n_views, **self.encoding)

    def project(self, name: str, embeddings: torch.Tensor) -> torch.Tensor:
        """Embeddings of one modality in the joint space, h_m.

        Arguments
        ---------
        name : str
            "audio" or "text".
        embeddings : (views, batch, dim) torch.Tensor
            Of `encode`.

        Returns
        -------
        embeddings : (views, batch, dim) torch.Tensor
        """
        if name in self.norms:
            embeddings = self.norms[name](embeddings)
        if name in self.projections:
            return self.projections[name](embeddings)
        return embeddings

    def classify(self, views: dict[str, torch.Tensor]) -> torch.Tensor:
        """Eq. 5, with zeros for a modality that is missing.

        Arguments
        ---------
        views : dict
            Modality to (views, batch, dim) torch.Tensor, at least one.

        Returns
        -------
        logits : (views, batch, classes) torch.Tensor
        """
        return self.classifier(self.fusion(views))

    def _among(self, present):
        """The encoders' names that are present, in the classifier's order."""
        if present is None:
            return list(self.encoders)
        if not present or not set(present) <= set(self.encoders):
            raise InputError(
                f"present: {present}: expected one or more of the model's "
                f"modalities, {list(self.encoders)}."
            )
        return [name for name in self.encoders if name in present]
