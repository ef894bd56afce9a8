"""What the best possible observer gets right in a synthesised corpus.

Authors
 * The turbo_sb developers 2026
"""

import numpy as np

from turbo_sb.demo.process import (
    AROUSAL,
    EMOTIONS,
    PROSODY_SD,
    VALENCE,
    Process,
    possible_cues,
    prosody_mean,
)


def ceilings(
    process: Process, n_draws: int = 200_000, seed: int = 0
) -> dict[str, float]:
    """The Bayes accuracies of a process: by chance, audio, text, and both.

    The emotions are equally frequent, so WA equals UA. "text" is exact; the
    others are means over draws, with a standard error below 0.001. They are of
    an observer who knows the process and the speaker's offsets, and who reads
    rate, pitch, range and volume before rounding; a model has only the samples.
    "audio" is prosody alone, without the words in the sound.
    """
    says, cues = _channel(process.prosody, AROUSAL)
    writes, _ = _channel(process.words, VALENCE)
    means = np.array([prosody_mean(cue) for cue in cues]) / PROSODY_SD
    return bayes_accuracies(says, writes, means, n_draws, seed)


def bayes_accuracies(
    says: np.ndarray,
    writes: np.ndarray,
    means: np.ndarray,
    n_draws: int,
    seed: int,
) -> dict[str, float]:
    """The Bayes accuracies of two channels that share the class alone.

    `says` and `writes` are P(cue | class), shape (classes, cues), of prosody
    and words; `means`, shape (cues, features), is in standard deviations.

    >>> sure, far = np.eye(2), np.array([[-9.0], [9.0]])
    >>> bayes_accuracies(sure, np.full((2, 1), 1), far, n_draws=10, seed=0)
    {'chance': 0.5, 'audio': 1.0, 'text': 0.5, 'both': 1.0}
    """
    rng = np.random.default_rng(seed)
    classes = rng.integers(len(says), size=n_draws)
    prosody_drawn = _draw_columns(says[classes], rng)  # (draws,)
    words_drawn = _draw_columns(writes[classes], rng)
    heard = _densities(prosody_drawn, means, rng) @ says.T
    read = writes.T[words_drawn]  # both (draws, classes)
    return {
        "chance": 1 / len(says),
        "audio": _accuracy(heard),
        "text": float(writes.max(axis=0).sum() / len(writes)),
        "both": _accuracy(heard * read),
    }


def _channel(shares, pairs):
    """P(cue | emotion), shape (emotions, cues), and the cues' names."""
    cues = [*EMOTIONS, *pairs, "any"]
    table = np.zeros((len(EMOTIONS), len(cues)))
    for row, emotion in zip(table, EMOTIONS):
        for kind, cue in possible_cues(emotion, pairs).items():
            row[cues.index(cue)] += shares[kind]
    return table, cues


def _draw_columns(probabilities, rng):
    """Draw a column for each row, (draws, columns) -> (draws,)."""
    edges = probabilities.cumsum(axis=1)
    edges[:, -1] = 1  # not a rounding error below it
    return (rng.random((len(edges), 1)) >= edges).sum(axis=1)


def _densities(drawn, means, rng):
    """Draw each cue's prosody; its density under every cue, up to a factor."""
    prosody = means[drawn] + rng.standard_normal((len(drawn), means.shape[1]))
    squares = ((prosody[:, None] - means) ** 2).sum(axis=2)
    nearest = squares.min(axis=1, keepdims=True)  # keeps exp from vanishing
    return np.exp((nearest - squares) / 2)


def _accuracy(likelihoods):
    """The mean posterior of the most probable class."""
    best = likelihoods.max(axis=1) / likelihoods.sum(axis=1)
    return float(best.mean())
