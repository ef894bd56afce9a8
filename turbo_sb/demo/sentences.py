"""The sentences of the synthesised corpus: carriers, nouns and a lexicon.

A carrier and a noun say nothing about the emotion. Two different words from
one row of `LEXICON` say it, or only its valence, or nothing; no word is in
two rows, so a reader who knows the lexicon knows the row.

Authors
 * The turbo_sb developers 2026
"""

LEXICON = {
    "ang": ("furious", "hateful", "insulting", "outrageous", "rude"),
    "hap": ("delightful", "exciting", "fantastic", "joyful", "wonderful"),
    "neu": ("normal", "ordinary", "regular", "typical", "usual"),
    "sad": ("heartbreaking", "hopeless", "lonely", "miserable", "tearful"),
    "negative": ("awful", "bad", "horrible", "terrible", "wrong"),
    "non-negative": ("fine", "good", "nice", "pleasant", "right"),
    "any": ("big", "late", "long", "new", "old"),
}
NOUNS = (
    "answer",
    "dinner",
    "house",
    "letter",
    "meeting",
    "office",
    "party",
    "story",
    "trip",
)
CARRIERS = (
    "I think the {noun} was {one} and {two}.",
    "They told me the {noun} is {one}, very {two}.",
    "Look, the {noun} we have is {one} and {two}.",
    "Well, this {noun} seems {one} and {two} to me.",
    "So that {noun} today was {one}, really {two}.",
    "You said the {noun} is {one}, and it is {two}.",
)


def split_words(text):
    """Split a sentence into lower-case words without punctuation.

    Arguments
    ---------
    text : str
        Such as `draw_text` returns.

    Returns
    -------
    words : list of str

    Example
    -------
    >>> split_words("Well, this is fine.")
    ['well', 'this', 'is', 'fine']
    """
    return [word.strip(".,") for word in text.lower().split()]


# Every word that a sentence can hold, sorted: a tokenizer's vocabulary.
WORDS = sorted(
    set(split_words(" ".join(CARRIERS).format(noun="it", one="it", two="it")))
    .union(NOUNS)
    .union(*LEXICON.values())
)


def draw_text(row, rng):
    """Make a sentence with two words of one row.

    Arguments
    ---------
    row : str
        A key of `LEXICON`.
    rng : numpy.random.Generator
        Chooses the carrier, the noun and the two words, each uniformly.

    Returns
    -------
    text : str

    Example
    -------
    >>> import numpy as np
    >>> text = draw_text("sad", np.random.default_rng(1))
    >>> len(set(split_words(text)).intersection(LEXICON["sad"]))
    2
    """
    carrier = CARRIERS[rng.integers(len(CARRIERS))]
    noun = NOUNS[rng.integers(len(NOUNS))]
    one, two = rng.permutation(len(LEXICON[row]))[:2]
    return carrier.format(
        noun=noun, one=LEXICON[row][one], two=LEXICON[row][two]
    )
