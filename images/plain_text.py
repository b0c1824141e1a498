"""Text that a stranger wrote, made fit for one of our sentences."""


def one_line(text: str, limit: int = 200) -> str:
    """Return the text without control, format and unpaired characters, blanks folded, at most `limit` characters long."""
    shown = "".join(c if c.isprintable() else " " for c in text[: 20 * limit])
    folded = " ".join(shown.split())
    return folded if len(folded) <= limit else folded[: limit - 3] + "..."


def last_line(text: str) -> str:
    """Return the last line with something in it, fit for a sentence, or `nothing`."""
    lines = [line for line in text.splitlines() if line.strip()]
    return one_line(lines[-1]) if lines else "nothing"
