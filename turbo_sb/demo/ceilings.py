"""What the best possible observer gets right in the synthesised corpus.

Authors
 * The turbo_sb developers 2026
"""

import numpy as np

from turbo_sb.demo.process import (
    AROUSAL,
    EMOTIONS,
    PROSODY_SD,
    VALENCE,
    possible_cues,
    prosody_mean,
)


def ceilings(process, n_draws=200_000, seed=0):
    """Return the Bayes accuracies of a process, for each modality and both.

    The emotions are equally frequent, so accuracy is weighted and unweighted
    accuracy at once. The text's ceiling is exact. The other two are means
    over draws from the process, with a standard error below 0.001 for the
    default number. They belong to an observer who knows the process and the
    speaker's offsets, and reads rate, pitch, range and volume before they are
    rounded and clipped; a model has only the samples. "audio" is prosody
    alone: who could also recognise the words in the sound would have "both".

    Arguments
    ---------
    process : Process
        How often each modality says what.
    n_draws : int
        Utterances drawn for the Monte-Carlo means.
    seed : int
        Of these draws.

    Returns
    -------
    accuracies : dict of str to float
        "chance", "audio", "text" and "both", each from 0 to 1.

    Example
    -------
    >>> from turbo_sb.demo.process import COMPLEMENTARY
    >>> for name, accuracy in ceilings(COMPLEMENTARY).items():
    ...     print(f"{name} {accuracy:.2f}")
    chance 0.25
    audio 0.80
    text 0.75
    both 1.00
    """
    rng = np.random.default_rng(seed)
    emotions = rng.integers(len(EMOTIONS), size=n_draws)
    says, prosody_cues = _channel(process.prosody, AROUSAL)
    writes, _ = _channel(process.words, VALENCE)

    prosody_drawn = _draw_columns(says[emotions], rng)  # (draws,)
    words_drawn = _draw_columns(writes[emotions], rng)
    heard = _densities(prosody_drawn, prosody_cues, rng) @ says.T
    read = writes.T[words_drawn]  # both (draws, emotions)
    return {
        "chance": 1 / len(EMOTIONS),
        "audio": _accuracy(heard),
        "text": float(writes.max(axis=0).sum() / len(EMOTIONS)),
        "both": _accuracy(heard * read),
    }


def _channel(shares, pairs):
    """Return P(cue | emotion), (emotions, cues), and the cues' names."""
    cues = [*EMOTIONS, *pairs, "any"]
    table = np.zeros((len(EMOTIONS), len(cues)))
    for row, emotion in zip(table, EMOTIONS):
        for kind, cue in possible_cues(emotion, pairs).items():
            row[cues.index(cue)] += shares[kind]
    return table, cues


def _draw_columns(probabilities, rng):
    """Draw one column of each row, (draws, columns) -> (draws,)."""
    edges = probabilities.cumsum(axis=1)
    edges[:, -1] = 1  # not a rounding error below it
    return (rng.random((len(edges), 1)) >= edges).sum(axis=1)


def _densities(drawn, cues, rng):
    """Draw the prosody of each cue, and weigh it under every cue.

    Up to a factor that is the same for all cues; (draws,) -> (draws, cues).
    """
    means = np.array([prosody_mean(cue) for cue in cues]) / PROSODY_SD
    prosody = means[drawn] + rng.standard_normal((len(drawn), means.shape[1]))
    squares = ((prosody[:, None] - means) ** 2).sum(axis=2)
    nearest = squares.min(axis=1, keepdims=True)  # keeps exp from vanishing
    return np.exp((nearest - squares) / 2)


def _accuracy(likelihoods):
    """Return the mean posterior of the most probable emotion."""
    best = likelihoods.max(axis=1) / likelihoods.sum(axis=1)
    return float(best.mean())
