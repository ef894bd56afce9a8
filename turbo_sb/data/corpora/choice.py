"""Which utterances are taken, and how many of each corpus.

Authors
 * The turbo_sb developers 2026
"""

import hashlib


def hash_order(ids: list[str], seed: int) -> list[str]:
    """Put IDs in an order that is random, and the same everywhere.

    An ID's place depends on the seed and itself alone, so that an utterance
    more or less does not reorder the others.

    Arguments
    ---------
    ids : list of str
        In any order.
    seed : int
        Another one gives another order.

    Returns
    -------
    ids : list of str
        By the sha256 of "<seed>:<ID>".

    Example
    -------
    >>> hash_order(["a", "b", "c"], seed=1), hash_order(["c", "a"], seed=1)
    (['a', 'b', 'c'], ['a', 'c'])
    """
    return sorted(
        ids, key=lambda name: hashlib.sha256(f"{seed}:{name}".encode()).digest()
    )


def water_fill(total: int, available: dict) -> dict:
    """Share a number out as evenly as what is available allows.

    A larger total, or more of something, never makes a share of a larger
    total smaller; so a larger cap gives a superset.

    Arguments
    ---------
    total : int
        How many to take, at most as many as there are.
    available : dict
        Name to how many there are.

    Returns
    -------
    shares : dict
        Name to how many are taken. What is left over of an even share goes to
        the first names.

    Example
    -------
    >>> water_fill(8, {"a": 5, "b": 1, "c": 9})
    {'a': 4, 'b': 1, 'c': 3}
    """
    level, left = 0, total
    # From the scarcest: what it cannot give is shared by the others.
    for number, most in enumerate(sorted(available.values())):
        level = left // (len(available) - number)
        if level < most:
            break
        level, left = most, left - most
    shares = {name: min(most, level) for name, most in available.items()}
    left = total - sum(shares.values())
    for name in available:
        if left and shares[name] < available[name]:
            shares[name], left = shares[name] + 1, left - 1
    return shares


def plan(available: dict, labels: dict) -> dict:
    """Say how many utterances of each corpus make the classes equal.

    Arguments
    ---------
    available : dict
        Corpus to how many there are.
    labels : dict
        Corpus to its class.

    Returns
    -------
    quotas : dict
        Corpus to how many are taken.

    Example
    -------
    >>> labels = {"slurp": "directed", "fsc": "directed", "ami": "other"}
    >>> plan({"slurp": 9, "fsc": 1, "ami": 5}, labels)
    {'slurp': 4, 'fsc': 1, 'ami': 5}
    """
    classes = {}
    for corpus, number in available.items():
        classes.setdefault(labels[corpus], {})[corpus] = number
    total = min(sum(members.values()) for members in classes.values())
    shares = {}
    for members in classes.values():
        shares |= water_fill(total, members)
    return {corpus: shares[corpus] for corpus in available}
