"""The Ray engine: the same workers as actors on many machines. A lost node costs the jobs in flight on it."""

from __future__ import annotations

from collections import deque
from typing import Any

from omnitalker.base.errors import MissingExtra
from omnitalker.batch.engine import Answer, EngineError
from omnitalker.batch.serving import WorkerFactory
from omnitalker.batch.work import RunSettings, Task, Worker


class RayPool:
    """See `engine.Pool`. An actor is given its next job only when it has answered.

    The numbered workers are places for jobs; whichever actor is free takes the next of them. So a cluster with
    room for fewer actors than asked for makes all jobs with those, and takes the others when it grows.

    `address`: of a running cluster ("auto", "ray://host:10001"); None starts one on this machine.
    """

    def __init__(
        self,
        settings: RunSettings,
        workers: int,
        *,
        address: str | None = None,
        gpus: float = 0.0,
        factory: WorkerFactory = Worker,
    ) -> None:
        self._ray = _ray()
        self._began = not self._ray.is_initialized()
        if self._began:
            self._ray.init(address=address, log_to_driver=False, include_dashboard=False)
        self.size = workers
        actor = self._ray.remote(factory)
        self._actor = actor.options(num_cpus=settings.threads, num_gpus=gpus)
        self._settings = settings
        self._actors: list[Any] = []
        self._arriving: dict[Any, int] = {}
        self._idle: deque[int] = deque()
        self._waiting: deque[tuple[int, Task, int]] = deque()
        self._in_flight: dict[Any, tuple[int, int]] = {}
        """Of a running call: (worker, number of the actor)."""
        self._check_room({"CPU": float(settings.threads), "GPU": gpus})
        for _ in range(workers):
            self._actors.append(None)
            self._open(len(self._actors) - 1)

    @property
    def actors(self) -> list[Any]:
        """Handles, those included for which there is no room yet."""
        return list(self._actors)

    def submit(self, worker: int, task: Task, attempt: int) -> None:
        self._waiting.append((worker, task, attempt))
        self._hand_out()

    def answers(self, timeout: float) -> list[Answer]:
        ready, _ = self._ray.wait([*self._arriving, *self._in_flight], timeout=timeout)
        found = [self._answer(reference) for reference in ready]
        self._hand_out()
        return [answer for answer in found if answer is not None]

    def close(self) -> None:
        for actor in self._actors:
            self._ray.kill(actor)
        if self._began:
            self._ray.shutdown()

    def _check_room(self, wanted: dict[str, float]) -> None:
        """On one machine, which does not grow; a cluster may."""
        there = self._ray.cluster_resources()
        nodes = [node for node in self._ray.nodes() if node["Alive"]]
        lacking = [name for name, count in wanted.items() if count > there.get(name, 0.0)]
        if lacking and len(nodes) == 1:
            self.close()
            name = lacking[0]
            raise EngineError(
                f"a worker wants {wanted[name]:g} {name}s, and there are {there.get(name, 0.0):g}; "
                "use smaller --threads or --gpus, or a larger cluster"
            )

    def _open(self, number: int) -> None:
        actor = self._actor.remote(self._settings)
        self._actors[number] = actor
        self._arriving[actor.__ray_ready__.remote()] = number

    def _hand_out(self) -> None:
        while self._idle and self._waiting:
            number = self._idle.popleft()
            worker, task, attempt = self._waiting.popleft()
            call = self._actors[number].make.remote(task, attempt)
            self._in_flight[call] = worker, number

    def _answer(self, reference: Any) -> Answer | None:
        """None when an actor has arrived, or one that had nothing to do was lost."""
        number = self._arriving.pop(reference, None)
        worker = None
        if number is None:
            worker, number = self._in_flight.pop(reference)
        try:
            result = self._ray.get(reference)
        except self._ray.exceptions.RayActorError as error:
            if getattr(error, "cause", None) or "creation task" in str(error):
                raise EngineError(f"a worker cannot start: {_last_line(error)}") from error
            self._open(number)
            return None if worker is None else Answer(worker, None)
        self._idle.append(number)
        return None if worker is None else Answer(worker, result)


def _last_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


def _ray() -> Any:
    try:
        import ray
        import ray.exceptions
    except ImportError as error:
        raise MissingExtra("ray", "batch", "--engine ray") from error
    return ray
