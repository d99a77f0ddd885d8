"""Cuts a text that is longer than a network takes in one message."""


def length(text: str) -> int:
    """As Telegram counts: in UTF-16, where an emoji is two."""
    return len(text.encode("utf-16-le")) // 2


def pieces(text: str, limit: int) -> list[str]:
    """Cut at line ends where there is one in the second half, else where the limit falls."""
    found = []
    while length(text) > limit:
        room = len(text.encode("utf-16-le")[: limit * 2].decode("utf-16-le", "ignore"))
        end = text.rfind("\n", room // 2, room)
        end = room if end < 0 else end
        found.append(text[:end])
        text = text[end:].lstrip("\n")
    return [*found, text]
