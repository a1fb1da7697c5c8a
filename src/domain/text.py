"""Text as a field of BC takes it: printable, on one line, and no longer than the field."""


def cut(text: str, length: int) -> str:
    """As much of a text as BC's field takes, which counts in UTF-16: an emoji is two units."""
    units = text.encode("utf-16-le", "surrogatepass")[: 2 * length]
    return units.decode("utf-16-le", "ignore").rstrip()


def one_line(text: str) -> str:
    """The printable marks of a text with single blanks between its words."""
    printable = "".join(mark if mark.isprintable() else " " for mark in text)
    return " ".join(printable.split())
