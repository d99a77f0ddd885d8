"""The words around the chat on the practice page; the page gets them in the reader's language."""

from locales import gettext as _
from locales import mark as N_

WORDS = {
    "title": N_("Visit practice"),
    "ribbon": N_("Practice · invented data"),
    "ribbon_long": N_("Everybody here is invented. Do not enter anything about real people."),
    "later": N_("10 min on"),
    "morning": N_("Next morning"),
    "restart": N_("Start over"),
    "restart_ask": N_("Start over? All that was entered in this practice is thrown away."),
    "cancel": N_("Cancel"),
    "close": N_("Close"),
    "more": N_("More"),
    "language": N_("Language of the page"),
    "seats": N_("Who is writing"),
    "connected": N_("Connected"),
    "connecting": N_("Connecting ..."),
    "offline": N_("No connection. What you write is kept and sent as soon as it is back."),
    "stopped": N_("The bot does not answer. Look whether it still runs in its window."),
    "write": N_("Write a message"),
    "send": N_("Send"),
    "photo": N_("Send a picture or a table"),
    "commands": N_("Commands"),
    "messages": N_("Messages"),
    "to_bottom": N_("To the newest message"),
    "unread": N_("New messages: %(count)d"),
    "bot": N_("Assistant"),
    "you": N_("You"),
    "typing": N_("The assistant is writing ..."),
    "pending": N_("Waiting to be sent"),
    "failed": N_("Not sent"),
    "again": N_("Send again"),
    "drop": N_("Delete"),
    "picture": N_("Picture"),
    "enlarge": N_("Show the picture larger"),
    "download": N_("Save %(name)s"),
    "too_large": N_("This file is larger than 10 MB. Please choose a smaller one."),
    "today": N_("Today"),
    "yesterday": N_("Yesterday"),
    "nobody": N_("Not joined"),
}


def words() -> dict[str, str]:
    return {name: _(text) for name, text in WORDS.items()}
