"""Commands that people write without a blank before the name: 走访高永昌."""

GLUED = (
    "走访",
    "拜访",
    "查看",
    "历史",
    "改期",
    "为什么",
    "邀请",
    "停用",
    "代班",
    "请假",
    "更正",
    "上报",
    "反映",
    "解忧室",
    "移交",
    "安排",
    "个人卡",
    "改资料",
    "台账",
)


def with_blank(words: str) -> str:
    """走访高永昌 as 走访 高永昌."""
    for word in GLUED:
        if words.startswith(word) and words[len(word) :][:1] not in ("", " "):
            return f"{word} {words[len(word) :]}"
    return words
