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
    says, cues = _channel(process.prosody, AROUSAL)
    writes, _ = _channel(process.words, VALENCE)
    means = np.array([prosody_mean(cue) for cue in cues]) / PROSODY_SD
    return bayes_accuracies(says, writes, means, n_draws, seed)


def bayes_accuracies(says, writes, means, n_draws, seed):
    """Return the Bayes accuracies of two channels that share the class alone.

    The classes are equally frequent. "text" is exact; "audio" and "both" are
    means over draws.

    Arguments
    ---------
    says : (classes, cues) numpy.ndarray
        P(prosody's cue | class).
    writes : (classes, cues) numpy.ndarray
        P(words' cue | class); the text tells its cue.
    means : (cues, features) numpy.ndarray
        Mean prosody of each of its cues, in standard deviations.
    n_draws : int
        Utterances drawn.
    seed : int
        Of these draws.

    Returns
    -------
    accuracies : dict of str to float
        "chance", "audio", "text" and "both", each from 0 to 1.

    Example
    -------
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


def _densities(drawn, means, rng):
    """Draw the prosody of each cue, and weigh it under every cue.

    Up to a factor that is the same for all cues; (draws,) -> (draws, cues).
    """
    prosody = means[drawn] + rng.standard_normal((len(drawn), means.shape[1]))
    squares = ((prosody[:, None] - means) ** 2).sum(axis=2)
    nearest = squares.min(axis=1, keepdims=True)  # keeps exp from vanishing
    return np.exp((nearest - squares) / 2)


def _accuracy(likelihoods):
    """Return the mean posterior of the most probable class."""
    best = likelihoods.max(axis=1) / likelihoods.sum(axis=1)
    return float(best.mean())
