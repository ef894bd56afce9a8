"""What the property tests share."""

from hypothesis import strategies as st

from turbo_sb.utils.errors import InputError

REFUSED = object()

# Every kind of character: also control characters and lone surrogates.
TEXTS = st.text(st.characters(), max_size=30)
# What a file in UTF-8 can hold.
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | TEXTS
    | st.sampled_from(["", "a.wav", "{data_root}/a.wav", "train", "0,5"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4)
    ),
    max_leaves=12,
)


def value_or_refusal(door, *given, **options):
    """What the door returns, or REFUSED; any other exception is a finding."""
    try:
        return door(*given, **options)
    except InputError as error:
        assert str(error).strip()
        return REFUSED


def saved(folder, name, content):
    """A file of these bytes, or of this text in UTF-8."""
    path = folder / name
    if isinstance(content, str):
        content = content.encode("utf-8", "surrogatepass")
    path.write_bytes(content)
    return path
