"""Cutting text into rows of bounded length, at the kindest place available."""

LIMIT = 800

# A row shorter than this wastes the model's context; a longer cut is then preferred to a tidier one.
SHORTEST_TIDY = 480

# Two splits that share this many characters in a row would make a loss on held-out text a recollection.
STRETCH = 80

# From the tidiest place to end a row to the least tidy, each with the number of its characters kept in the row that ends.
BREAKS = (("\n\n", 1), ("\n", 1), (". ", 1), (" ", 0))


def cut(text, limit=LIMIT):
    """The text in rows of at most `limit` characters; nothing but white space at the seams is lost."""
    rows = []
    rest = text.strip("\n")
    while len(rest) > limit:
        end = _end_of_row(rest, limit)
        rows.append(rest[:end].rstrip())
        rest = rest[end:].lstrip("\n")
    if rest.strip():
        rows.append(rest.rstrip())
    return _without_stub(rows, limit)


def pack(pieces, limit=LIMIT):
    """Whole pieces with an empty line between them, as many to a row as fit; a piece longer than a row is cut."""
    rows = []
    for piece in pieces:
        if rows and len(rows[-1]) + 2 + len(piece) <= limit:
            rows[-1] += "\n\n" + piece
        else:
            rows.extend(cut(piece, limit))
    return rows


def stretches(text):
    """Every run of STRETCH characters of the text, with white space evened out."""
    flat = " ".join(text.split())
    return {flat[i : i + STRETCH] for i in range(len(flat) - STRETCH + 1)}


def _end_of_row(text, limit):
    for mark, kept in BREAKS:
        at = text.rfind(mark, SHORTEST_TIDY, limit)
        if at >= 0:
            return at + kept
    return limit


def _without_stub(rows, limit):
    """Drops a last row too short to say anything."""
    if len(rows) > 1 and len(rows[-1]) < limit // 8:
        rows.pop()
    return rows
