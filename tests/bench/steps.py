"""Durable dialogue steps per second on one core, draining a backlog in batches of 100.

A step begins with the bytes that getUpdates answers and ends when the reply is stored (ours:
committed to a SQLite file with `synchronous=FULL`) or handed to a network that answers at once
(the peers). Everybody is in the middle of a visit; whole visits go by, with their submit.
"""

from tests.bench.measure import QUICK, RUNS, Case, child, report, said

PEOPLE = (100,) if QUICK else (100, 1_000, 10_000)
SECONDS = 0.05 if QUICK else 3
HERE = "tests.bench."
PTB = "python-telegram-bot, pickled after each update"
AIOGRAM = "aiogram on Redis, fsync always"
LOOSE = "aiogram on Redis, no fsync (not durable)"
PEERS = {
    PTB: ("steps_ptb",),
    AIOGRAM: ("steps_aiogram", "always"),
    LOOSE: ("steps_aiogram", "no"),
}


def measure(people: int) -> Case:
    """Ours and the peers in turn, so that what disturbs the machine disturbs them all."""
    name = f"{people:,} people with open drafts"
    case = Case(name, peers={peer: [] for peer in PEERS}, durable=(PTB, AIOGRAM))
    for run in range(RUNS):
        said(f"{name}: run {run + 1} of {RUNS}")
        case.ours.append(child(f"{HERE}steps_ours", people, SECONDS))
        for peer, (module, *more) in PEERS.items():
            case.peers[peer].append(child(HERE + module, people, SECONDS, *more))
    return case


if __name__ == "__main__":
    report("steps", "steps per second", [measure(people) for people in PEOPLE])
