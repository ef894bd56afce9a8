"""The page: its layout, and what its button does.

Authors
 * The turbo_sb developers 2026
"""

import functools

from turbo_sb.inference.app import html
from turbo_sb.inference.app.extra import need_gradio
from turbo_sb.inference.app.views import hears, look, views_of
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.logs import get_logger

logger = get_logger(__name__)

UNEXPECTED = (
    "This could not be classified, by a fault of turbo_sb. The terminal has "
    "the details."
)
# Uploads that nobody classifies, s: looked for every so often, deleted at
# that age.
STALE = (600, 3600)
WAITING = 64  # classifications; one runs
# Of the neighbours: titles and widths, which fit 360 pixels.
COLUMNS = {
    "ID": ("ID", "24%"),
    "label": ("Label", "24%"),
    "text": ("Words", "28%"),
    "similarity": ("Cosine", "24%"),
}
# The system's: gradio would fetch others.
FONTS = {
    "font": ["ui-sans-serif", "system-ui", "sans-serif"],
    "font_mono": ["ui-monospace", "monospace"],
}


# A screen reader says what appears in the result; it waits for a pause.
ANNOUNCE = """() => {
  const result = document.getElementById("result");
  result.setAttribute("role", "status");
  result.setAttribute("aria-live", "polite");
  result.setAttribute("aria-label", "Result");
}"""


def make_page(
    classifier, neighbours=None, title: str = "turbo_sb", recordings=None
):
    """Lay the page out, a `gradio.Blocks`."""
    gr = need_gradio()
    act = functools.partial(
        answer, classifier, neighbours, recordings=recordings
    )
    labels, modalities = classifier.labels, classifier.modalities
    with gr.Blocks(
        title=title,
        analytics_enabled=False,
        fill_width=True,
        delete_cache=STALE,
    ) as page:
        _html(gr, html.head(title, labels, modalities))
        with gr.Row():
            with gr.Column(scale=2, min_width=300):
                audio, text = _inputs(gr, classifier)
                button = gr.Button("Classify", variant="primary")
            with gr.Column(scale=3, min_width=300):
                shown = [_html(gr, elem_id="result")]
                with gr.Row():
                    shown += [_view(gr, view) for view in views_of(modalities)]
                if neighbours is not None:
                    shown.append(_table(gr))
        blank = functools.partial(
            nothing, len(views_of(modalities)), neighbours is not None
        )
        _connect(gr, act, blank, audio, text, button, shown)
        page.load(None, js=ANNOUNCE, api_visibility="private")
    if recordings is not None:
        _keep_to(recordings, page)
    # One at a time, whatever asks: memory is for one.
    return page.queue(
        max_size=WAITING, default_concurrency_limit=1, api_open=False
    )


def _keep_to(recordings, page):
    """Let gradio take files from the uploads alone: no address, no path."""

    async def only_own(path):
        """Return an upload's path."""
        return None if path is None else str(recordings.own(path))

    for block in page.blocks.values():
        block.async_move_resource_to_block_cache = only_own


def _connect(gr, act, blank, audio, text, button, shown):
    """Classify by the button or Enter; clear what another input gave."""
    heard = gr.State("")
    act = {
        "fn": act,
        "inputs": [audio, text, heard],
        "outputs": [text, heard, *shown],
        "concurrency_id": "classify",
    }
    button.click(**act, api_name="classify")
    text.submit(**act, api_visibility="private")
    quietly = {
        "queue": False,
        "show_progress": "hidden",
        "api_visibility": "private",
    }
    text.input(blank, None, shown, trigger_mode="always_last", **quietly)
    gr.on(
        [audio.input, audio.clear],
        lambda words, heard: (*forget(words, heard), *blank()),
        [text, heard],
        [text, heard, *shown],
        **quietly,
    )


def style() -> dict:
    """Return how the page looks, keywords of gradio's launch."""
    gr = need_gradio()
    return {"theme": gr.themes.Default(**FONTS), "css": html.CSS}


def answer(
    classifier, neighbours, path, text, heard="", recordings=None
) -> tuple:
    """Return what the button puts on the page.

    That is the text box, the recogniser's words if the box holds them, the
    result as HTML, probabilities by class for each view, and rows of
    neighbours if there are any.
    """
    views = views_of(classifier.modalities)
    try:
        found = look(classifier, path, text, neighbours, recordings=recordings)
    except Exception as error:
        known = isinstance(error, InputError)
        if not known:  # a page that is still there, and says nothing false
            logger.exception("the page: unexpected")
        _, *blank = nothing(len(views), neighbours is not None)
        said = html.line(str(error) if known else UNEXPECTED, "error")
        return text, heard, said, *blank
    if not (text and text.strip()):
        text = heard = found.text or ""
    elif text != heard:  # edited, or written
        heard = ""
    words = html.in_words(classifier.labels)
    shares = [
        {words[label]: p for label, p in found.probabilities[view].items()}
        if view in found.probabilities
        else None
        for view in views
    ]
    rows = (
        []
        if neighbours is None
        else [[_row(facts, words) for facts in found.neighbours]]
    )
    return text, heard, html.result(found, classifier.labels), *shares, *rows


def nothing(n_views: int, has_rows: bool) -> tuple:
    """Return an empty result, views and rows of neighbours."""
    return "", *[None] * n_views, *([[]] if has_rows else [])


def forget(text: str, heard: str) -> tuple[str, str]:
    """Clear a recogniser's words when the recording is another one."""
    return "" if text == heard else text, ""


def _html(gr, value="", **settings):
    return gr.HTML(value, elem_classes="turbo", padding=False, **settings)


def _view(gr, view):
    """Show a view's probabilities; beside each other, or below on a phone."""
    return gr.Label(
        label=view.capitalize(), show_heading=False, min_width=180, buttons=[]
    )


def _inputs(gr, classifier):
    audio = gr.Audio(
        # Not the microphone first: the browser would ask for it at once.
        sources=["upload", "microphone"],
        type="filepath",
        label="Speech",
        buttons=[],  # one of gradio's uploads to its hub
        visible=hears(classifier),
    )
    blank = " Left blank, they are recognised." if classifier.recogniser else ""
    text = gr.Textbox(
        label="Words",
        info=f"Enter or Ctrl+Enter classifies.{blank}",
        placeholder="what is said",
        lines=1,  # with more, gradio takes Enter for a new line
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


def _row(facts, words):
    """Return the texts of `COLUMNS` for one neighbour."""
    label = words.get(facts["label"], facts["label"])
    shown = {**facts, "label": label}
    shown["similarity"] = f"{facts['similarity']:.3f}"
    return [str(shown[name]) for name in COLUMNS]
