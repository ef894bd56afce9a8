"""Whatever a user wrote, the page shows it and does not run it."""

from html.parser import HTMLParser

from turbo_sb.inference.app import html
from turbo_sb.inference.app.views import Look

LABELS = ["no", "<b>yes</b>"]
SHARES = {"no": 0.25, "<b>yes</b>": 0.75}


class Reader(HTMLParser):
    """The tags, and the text."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.text, self.classes = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.classes.append((tag, dict(attrs).get("class")))

    def handle_data(self, data):
        self.text.append(data)


def read(found, modalities=("audio", "text")):
    return Reader(html.result(found, LABELS, modalities))


def test_a_row_for_each_class_in_its_order():
    found = Look({"audio only": SHARES}, seconds=1.5)
    page = read(found)
    assert page.text == [
        "Classified: 1.50 s of audio",
        *("Both", "Audio only", "Text only"),
        *("no", "–", "25.0%", "–"),
        *("<b>yes</b>", "–", "75.0%", "–"),
    ]
    assert page.classes.count(("td", "best")) == 1


def test_one_column_for_one_modality():
    page = read(Look({"text only": SHARES}, text="hi"), ["text"])
    assert page.text[:3] == ["Classified: “hi”", "Text only", "no"]


def test_nothing_is_markup():
    bad = "<script>alert(1)</script>"
    page = read(Look({"text only": SHARES}, text=bad, notes=[bad]))
    assert not {"script", "b"} & set(page.tags)
    assert page.text.count(bad) == 1
    assert f"Classified: “{bad}”" in page.text
    head = Reader(html.head(bad, LABELS, ["text"]))
    assert head.tags == ["h1", "p"]
    assert Reader(html.line(bad, "error")).text == [bad]


def test_many_words_are_cut():
    page = read(Look({"text only": SHARES}, text="word " * 1000))
    assert len(page.text[0]) <= html.SHOWN + len("Classified: “”")
    assert page.text[0].endswith("…”")


def test_an_error_is_said_at_once():
    assert 'role="alert"' in html.line("no", "error")
    assert 'role="alert"' not in html.line("no", "note")
