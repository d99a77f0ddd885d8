"""A QR picture of an invitation."""

import io


def qr_png(text: str) -> bytes:
    """PNG bytes, large enough to scan from another phone's screen."""
    import segno

    out = io.BytesIO()
    segno.make(text, error="m").save(out, kind="png", scale=8, border=3)
    return out.getvalue()
