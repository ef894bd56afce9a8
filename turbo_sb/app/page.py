"""The page: its layout, and what its button does.

Authors
 * The turbo_sb developers 2026
"""

import functools
from html import escape

from turbo_sb.app.extra import need_gradio
from turbo_sb.app.look import hears, look, views_of
from turbo_sb.errors import InputError

COLUMNS = ("ID", "label", "text", "similarity")
# The system's: gradio would fetch others.
FONTS = {
    "font": ["ui-sans-serif", "system-ui", "sans-serif"],
    "font_mono": ["ui-monospace", "monospace"],
}
CSS = """
.turbo p { margin: 0 0 .3em; overflow-wrap: anywhere; }
.turbo .note, .turbo .error { border-left: 4px solid; padding-left: .6em; }
.turbo .note { border-color: #d97706; }
.turbo .error { border-color: #dc2626; }
"""


def make_page(classifier, neighbours=None, title="turbo_sb"):
    """Lay the page out.

    Arguments
    ---------
    classifier : TurboClassifier
        The model.
    neighbours : turbo_sb.export.neighbours.Neighbours, optional
        Its training utterances.
    title : str
        What the model is called.

    Returns
    -------
    page : gradio.Blocks
    """
    gr = need_gradio()
    with gr.Blocks(title=title, analytics_enabled=False) as page:
        gr.HTML(_head(classifier, title), elem_classes="turbo")
        with gr.Row():
            with gr.Column(scale=2, min_width=300):
                audio, text = _inputs(gr, classifier)
                button = gr.Button("Classify", variant="primary")
            with gr.Column(scale=3, min_width=300):
                outputs = _outputs(gr, classifier, neighbours)
        heard = gr.State("")
        act = {
            "fn": functools.partial(answer, classifier, neighbours),
            "inputs": [audio, text],
            "outputs": [text, heard, *outputs],
        }
        button.click(**act, api_name="classify")
        text.submit(**act, api_visibility="private")
        audio.input(
            forget, [text, heard], [text, heard], api_visibility="private"
        )
    return page


def style():
    """How the page looks.

    Returns
    -------
    style : dict
        Keywords of gradio's launch.
    """
    gr = need_gradio()
    return {"theme": gr.themes.Default(**FONTS), "css": CSS}


def answer(classifier, neighbours, path, text):
    """What the button puts on the page.

    Arguments
    ---------
    classifier : TurboClassifier
        The model.
    neighbours : turbo_sb.export.neighbours.Neighbours
        None without any.
    path : str
        The recording; None without one.
    text : str
        What the text box holds.

    Returns
    -------
    text : str
        What it holds now: a recogniser's words, if it was blank.
    heard : str
        The recogniser's words; blank if it was not asked.
    lines : str
        HTML: what was classified, notes, or what is wrong.
    *probabilities : dict
        Class to probability for each of `views_of`; None for one that there
        is none of.
    rows : list of list
        Only with neighbours: a row for each, of `COLUMNS`.
    """
    views = views_of(classifier.modalities)
    try:
        found = look(classifier, path, text, neighbours)
    except InputError as error:
        empty = [None] * len(views) + [[]] * (neighbours is not None)
        return text, "", _line(error, "error"), *empty
    said = found.text or ""
    heard = "" if text and text.strip() else said
    shown = [found.probabilities.get(view) for view in views]
    if neighbours is not None:
        shown.append([_row(facts) for facts in found.neighbours])
    return said if heard else text, heard, _lines(found), *shown


def forget(text, heard):
    """Clear a recogniser's words when the recording is another one.

    Arguments
    ---------
    text : str
        What the text box holds.
    heard : str
        The recogniser's words.

    Returns
    -------
    text : str
        Blank if it held the recogniser's; else what somebody wrote there.
    heard : str
        Blank.

    Example
    -------
    >>> forget("stop it", heard="stop it"), forget("stop", heard="stop it")
    (('', ''), ('stop', ''))
    """
    return "" if text == heard else text, ""


def _inputs(gr, classifier):
    audio = gr.Audio(
        sources=["microphone", "upload"],
        type="filepath",
        label="Speech",
        visible=hears(classifier),
    )
    asks = "left blank, they are recognised" if classifier.recogniser else ""
    text = gr.Textbox(
        label=f"Words ({asks})" if asks else "Words",
        placeholder="what is said",
        lines=2,
        max_lines=6,
        visible="text" in classifier.modalities,
    )
    return audio, text


def _outputs(gr, classifier, neighbours):
    lines = gr.HTML(elem_classes="turbo")
    with gr.Row():
        shown = [
            gr.Label(label=view[0].upper() + view[1:], min_width=150)
            for view in views_of(classifier.modalities)
        ]
    if neighbours is not None:
        shown.append(_table(gr))
    return [lines, *shown]


def _table(gr):
    return gr.Dataframe(
        headers=[name[0].upper() + name[1:] for name in COLUMNS],
        datatype=["str", "str", "str", "number"],
        type="array",
        label="Nearest training utterances",
        interactive=False,
        wrap=True,
        column_widths=["22%", "20%", "40%", "18%"],
    )


def _row(facts):
    *cells, similarity = [facts[name] for name in COLUMNS]
    return [*cells, f"{similarity:.3f}"]


def _head(classifier, title):
    takes = " and ".join(classifier.modalities)
    return (
        f"<h1>{escape(title)}</h1>"
        f"<p>{escape(', '.join(classifier.labels))}: from {takes}</p>"
    )


def _lines(found):
    what = []
    if found.seconds is not None:
        what.append(f"{found.seconds:.2f} s of audio")
    if found.text is not None:
        what.append(f"“{found.text}”")
    notes = [_line(note, "note") for note in found.notes]
    return "".join([_line("Classified: " + ", ".join(what), "what"), *notes])


def _line(text, kind):
    role = ' role="alert"' if kind == "error" else ""
    return f'<p class="{kind}"{role}>{escape(str(text))}</p>'
