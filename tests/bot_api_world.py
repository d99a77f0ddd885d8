"""The chats, people and messages behind the test server: what people do and see, what the bot
does, without any network."""

import asyncio
import json
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

BOT = {"id": 123456, "is_bot": True, "first_name": "Liaison", "username": "liaison_test_bot"}
Files = dict[str, tuple[str, bytes]]  # by field: (name, data)


class Problem(Exception):
    """The server's refusal: an error code of the Bot API and its words."""

    def __init__(self, code: int, words: str, **parameters: int) -> None:
        super().__init__(words)
        self.code, self.words, self.parameters = code, words, parameters


PATIENCE = 180.0  # seconds: the machine may be busy


@dataclass
class Shown:
    """A message as its reader sees it now; `version` grows with every edit."""

    id: int
    text: str
    by_bot: bool
    markup: dict[str, Any] = field(default_factory=dict)
    file: bytes = b""
    file_name: str = ""
    kind: str = "text"
    version: int = 1
    at: float = 0.0

    @property
    def buttons(self) -> list[tuple[str, str]]:
        """(label, data or address) of all buttons."""
        rows = self.markup.get("inline_keyboard", [])
        return [
            (b["text"], b.get("callback_data") or b.get("url", "")) for row in rows for b in row
        ]


@dataclass
class Room:
    """One chat. `heard` are the bot's messages and edits nobody has asked for yet."""

    id: int
    language: str = "zh-hans"
    kind: str = "private"
    messages: dict[int, Shown] = field(default_factory=dict)
    heard: asyncio.Queue[Shown] = field(default_factory=asyncio.Queue)
    blocked: bool = False
    toasts: list[str] = field(default_factory=list)
    sent: deque[float] = field(default_factory=deque)

    def as_json(self) -> dict[str, Any]:
        return {"id": self.id, "type": self.kind, "first_name": "P"}

    def person(self) -> dict[str, Any]:
        return {
            "id": abs(self.id),
            "is_bot": False,
            "first_name": "P",
            "language_code": self.language,
        }


