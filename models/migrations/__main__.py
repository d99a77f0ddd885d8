"""Writes the next migration from what the tables say: `python -m models.migrations "Add x"`.

`--first` writes the very first one anew; only as long as nobody uses the program.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any, Literal

from alembic.script import Script

from models.database import MIGRATIONS, alembic_config, connect, revisions, upgrade

VERSIONS = MIGRATIONS / "versions"
FIRST = "The first tables"


def plain_type(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Migrations name the types of the database, so that they outlive SQLModel's own."""
    name = type(item).__name__
    if kind != "type" or name not in ("AutoString", "UTCDateTime"):
        return False
    if name == "UTCDateTime":
        return "sa.DateTime(timezone=True)"
    return f"sa.String(length={item.impl.length})" if item.impl.length else "sa.String()"


def write(message: str) -> Path:
    """Compares the tables with a database made by the migrations there are."""
    from alembic import command

    number = f"{len(revisions()) + 1:04d}"
    with tempfile.TemporaryDirectory() as folder:
        engine = connect(f"sqlite:///{folder}/empty.db")
        if revisions():
            upgrade(engine)
        with engine.begin() as connection:
            config = alembic_config({"connection": connection})
            config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
            made = command.revision(config, message, autogenerate=True, rev_id=number)
        engine.dispose()
    assert isinstance(made, Script)
    path = Path(made.path)
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "# ###" not in line), "utf-8")
    return path


def main(arguments: list[str]) -> int:
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    if arguments == ["--first"]:
        for path in VERSIONS.glob("0*.py"):
            path.unlink()
        arguments = [FIRST]
    print(write(" ".join(arguments)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
