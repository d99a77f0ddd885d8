"""What the bot says and does: the tables of commands and forms."""
