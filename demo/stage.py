"""What the demo looks like: numbered steps, progress bars, plain lines where there is no terminal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn


@dataclass
class Stage:
    """Prints the numbered steps of the demo, and how long each took."""

    console: Console
    total: int
    number: int = 0

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """One step: its heading, then what is said inside, then its time."""
        self.number += 1
        started = time.perf_counter()
        self.console.print(f"\n[bold cyan]\\[{self.number}/{self.total}] {name}[/]")
        yield
        self.console.print(f"      [dim]{time.perf_counter() - started:.1f} s[/]", highlight=False)

    def say(self, text: str) -> None:
        """A line of the current step."""
        self.console.print(f"      {text}", highlight=False)

    @contextmanager
    def proving(self, label: str) -> Iterator[_Bar]:
        """A progress bar for one proof; one line a stage where there is no terminal."""
        if not self.console.is_terminal:
            yield _Bar(None, None, self)
            return
        columns = (
            TextColumn("      {task.description:<34}"),
            BarColumn(24),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[stage]}"),
        )
        with Progress(*columns, console=self.console) as progress:
            yield _Bar(progress, progress.add_task(label, total=1.0, stage=""), self)


@dataclass
class _Bar:
    """Progress of one proof, as the UMP reports it."""

    progress: Progress | None
    task: TaskID | None
    stage: Stage
    last: str = ""

    def __call__(self, stage: str, fraction: float) -> None:
        if self.progress is not None and self.task is not None:
            self.progress.update(self.task, completed=fraction, stage=stage)
        elif stage != self.last:
            self.last = stage
            self.stage.say(f"  {fraction:>4.0%}  {stage}")