class World:
    def __init__(self) -> None:
        self.rooms: dict[int, Room] = {}
        self.updates: deque[tuple[int, str, str]] = deque()  # (id, kind, JSON)
        self.files: dict[str, bytes] = {}
        self.commands: dict[str, list[dict[str, str]]] = {}
        self.presses: dict[str, int] = {}
        self.on_message: Callable[[int, Shown], None] | None = None
        self.news = asyncio.Event()
        self._ids = iter(range(1, sys.maxsize))
        self._update_ids = iter(range(700_000_001, sys.maxsize))

    # --- what people do

    def say(self, chat: int, text: str, **more: Any) -> int:
        """A person writes. `more` goes into the message as it is."""
        return self._from_person(chat, text, {"text": text, **more})

    def photo(self, chat: int, data: bytes, caption: str = "") -> int:
        file = {**self._store(data, "photos"), "width": 1280, "height": 960}
        small = {**file, "width": 90, "height": 67}
        more = {"photo": [small, file]} | ({"caption": caption} if caption else {})
        return self._from_person(chat, caption, more)

    def document(self, chat: int, data: bytes, name: str, mime: str, caption: str = "") -> int:
        file = {**self._store(data, "documents"), "file_name": name, "mime_type": mime}
        more = {"document": file} | ({"caption": caption} if caption else {})
        return self._from_person(chat, caption, more)

    def press(self, chat: int, button: str, message_id: int = 0, forged: bool = False) -> int:
        """A button by label, part of it, or data: of the newest message that has it, or of one.

        `forged` data need not be on any button."""
        shown, data = self._with_button(chat, button, message_id, forged)
        room, query = self.room(chat), str(next(self._ids))
        self.presses[query] = chat
        message = self._as_json(room, shown)
        return self.push(
            "callback_query",
            {
                "id": query,
                "from": room.person(),
                "chat_instance": "1",
                "data": data,
                "message": message,
            },
        )

    def block(self, chat: int, blocked: bool = True) -> int:
        """The person stops the bot, or starts it again."""
        room = self.room(chat)
        room.blocked = blocked
        states = {"status": "member"}, {"status": "kicked", "until_date": 0}
        before, after = states if blocked else states[::-1]
        user = {"user": BOT}
        change = {"old_chat_member": before | user, "new_chat_member": after | user}
        return self.push(
            "my_chat_member",
            {"chat": room.as_json(), "from": room.person(), "date": int(time.time()), **change},
        )

    def push(self, kind: str, content: dict[str, Any]) -> int:
        """Any update; it is kept until it is confirmed."""
        number = next(self._update_ids)
        text = json.dumps({"update_id": number, kind: content}, ensure_ascii=False)
        self.updates.append((number, kind, text))
        self.news.set()
        return number

    # --- what people see

    def room(self, chat: int) -> Room:
        if chat not in self.rooms:
            self.rooms[chat] = Room(chat, kind="private" if chat > 0 else "group")
        return self.rooms[chat]

    def sees(self, chat: int) -> list[Shown]:
        """The chat now: edits applied, deleted messages gone."""
        return list(self.room(chat).messages.values())

    async def hears(self, chat: int, containing: str = "", seconds: float = PATIENCE) -> Shown:
        """The next message or edit of the bot that contains the words; those before are passed."""
        try:
            async with asyncio.timeout(seconds):
                while containing not in (shown := await self.room(chat).heard.get()).text:
                    pass
                return shown
        except TimeoutError:
            seen = "\n".join(f"{shown.text} {shown.buttons}" for shown in self.sees(chat))
            raise AssertionError(f"{containing!r} did not come; the chat shows\n{seen}") from None

    async def until(self, true: Callable[[], Any], seconds: float = PATIENCE) -> None:
        async with asyncio.timeout(seconds):
            while not true():
                await asyncio.sleep(0.005)

    # --- what the bot does

    def _send(self, room: Room, params: dict[str, Any], files: Files) -> dict[str, Any]:
        text = params.get("text", params.get("caption", ""))
        kind = next((name for name in ("photo", "document") if name in params or name in files), "")
        shown = Shown(next(self._ids), text, True, params.get("reply_markup") or {})
        if kind:
            shown.kind, (shown.file_name, shown.file) = kind, files[kind]
        return self._show(room, shown)

    def _edit(self, room: Room, params: dict[str, Any], files: Files) -> dict[str, Any]:
        shown = room.messages.get(int(params["message_id"]))
        if shown is None or not shown.by_bot:
            raise Problem(400, "Bad Request: message to edit not found")
        if shown.kind != "text" and "text" in params:
            raise Problem(400, "Bad Request: there is no text in the message to edit")
        text, markup = params.get("text", shown.text), params.get("reply_markup") or {}
        if (text, markup) == (shown.text, shown.markup):
            raise Problem(
                400,
                "Bad Request: message is not modified: specified new message content and reply "
                "markup are exactly the same as a current content and reply markup",
            )
        shown.text, shown.markup, shown.version = text, markup, shown.version + 1
        return self._show(room, shown)

    def _show(self, room: Room, shown: Shown) -> dict[str, Any]:
        shown.at = time.monotonic()
        room.messages[shown.id] = shown
        room.heard.put_nowait(shown)
        if self.on_message:
            self.on_message(room.id, shown)
        return self._as_json(room, shown)

    def _delete(self, room: Room, params: dict[str, Any], files: Files) -> bool:
        if room.messages.pop(int(params["message_id"]), None) is None:
            raise Problem(400, "Bad Request: message to delete not found")
        return True

    def _get_me(self, params: dict[str, Any]) -> dict[str, Any]:
        more = ("can_join_groups", "can_read_all_group_messages", "supports_inline_queries")
        return BOT | dict.fromkeys(more, False)

    def _answer_press(self, params: dict[str, Any]) -> bool:
        chat = self.presses.pop(params["callback_query_id"], None)
        if chat is None:
            raise Problem(400, "Bad Request: query is too old or query ID is invalid")
        self.room(chat).toasts.append(params.get("text", ""))
        return True

    def _set_commands(self, params: dict[str, Any]) -> bool:
        scope = params.get("scope") or {"type": "default"}
        key = f"{scope.get('chat_id', scope['type'])}{params.get('language_code', '')}"
        self.commands[key] = params.get("commands", [])
        return True

    def _get_file(self, params: dict[str, Any]) -> dict[str, Any]:
        path = params["file_id"]
        if path not in self.files:
            raise Problem(400, "Bad Request: invalid file_id")
        size = len(self.files[path])
        if size > 20_000_000:
            raise Problem(400, "Bad Request: file is too big")
        return {"file_id": path, "file_unique_id": path, "file_size": size, "file_path": path}

    # --- small things

    def _from_person(self, chat: int, text: str, content: dict[str, Any]) -> int:
        room = self.room(chat)
        shown = Shown(next(self._ids), text, False)
        room.messages[shown.id] = shown
        message = {
            "message_id": shown.id,
            "from": room.person(),
            "chat": room.as_json(),
            "date": int(time.time()),
        }
        return self.push("message", message | content)

    def _store(self, data: bytes, folder: str) -> dict[str, Any]:
        path = f"{folder}/file_{len(self.files)}"
        self.files[path] = data
        return {"file_id": path, "file_unique_id": path, "file_size": len(data)}

    def _with_button(
        self, chat: int, button: str, message_id: int, forged: bool
    ) -> tuple[Shown, str]:
        """The message and the data; the label may be given in part."""
        messages = self.room(chat).messages
        for shown in [messages[message_id]] if message_id else reversed(messages.values()):
            exact = [data for label, data in shown.buttons if button in (label, data)]
            near = [data for label, data in shown.buttons if button in label]
            if exact or near:
                return shown, (exact or near)[0]
            if forged and shown.by_bot:
                return shown, button
        offered = [pair for shown in messages.values() for pair in shown.buttons]
        raise AssertionError(f"no button {button!r} in chat {chat}; there are {offered}")

    def _as_json(self, room: Room, shown: Shown) -> dict[str, Any]:
        message = {
            "message_id": shown.id,
            "from": BOT if shown.by_bot else room.person(),
            "chat": room.as_json(),
            "date": int(time.time()),
            "text" if shown.kind == "text" else "caption": shown.text,
        }
        return message | ({"reply_markup": shown.markup} if shown.markup else {})


Do = Callable[[World, Room, dict[str, Any], Files], Any]
SHOWN: dict[str, Do] = {
    "sendMessage": World._send,
    "sendPhoto": World._send,
    "sendDocument": World._send,
    "editMessageText": World._edit,
    "editMessageReplyMarkup": World._edit,
    "deleteMessage": World._delete,
}
DONE: dict[str, Callable[[World, dict[str, Any]], Any]] = {
    "getMe": World._get_me,
    "answerCallbackQuery": World._answer_press,
    "setMyCommands": World._set_commands,
    "deleteMyCommands": World._set_commands,
    "getFile": World._get_file,
}
