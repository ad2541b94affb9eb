"""What ingest counts and measures, for Prometheus. No decision is taken from a metric."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    """All of ingest's metrics in one registry, added to once a batch."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = CollectorRegistry() if registry is None else registry
        into = self.registry
        self.messages = Counter("vigie_ingest_messages", "Messages by outcome", ["outcome"], registry=into)
        self.rejected = Counter("vigie_ingest_rejected", "Refusals by reason", ["reason"], registry=into)
        self.duplicates = Counter("vigie_ingest_duplicates_dropped", "Messages delivered again", registry=into)
        self.poisoned = Counter("vigie_ingest_poisoned", "Messages the database refused", registry=into)
        self.undecided = Counter("vigie_ingest_undecided", "Messages stored without a decision", registry=into)
        self.failures = Counter("vigie_ingest_failures", "Unexpected errors of the service", registry=into)
        self.batch_size = Histogram(
            "vigie_ingest_batch_messages", "Messages a batch", buckets=(1, 5, 20, 50, 100, 200, 500), registry=into
        )
        self.batch_seconds = Histogram("vigie_ingest_batch_seconds", "From judging to commit", registry=into)
        self.step_seconds = Histogram("vigie_ingest_step_seconds", "Deciding a batch, all rules", registry=into)
        self.lag = Gauge(
            "vigie_ingest_lag_seconds", "Hub time from receipt to commit, oldest of a batch", registry=into
        )
        self.buffer = Gauge("vigie_ingest_buffer_depth", "Deliveries waiting", ["lane"], registry=into)
        self.acks = Gauge("vigie_ingest_acks_published", "End-to-end acknowledgements sent", registry=into)
        self.acks_waiting = Gauge("vigie_ingest_acks_waiting", "End-to-end acknowledgements owed", registry=into)
        self.storing = Gauge("vigie_ingest_storing", "1 while messages are stored", registry=into)
        self.broker_dropped = Gauge("vigie_broker_publish_dropped", "Messages the broker dropped", registry=into)
