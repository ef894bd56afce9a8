"""What the page says, as HTML; whatever a user wrote is escaped.

Authors
 * The turbo_sb developers 2026
"""

import textwrap
from html import escape

from turbo_sb.inference.app.views import views_of

SHOWN = 160  # characters of the words; the box has them all
CSS = """
.turbo p { margin: 0 0 .4em; overflow-wrap: anywhere; }
.turbo .note, .turbo .error { border-left: 4px solid; padding-left: .6em; }
.turbo .note { border-color: #d97706; }
.turbo .error { border-color: #dc2626; }
.turbo table { width: 100%; table-layout: fixed; margin: 0 0 .6em; }
.turbo table, .turbo tr { border: 0 !important; }
.turbo th, .turbo td { padding: .4em .8em .4em 0 !important;
  border: 0 !important; text-align: left; vertical-align: top; }
.turbo th { font-weight: normal; overflow-wrap: anywhere; }
.turbo thead th { color: var(--block-label-text-color); }
.turbo td.best { font-weight: bold; }
.turbo .bar { height: .5em; border-radius: .25em;
  background: var(--border-color-primary); }
.turbo .bar div { height: 100%; border-radius: .25em; min-width: 1px;
  background: var(--body-text-color-subdued); }
.turbo .best .bar div { background: var(--primary-500); }
"""


def head(title, labels, modalities):
    """The page's first lines."""
    classes, takes = ", ".join(labels), " and ".join(modalities)
    return (
        f"<h1>{escape(title)}</h1>"
        f"<p>Classes: {escape(classes)}. From {takes}.</p>"
    )


def line(text, kind):
    """A paragraph."""
    role = ' role="alert"' if kind == "error" else ""
    return f'<p class="{kind}"{role}>{escape(text)}</p>'


def result(found, labels, modalities):
    """What was classified, its probabilities from each view, and notes."""
    what = []
    if found.seconds is not None:
        what.append(f"{found.seconds:.2f} s of audio")
    if found.text is not None:
        words = textwrap.shorten(found.text, SHOWN, placeholder="…")
        what.append(f"“{words}”")
    parts = [line(f"Classified: {', '.join(what)}", "said")]
    parts.append(_table(found.probabilities, labels, views_of(modalities)))
    return "".join([*parts, *(line(note, "note") for note in found.notes)])


def _table(probabilities, labels, views):
    names = "".join(f"<th scope='col'>{_upper(view)}</th>" for view in views)
    best = {view: max(own, key=own.get) for view, own in probabilities.items()}
    rows = "".join(
        f"<tr><th scope='row'>{escape(label)}</th>"
        + "".join(
            _cell(probabilities[view][label], best[view] == label)
            if view in probabilities
            else "<td>–</td>"
            for view in views
        )
        + "</tr>"
        for label in labels
    )
    return (
        f"<table><thead><tr><th></th>{names}</tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def _cell(share, is_best):
    return (
        f"<td{' class=best' if is_best else ''}>{share:.1%}"
        f"<div class=bar><div style='width: {share:.1%}'></div></div></td>"
    )


def _upper(text):
    return text[0].upper() + text[1:]
