"""Give the texts of all corpora one form, so that it does not reveal them.

LibriSpeech is in capitals without punctuation, AMI writes "L_C_D_", Timers and
Such "5:30PM": a classifier would know the corpus by the spelling. Numbers are
our own: other normalisers write "5:30PM" and "FIVE THIRTY P M" differently.

Authors
 * The turbo_sb developers 2026
"""

import re
import unicodedata

SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve "
    "thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
).split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
SCALES = ((10**9, "billion"), (10**6, "million"), (1000, "thousand"))
LARGEST = 10**12 - 1
ORDINALS = {
    **dict(one="first", two="second", three="third", five="fifth"),
    **dict(eight="eighth", nine="ninth", twelve="twelfth"),
}
SYMBOLS = {"%": "percent", "°": "degrees", "+": "plus", "&": "and"}

TIME = re.compile(r"(?<![\w:.])(\d{1,2}):([0-5]\d)(?![\d:])(?=\s*([ap]m\b)?)")
THOUSANDS = re.compile(r"(?<![\w.,])\d{1,3}(,\d{3})+(?![\d,])")
NEGATIVE = re.compile(r"(?<![\w.)])[-\u2212](?=\.?\d)")
ORDINAL = re.compile(r"(?<![\w$£€/.])(\d+)(?:st|nd|rd|th)\b")
# Not a part of a word, a price, a fraction, a date, a range or a version.
NUMBER = re.compile(
    r"(?<![\w$£€/:.])(?<!\d[-\u2013'])(\d+(?:\.\d+)?|\.\d+)"
    r"(?![\w/:]|[-.\u2013']\d)"
)
DOTTED_TIME = re.compile(r"(?<![\w.])(\d{1,2})\.([0-5]\d)(?=\s*[ap]m\b)")
BEFORE_HALF = re.compile(r"(?<=\d)(?=[ap]m\b)")
LETTERS = str.maketrans(
    {"\u2019": "'", "\u2018": "'", "`": "'", "æ": "ae", "œ": "oe", "ø": "o"}
)
# "p.m." and "p. m." are one word, as in "five pm".
HALF_OF_DAY = re.compile(r"(?<![a-z])([ap])\. ?m\b\.?")
UNSPOKEN = re.compile(r"[^a-z0-9' ]+")


def normalise_text(text: str) -> str:
    """Write a transcript as lower-case words without accents or punctuation.

    Apostrophes stay inside a word, hyphens become spaces, and digits stay only
    where it is unknown how they were said, as in "mp3" or "$5.20".
    """
    text = unicodedata.normalize("NFKD", text.casefold().translate(LETTERS))
    text = "".join(c for c in text if not unicodedata.combining(c))
    # NFKD writes one half as 1/2 with a slash of its own.
    text = HALF_OF_DAY.sub(r"\1m", text.replace("\u2044", "/"))
    words = UNSPOKEN.sub(" ", spell_numbers(text)).split()
    return " ".join(word.strip("'") for word in words if word.strip("'"))


def spell_number(number: int) -> str:
    """Spell a whole number from 0 to 999,999,999,999."""
    for scale, name in SCALES:
        if number >= scale:
            head = f"{spell_number(number // scale)} {name}"
            return _join(head, number % scale)
    if number >= 100:
        return _join(f"{SMALL[number // 100]} hundred", number % 100)
    if number >= 20:
        return _join(TENS[number // 10 - 2], number % 10)
    return SMALL[number]


def _join(head, rest):
    """Append a rest that is not 0."""
    return f"{head} {spell_number(rest)}" if rest else head


def spell_numbers(text: str) -> str:
    """Spell numbers, ordinals, times and units in a text of lower case."""
    # What may be said in several ways stays: prices, fractions, dates, ranges.
    text = TIME.sub(_spell_time, DOTTED_TIME.sub(r"\1:\2", text))
    text = BEFORE_HALF.sub(" ", text)
    text = THOUSANDS.sub(lambda match: match[0].replace(",", ""), text)
    text = NEGATIVE.sub(" minus ", text)
    text = ORDINAL.sub(_spell_ordinal, text)
    text = NUMBER.sub(_spell_match, text)
    for symbol, word in SYMBOLS.items():
        text = text.replace(symbol, f" {word} ")
    return " ".join(text.split())


def _spell_time(match):
    """Spell 5:30, 7:05, 3:00 pm and 3:00, but not 15:00."""
    hour, minute, half = int(match[1]), int(match[2]), match[3]
    if hour > 23 or not (minute or half or 1 <= hour <= 12):
        return match[0]
    words = spell_number(hour)
    if minute:
        oh = "oh " if minute < 10 else ""
        return f"{words} {oh}{spell_number(minute)} "
    return f"{words} " if half else f"{words} o'clock "


def _spell_ordinal(match):
    """Spell 21st."""
    number = int(match[1])
    if not 0 < number <= LARGEST or match[1][0] == "0":
        return match[0]
    *head, last = spell_number(number).split()
    if last.endswith("y"):
        last = f"{last[:-1]}ieth"
    else:
        last = ORDINALS.get(last, f"{last}th")
    return " ".join([*head, last])


def _spell_match(match):
    """Spell a whole or decimal number."""
    whole, _, decimals = match[1].partition(".")
    if len(whole) > len(str(LARGEST)):
        return match[0]
    words = [spell_number(int(whole))] if whole else []
    if whole.startswith("0"):
        words = _digits(whole)
    if decimals:
        words += ["point", *_digits(decimals)]
    return " ".join(words)


def _digits(text):
    """Spell digit by digit."""
    return [SMALL[int(digit)] for digit in text]
