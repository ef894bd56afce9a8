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


def read(found):
    return Reader(html.result(found, LABELS))


def test_the_most_probable_class_is_the_headline():
    page = read(Look({"audio only": SHARES}, seconds=1.5))
    assert page.tags == ["h2", "p"]
    assert page.text == [
        "<b>yes</b>: 75.0%",
        "Classified from audio, 1.50 s of audio",
    ]


def test_the_headline_is_of_both():
    turned = {"no": 0.9, "<b>yes</b>": 0.1}
    page = read(Look({"both": turned, "audio only": SHARES}, text="hi"))
    assert page.text == ["no: 90.0%", "Classified from audio and text, “hi”"]


def test_classes_in_words():
    assert list(html.in_words(["ang", "device_directed"]).values()) == [
        *("angry", "device directed"),
    ]
    assert html.in_words(["hap", "happy"]) == {"hap": "hap", "happy": "happy"}
    assert "Classes: angry, sad. " in html.head(
        "mine", ["ang", "sad"], ["text"]
    )


def test_nothing_is_markup():
    bad = "<script>alert(1)</script>"
    page = read(Look({"text only": SHARES}, text=bad, notes=[bad]))
    assert not {"script", "b"} & set(page.tags)
    assert page.text.count(bad) == 1
    assert f"Classified from text, “{bad}”" in page.text
    head = Reader(html.head(bad, LABELS, ["text"]))
    assert head.tags == ["h1", "p"]
    assert Reader(html.line(bad, "error")).text == [bad]


def test_many_words_are_cut():
    page = read(Look({"text only": SHARES}, text="word " * 1000))
    assert len(page.text[1]) <= html.SHOWN + len("Classified from text, “”")
    assert page.text[1].endswith("…”")


def test_an_error_is_said_at_once():
    assert 'role="alert"' in html.line("no", "error")
    assert 'role="alert"' not in html.line("no", "note")
