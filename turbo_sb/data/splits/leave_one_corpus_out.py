"""Leave one corpus out: tell whether a model knows the class or the corpus.

Authors
 * The turbo_sb developers 2026
"""

from collections import defaultdict

from turbo_sb.utils.errors import InputError, some_of


def corpora_to_leave_out(entries: dict) -> list[str]:
    """Name the corpora whose class is in another corpus too, sorted."""
    classes, corpora = defaultdict(set), defaultdict(set)
    for entry in entries.values():
        classes[entry["corpus"]].add(entry["label"])
        corpora[entry["label"]].add(entry["corpus"])
    return sorted(
        corpus
        for corpus, found in classes.items()
        if corpus and all(len(corpora[c]) > 1 for c in found)
    )


def leave_out(entries: dict, sets: dict, fold: int) -> tuple[dict, str]:
    """Train without a corpus, and test on it against the other class.

    The test set is a part of the test set of `sets`, so that results can be
    compared with those of a model that knew the corpus.

    Arguments
    ---------
    entries : dict
        Utterance ID to its fields, with `corpus` and `label`.
    sets : dict
        Of `cut` or `given_split`.
    fold : int
        From 1: the k-th corpus, sorted, whose class has another corpus too.

    Returns
    -------
    sets : dict
        `train`, `valid` and `test`.
    corpus : str
        The one that is left out.

    Raises
    ------
    InputError
        If an utterance has no corpus, no class has two, or there is no such
        fold.

    Example
    -------
    >>> pairs = [("slurp", "directed"), ("fsc", "directed"), ("ami", "other")]
    >>> entries = {c: {"corpus": c, "label": l} for c, l in pairs}
    >>> every = {"train": entries, "valid": entries, "test": entries}
    >>> sets, out = leave_out(entries, every, fold=1)
    >>> out, list(sets["train"]), list(sets["test"])
    ('fsc', ['slurp', 'ami'], ['fsc', 'ami'])
    """
    blank = [name for name, entry in entries.items() if not entry["corpus"]]
    if 0 < len(blank) < len(entries):  # they may be of the one left out
        raise InputError(
            f"protocol=corpus: {len(blank)} of {len(entries)} utterances have "
            f"no corpus:\n{some_of(blank)}\nFill in the column."
        )
    corpora = corpora_to_leave_out(entries)
    if type(fold) is not int or not 1 <= fold <= len(corpora):
        which = [f"{k} {name}" for k, name in enumerate(corpora, start=1)]
        raise InputError(
            f"protocol=corpus, fold={fold}: corpora that can be left out: "
            f"{', '.join(which) or 'none'}. A class needs two corpora or more "
            "in the manifest's column corpus."
        )
    out = corpora[fold - 1]
    own = {e["label"] for e in entries.values() if e["corpus"] == out}
    kept = {
        s: {n: e for n, e in part.items() if e["corpus"] != out}
        for s, part in sets.items()
    }
    kept["test"] = {
        n: e
        for n, e in sets["test"].items()
        if e["corpus"] == out or e["label"] not in own
    }
    return kept, out
