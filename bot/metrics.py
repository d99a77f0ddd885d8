"""Figures for Prometheus: counts and times only, nothing about any person."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from time import perf_counter
from typing import TYPE_CHECKING

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlmodel import Session

from bot.receive import NOTHING, Cursors, Received, Receiver
from handlers.talk import Incoming
from models.mailbox import BROADCAST, EMERGENCY, NUDGE, REPLY
from models.orders import pile
from models.outbox import depth

if TYPE_CHECKING:
    from bot.run import House

LANES = {REPLY: "reply", EMERGENCY: "emergency", NUDGE: "nudge", BROADCAST: "broadcast"}
disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series of each, unread
BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)


class Figures(Collector):
    """All figures of one running bot; those that can be asked of others are not counted here."""

    def __init__(self, house: "House") -> None:
        self.house = house
        self.registry = CollectorRegistry()
        self.registry.register(self)
        self.received = Counter(
            "liaison_messages_received", "Messages taken in.", ["network"], registry=self.registry
        )
        self.errors = Counter(
            "liaison_errors", "Messages or batches that failed.", ["kind"], registry=self.registry
        )
        self.seconds = Histogram(
            "liaison_receive_seconds",
            "From a batch handed in to its commit.",
            buckets=BUCKETS,
            registry=self.registry,
        )

    def text(self) -> bytes:
        """What /metrics shows. Asks the database, so call it in a thread."""
        return generate_latest(self.registry)

    def describe(self) -> list[Metric]:
        """Nothing: otherwise registering would ask the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        yield self._sent()
        yield from self._waiting()
        yield self._networks()

    def _sent(self) -> Metric:
        sent = CounterMetricFamily(
            "liaison_messages_sent", "How sendings went.", labels=["network", "result"]
        )
        for labels, count in self.house.deliver.tally.copy().items():
            sent.add_metric(labels, count)
        return sent

    def _waiting(self) -> Iterator[Metric]:
        labels = ["network", "lane"]
        rows = GaugeMetricFamily("liaison_outbox_messages", "Due and not sent.", labels=labels)
        oldest = GaugeMetricFamily(
            "liaison_outbox_oldest_seconds", "Age of the oldest of them.", labels=labels
        )
        now = self.house.clock()
        with Session(self.house.engine.execution_options(readonly=True)) as session:
            for one in depth(session, now):
                where = [one.network, LANES.get(one.lane, str(one.lane))]
                rows.add_metric(where, one.rows)
                oldest.add_metric(where, (now - one.oldest).total_seconds())
            ordered = pile(session)
        yield from (rows, oldest)
        yield GaugeMetricFamily("liaison_papers", "Ordered and not made.", ordered.orders)
        waited = (now - ordered.oldest).total_seconds() if ordered.oldest else 0
        yield GaugeMetricFamily("liaison_papers_oldest_seconds", "Since it was ordered.", waited)

    def _networks(self) -> Metric:
        up = GaugeMetricFamily("liaison_network_up", "1: the network answers.", labels=["network"])
        down = self.house.deliver.outages()
        for name in self.house.transports:
            up.add_metric([name], 0 if name in down else 1)
        return up


class MeasuredReceiver(Receiver):
    """The receiver with a stop-watch beside it."""

    def __init__(self, house: "House", figures: Figures) -> None:
        super().__init__(house.engine, house.office)
        self.figures = figures

    def receive(
        self, messages: Sequence[Incoming], now: datetime, cursors: Cursors = NOTHING
    ) -> Received:
        began = perf_counter()
        try:
            received = super().receive(messages, now, cursors)
        except Exception:  # only counted
            self.figures.errors.labels("database").inc()
            raise
        self.figures.seconds.observe(perf_counter() - began)
        for said in messages:
            self.figures.received.labels(said.network).inc()
        return received

    def failed(self, said: Incoming, error: Exception) -> None:
        self.figures.errors.labels("message").inc()
