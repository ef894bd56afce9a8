"""What a training's log says, epoch by epoch.

Authors
 * The turbo_sb developers 2026
"""

import re

import numpy as np

EPOCH = re.compile(r"^epoch: (\d+), lr: \S+ - (.*)$", flags=re.MULTILINE)
VALUE = re.compile(r"((?:train|valid) [^:,]+): ([^,\s]+)")


def parse_log(text):
    """Read the epochs of a train log.

    Arguments
    ---------
    text : str
        Of train_log.txt. An epoch that was run twice, for it was interrupted
        before its checkpoint was whole, counts as it was run last.

    Returns
    -------
    curves : dict
        Name to (epochs,) numpy.ndarray.

    Example
    -------
    >>> line = "epoch: {}, lr: 0.1 - train ce: {} - valid UA: 0.5, valid WA: 0.6"
    >>> log = "\\n".join([line.format(1, 1.5), line.format(2, 1.25)])
    >>> {name: curve.tolist() for name, curve in parse_log(log).items()}
    {'train ce': [1.5, 1.25], 'valid UA': [0.5, 0.5], 'valid WA': [0.6, 0.6]}
    """
    epochs = {
        int(number): {name: float(value) for name, value in VALUE.findall(rest)}
        for number, rest in EPOCH.findall(text)
    }
    names = dict.fromkeys(name for found in epochs.values() for name in found)
    return {
        name: np.array([epochs[e].get(name, np.nan) for e in sorted(epochs)])
        for name in names
    }
