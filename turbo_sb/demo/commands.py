"""The sentences of the device-directed corpus: commands, talk, and between.

A sentence of the row "directed" can only be a command to a device, one of
"non_directed" only talk about things, and one of "any" may be either. The
three rows fill the same slots from the same lists and are about equally long,
so only the carrier tells them apart. No carrier is in two rows. Lower case and
no punctuation, as a recogniser writes: espeak-ng would sing a question mark.

Authors
 * The turbo_sb developers 2026
"""

CARRIERS = {
    "directed": (
        "turn up the {thing} before {when}",
        "set the {thing} again for {when}",
        "switch off the {thing} by {when}",
        "start the {thing} up for {when}",
        "wake me with the {thing} at {when}",
        "cancel the {thing} after {when}",
    ),
    "non_directed": (
        "he lost the {thing} after {when}",
        "we heard the {thing} before {when}",
        "she bought the {thing} after {when}",
        "she missed the {thing} after {when}",
        "they like the {thing} after {when}",
        "i saw her {thing} before {when}",
    ),
    "any": (
        "turn it off again after {when}",
        "could you play that again at {when}",
        "what time does the {thing} stop",
        "no just leave it on until {when}",
        "is the {thing} still on at {when}",
        "stop it again until {when}",
    ),
}
THINGS = ("alarm", "heating", "kettle", "music", "oven", "radio", "timer")
TIMES = ("breakfast", "dinner", "midnight", "seven", "sunset")

# Every word that a sentence can hold, sorted: a tokenizer's vocabulary.
WORDS = sorted(
    {
        word
        for row in CARRIERS.values()
        for carrier in row
        for word in carrier.split()
        if not word.startswith("{")
    }.union(THINGS, TIMES)
)


def draw_command(row, rng):
    """Make a sentence of one row.

    Arguments
    ---------
    row : str
        A key of `CARRIERS`.
    rng : numpy.random.Generator
        Chooses the carrier, the thing and the time, each uniformly.

    Returns
    -------
    text : str

    Example
    -------
    >>> import numpy as np
    >>> draw_command("directed", np.random.default_rng(2))
    'cancel the heating after breakfast'
    """
    carrier = CARRIERS[row][rng.integers(len(CARRIERS[row]))]
    thing = THINGS[rng.integers(len(THINGS))]
    when = TIMES[rng.integers(len(TIMES))]
    return carrier.format(thing=thing, when=when)
