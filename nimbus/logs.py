"""What is written to the terminal: one line an event, with the job that it belongs to, and never a secret."""

import logging

from rq import get_current_job


class JobFilter(logging.Filter):
    """Adds the id of the running job, so that one job's lines can be followed."""

    def filter(self, record: logging.LogRecord) -> bool:
        job = get_current_job()
        record.job = f" [{job.id[:8]}]" if job else ""
        return True


def configure(level: str) -> None:
    """Send the log to standard error at this level. Calling it again changes only the level."""
    root = logging.getLogger()
    root.setLevel(level)
    if not any(isinstance(handler, NimbusHandler) for handler in root.handlers):
        root.addHandler(NimbusHandler())
    for noisy in ("imapclient", "rq.worker", "rq.worker_pool", "alembic"):  # they log each command or job
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))


class NimbusHandler(logging.StreamHandler):  # type: ignore[type-arg]
    """Standard error in the product's format."""

    def __init__(self) -> None:
        super().__init__()
        self.addFilter(JobFilter())
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s%(job)s: %(message)s"))
