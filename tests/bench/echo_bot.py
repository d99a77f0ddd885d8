"""A peer of the bench `latency`: python-telegram-bot says back what it hears, and keeps nothing.

python -m tests.bench.echo_bot TOKEN API
"""

import sys

from telegram import Update
from telegram.ext import Application, ContextTypes, MessageHandler, filters


async def echo(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
    await update.message.reply_text(update.message.text)


def main(token: str, api: str) -> None:
    bot = Application.builder().token(token).base_url(f"{api}/bot").build()
    bot.add_handler(MessageHandler(filters.TEXT, echo))
    bot.run_polling()


if __name__ == "__main__":
    main(*sys.argv[1:])
