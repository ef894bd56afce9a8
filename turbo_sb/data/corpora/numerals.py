"""English numbers in words, as a speaker says them.

Authors
 * The turbo_sb developers 2026
"""

import re

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
HALF_OF_DAY = re.compile(r"(?<=\d)(?=[ap]m\b)")


def spell_number(number: int) -> str:
    """Spell a whole number.

    Arguments
    ---------
    number : int
        From 0 to 999,999,999,999.

    Returns
    -------
    words : str

    Example
    -------
    >>> spell_number(1042)
    'one thousand forty two'
    """
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
    return f"{head} {spell_number(rest)}" if rest else head


def spell_numbers(text: str) -> str:
    """Spell the numbers in a text of lower case.

    Whole and decimal numbers, with a sign or not, ordinals, times of day,
    percent and degrees. A number with a zero in front is read digit by digit.
    What may be said in several ways stays: prices, fractions, dates,
    ranges, "mp3".

    Arguments
    ---------
    text : str
        In lower case.

    Returns
    -------
    text : str

    Example
    -------
    >>> spell_numbers("at 7:05am the 21st, -1.50 and 1,200; 3/4")
    'at seven oh five am the twenty first, minus one point five zero and
    one thousand two hundred; 3/4'
    """
    text = TIME.sub(_spell_time, DOTTED_TIME.sub(r"\1:\2", text))
    text = HALF_OF_DAY.sub(" ", text)
    text = THOUSANDS.sub(lambda match: match[0].replace(",", ""), text)
    text = NEGATIVE.sub(" minus ", text)
    text = ORDINAL.sub(_spell_ordinal, text)
    text = NUMBER.sub(_spell_match, text)
    for symbol, word in SYMBOLS.items():
        text = text.replace(symbol, f" {word} ")
    return " ".join(text.split())


def _spell_time(match):
    """Say 5:30, 7:05, 3:00 pm and 3:00; leave 15:00, said in several ways."""
    hour, minute, half = int(match[1]), int(match[2]), match[3]
    if hour > 23 or not (minute or half or 1 <= hour <= 12):
        return match[0]
    words = spell_number(hour)
    if minute:
        oh = "oh " if minute < 10 else ""
        return f"{words} {oh}{spell_number(minute)} "
    return f"{words} " if half else f"{words} o'clock "


def _spell_ordinal(match):
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
    return [SMALL[int(digit)] for digit in text]
