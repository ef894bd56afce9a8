"""One form for the texts of all corpora, so that it does not tell them apart.

LibriSpeech is in capitals without punctuation, AMI writes "L_C_D_", Timers and
Such "5:30PM": a classifier would read the corpus from the spelling.

Authors
 * The turbo_sb developers 2026
"""

import re
import unicodedata

from turbo_sb.data.corpora.numerals import spell_numbers

LETTERS = str.maketrans(
    {"\u2019": "'", "\u2018": "'", "`": "'", "æ": "ae", "œ": "oe", "ø": "o"}
)
# "p.m." and "p. m." are one word, as in "five pm".
HALF_OF_DAY = re.compile(r"(?<![a-z])([ap])\. ?m\b\.?")
UNSPOKEN = re.compile(r"[^a-z0-9' ]+")


def normalise_text(text: str) -> str:
    """Bring a transcript into lower-case words.

    Lower case; no accents; numbers, times and ordinals spelt out
    (`spell_numbers`); no punctuation but apostrophes inside a word; hyphens and
    underscores are spaces; single spaces. Digits are left only where it is
    not known how they were said, as in "mp3" or "$5.20".

    Arguments
    ---------
    text : str
        As a corpus has it.

    Returns
    -------
    text : str
        May be empty.

    Example
    -------
    >>> normalise_text("Don't wake co-workers at 5:30PM, 'cause\u2026")
    "don't wake co workers at five thirty pm cause"
    """
    text = unicodedata.normalize("NFKD", text.casefold().translate(LETTERS))
    text = "".join(c for c in text if not unicodedata.combining(c))
    # NFKD writes one half as 1/2 with a slash of its own.
    text = HALF_OF_DAY.sub(r"\1m", text.replace("\u2044", "/"))
    words = UNSPOKEN.sub(" ", spell_numbers(text)).split()
    return " ".join(word.strip("'") for word in words if word.strip("'"))
