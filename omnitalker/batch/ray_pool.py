"""The Ray engine: the same workers as actors on many machines. A lost node costs the jobs in flight on it."""

from __future__ import annotations

from typing import Any

from omnitalker.batch.engine import Answer
from omnitalker.batch.local import EngineError, WorkerFactory
from omnitalker.batch.work import RunSettings, Task, Worker
from omnitalker.errors import MissingExtra


class RayPool:
    """See `engine.Pool`. One actor per worker; each is given its next job only when it has answered.

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
        self._workers = [self._actor.remote(settings) for _ in range(workers)]
        self._in_flight: dict[Any, int] = {}

    @property
    def actors(self) -> list[Any]:
        """Handles of the workers, by number."""
        return list(self._workers)

    def submit(self, worker: int, task: Task, attempt: int) -> None:
        self._in_flight[self._workers[worker].make.remote(task, attempt)] = worker

    def answers(self, timeout: float) -> list[Answer]:
        ready, _ = self._ray.wait(list(self._in_flight), timeout=timeout)
        return [self._answer(reference) for reference in ready]

    def close(self) -> None:
        for worker in self._workers:
            self._ray.kill(worker)
        if self._began:
            self._ray.shutdown()

    def _answer(self, reference: Any) -> Answer:
        number = self._in_flight.pop(reference)
        try:
            return Answer(number, self._ray.get(reference))
        except self._ray.exceptions.RayActorError as error:
            if getattr(error, "cause", None) or "creation task" in str(error):
                raise EngineError(f"a worker cannot start: {_last_line(error)}") from error
            self._workers[number] = self._actor.remote(self._settings)
            return Answer(number, None)


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
