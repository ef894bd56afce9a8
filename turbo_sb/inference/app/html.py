"""The texts of the page as HTML; what a user wrote is escaped.

Authors
 * The turbo_sb developers 2026
"""

import textwrap
from html import escape

from turbo_sb.inference.app.views import VIEWS, Look

SHOWN = 160  # characters of the words; the text box has them all
CSS = """
.turbo h2 { margin: 0 0 .3em; }
.turbo p { margin: 0 0 .4em; overflow-wrap: anywhere; }
.turbo .note, .turbo .error { border-left: 4px solid; padding-left: .6em; }
.turbo .note { border-color: #d97706; }
.turbo .error { border-color: #dc2626; }
"""
# IEMOCAP's names of emotions.
WORDS = {
    "ang": "angry",
    "dis": "disgusted",
    "exc": "excited",
    "fea": "fearful",
    "fru": "frustrated",
    "hap": "happy",
    "neu": "neutral",
    "oth": "other",
    "sad": "sad",
    "sur": "surprised",
}


def in_words(labels: list[str]) -> dict[str, str]:
    """Map labels to words, or to themselves if two would have the same."""
    found = {x: WORDS.get(x, x.replace("_", " ").strip() or x) for x in labels}
    if len(set(found.values())) < len(found):
        return {x: x for x in labels}
    return found


def head(title: str, labels: list[str], modalities: list[str]) -> str:
    """Return the first lines of the page."""
    classes = ", ".join(in_words(labels).values())
    takes = " and ".join(modalities)
    return (
        f"<h1>{escape(title)}</h1>"
        f"<p>Classes: {escape(classes)}. From {takes}.</p>"
    )


def line(text: str, kind: str) -> str:
    """Return a paragraph; a screen reader says an "error" at once."""
    role = ' role="alert"' if kind == "error" else ""
    return f'<p class="{kind}"{role}>{escape(text)}</p>'


def result(found: Look, labels: list[str]) -> str:
    """Return the class and its probability, what was classified, and notes."""
    view, shares = next(iter(found.probabilities.items()))
    best = max(shares, key=shares.get)
    headline = f"{in_words(labels)[best]}: {shares[best]:.1%}"
    what = [f"from {' and '.join(VIEWS[view])}"]
    if found.seconds is not None:
        what.append(f"{found.seconds:.2f} s of audio")
    if found.text is not None:
        words = textwrap.shorten(found.text, SHOWN, placeholder="…")
        what.append(f"“{words}”")
    parts = [f"<h2>{escape(headline)}</h2>"]
    parts.append(line(f"Classified {', '.join(what)}", "said"))
    return "".join([*parts, *(line(note, "note") for note in found.notes)])
