"""A QR picture of an invitation."""

import io


def qr_png(text: str) -> bytes:
    """PNG bytes, large enough to scan from another phone's screen."""
    import segno

    out = io.BytesIO()
    segno.make(text, error="m").save(out, kind="png", scale=8, border=3)
    return out.getvalue()


def qr_lines(text: str) -> str:
    """The same for a terminal."""
    import segno

    out = io.StringIO()
    segno.make(text, error="l").terminal(out, compact=True)
    return out.getvalue()
