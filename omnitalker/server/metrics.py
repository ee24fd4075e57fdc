"""Figures for Prometheus. Each server has a registry of its own, so two can live in one process."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from omnitalker.base import timeline
from omnitalker.live.session import AvatarSession, SessionEvent
from omnitalker.server.state import ServerState

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0)
_FACTORS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 3.0)


class Metrics:
    def __init__(self, hall: ServerState) -> None:
        self._registry = registry = CollectorRegistry()
        admission = hall.admission
        self.first_chunk = Histogram(
            "omnitalker_first_chunk_seconds",
            "From the first clause of text to the first playable chunk",
            ["kind"], buckets=_SECONDS, registry=registry,
        )  # fmt: skip
        self.real_time = Histogram(
            "omnitalker_real_time_factor",
            "Seconds of work per second of speech",
            ["kind"], buckets=_FACTORS, registry=registry,
        )  # fmt: skip
        self.spoken = Counter("omnitalker_spoken_seconds", "Speech made", registry=registry)
        self.dropped = Counter(
            "omnitalker_dropped_frames", "Speech frames made and thrown away", registry=registry
        )
        self.repeated = Counter(
            "omnitalker_repeated_pictures", "Pictures shown twice to keep time", registry=registry
        )
        self.starved = Counter(
            "omnitalker_starved", "Times that speech waited for the machine", registry=registry
        )
        self.interruptions = Counter("omnitalker_interruptions", "Barge-ins", registry=registry)
        self.quality = Counter(
            "omnitalker_quality_steps", "Changes of picture quality", ["level"], registry=registry
        )
        for name, places in (
            ("sessions", admission.sessions),
            ("syntheses", admission.syntheses),
            ("openings", admission.openings),
        ):
            gauge = Gauge(f"omnitalker_{name}", f"{name} running", registry=registry)
            gauge.set_function(lambda p=places: p.taken)  # type: ignore[misc]
            refused = Gauge(f"omnitalker_{name}_refused", f"{name} refused", registry=registry)
            refused.set_function(lambda p=places: p.refused)  # type: ignore[misc]

        for name, limit in (
            ("requests", admission.requests),
            ("questions", admission.questions),
            ("speech", admission.speech),
            ("wrong_keys", admission.wrong_keys),
        ):
            refused = Gauge(f"omnitalker_{name}_refused", "Over a budget", registry=registry)
            refused.set_function(lambda r=limit: r.refused)  # type: ignore[misc]
        slow = Gauge("omnitalker_slow_readers", "Hung up on", registry=registry)
        slow.set_function(lambda: admission.slow_readers)

    def watch(self, session: AvatarSession) -> None:
        """Count what happens in a live session."""

        def on_event(event: SessionEvent) -> None:
            if event.kind == "speech_started":
                times = session.stats.first_chunk_seconds
                if times:
                    self.first_chunk.labels("live").observe(times[-1])
            elif event.kind == "interrupted":
                self.interruptions.inc()
            elif event.kind == "quality":
                self.quality.labels(event.detail).inc()

        session.listen(on_event)

    def settle(self, session: AvatarSession) -> None:
        """Add a finished session's counters."""
        self.spoken.inc(float(timeline.video_frames_to_seconds(session.stats.speech_frames)))
        self.dropped.inc(session.mixer.dropped)
        self.starved.inc(session.mixer.starved)
        if session.pictures is not None:
            self.repeated.inc(session.pictures.repeated)

    def text(self) -> bytes:
        return generate_latest(self._registry)
