"""The page: its layout, and what its button does.

Authors
 * The turbo_sb developers 2026
"""

import functools

from turbo_sb.inference.app import html
from turbo_sb.inference.app.extra import need_gradio
from turbo_sb.inference.app.views import hears, look
from turbo_sb.utils.errors import InputError

# Of the neighbours: what they are called, and how wide they are.
COLUMNS = {
    "ID": ("ID", "20%"),
    "label": ("Label", "22%"),
    "text": ("Words", "44%"),
    "similarity": ("Cosine", "14%"),
}
# The system's: gradio would fetch others.
FONTS = {
    "font": ["ui-sans-serif", "system-ui", "sans-serif"],
    "font_mono": ["ui-monospace", "monospace"],
}


def make_page(classifier, neighbours=None, title="turbo_sb"):
    """Lay the page out."""
    gr = need_gradio()
    labels, modalities = classifier.labels, classifier.modalities
    with gr.Blocks(
        title=title, analytics_enabled=False, fill_width=True
    ) as page:
        _html(gr, html.head(title, labels, modalities))
        with gr.Row():
            with gr.Column(scale=2, min_width=300):
                audio, text = _inputs(gr, classifier)
                button = gr.Button("Classify", variant="primary")
            with gr.Column(scale=3, min_width=300):
                shown = [_html(gr)]
                if neighbours is not None:
                    shown.append(_table(gr))
        heard = gr.State("")
        act = {
            "fn": functools.partial(answer, classifier, neighbours),
            "inputs": [audio, text, heard],
            "outputs": [text, heard, *shown],
        }
        button.click(**act, api_name="classify")
        text.submit(**act, api_visibility="private")
        both = [text, heard]
        audio.input(forget, both, both, api_visibility="private")
    return page


def style():
    """How the page looks."""
    gr = need_gradio()
    return {"theme": gr.themes.Default(**FONTS), "css": html.CSS}


def answer(classifier, neighbours, path, text, heard=""):
    """What the button puts on the page."""
    try:
        found = look(classifier, path, text, neighbours)
    except InputError as error:
        rows = [] if neighbours is None else [[]]
        return text, heard, html.line(str(error), "error"), *rows
    if not (text and text.strip()):
        text = heard = found.text or ""
    elif text != heard:  # edited, or written
        heard = ""
    shown = html.result(found, classifier.labels, classifier.modalities)
    rows = [] if neighbours is None else [[*map(_row, found.neighbours)]]
    return text, heard, shown, *rows


def forget(text, heard):
    """Clear a recogniser's words when the recording is another one."""
    return "" if text == heard else text, ""


def _html(gr, value=""):
    return gr.HTML(value, elem_classes="turbo", padding=False)


def _inputs(gr, classifier):
    audio = gr.Audio(
        # Not the microphone first: the browser would ask for it at once.
        sources=["upload", "microphone"],
        type="filepath",
        label="Speech",
        buttons=[],  # one of gradio's uploads to its hub
        visible=hears(classifier),
    )
    asks = " (blank: recognised)" if classifier.recogniser else ""
    text = gr.Textbox(
        label=f"Words{asks}",
        placeholder="what is said",
        lines=2,
        max_lines=6,
        visible="text" in classifier.modalities,
    )
    return audio, text


def _table(gr):
    return gr.Dataframe(
        headers=[title for title, _ in COLUMNS.values()],
        datatype="str",
        type="array",
        label="Nearest training utterances",
        interactive=False,
        wrap=True,
        column_widths=[width for _, width in COLUMNS.values()],
    )


def _row(facts):
    """One neighbour: text for `COLUMNS`."""
    return [
        f"{facts[name]:.3f}" if name == "similarity" else str(facts[name])
        for name in COLUMNS
    ]
