"""The tables of `parley eval crs` as Markdown, and the embedder that remembers what it has embedded."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from parley.evals.crs.run import AT, CrsReport

HEADINGS = {
    "clean": "Clean: labels not named before; named items are barred from the list",
    "all": "All labels, repeats of what was named among them",
}


def write_report(report: CrsReport, command: str) -> str:
    """A page: the tables, whose rows are whose, and what to keep in mind."""
    lines = [
        f"# {report.data}: the next recommended item",
        "",
        f"`{command}`; seed {report.seed}; {report.turns} turns. Recall by label with a 95 % bootstrap interval over "
        "dialogues. Rows of others are as published, on the full test sets.",
    ]
    for subset, heading in HEADINGS.items():
        lines += ["", f"## {heading}", "", f"{report.labels[subset]} labels.", ""]
        lines += ["| model | " + " | ".join(f"R@{k}" for k in AT) + " |", "| --- |" + " --- |" * len(AT)]
        for row in report.rows:
            if row.subset == subset:
                name = f"**{row.model}**" if row.model.startswith("Parley") else row.model
                lines.append(f"| {name} | " + " | ".join(str(row.recall[k]) for k in AT) + " |")
        for name, source, of, recall in report.published:
            if of == subset:
                cells = (f"{recall[k]:.3f}" if k in recall else "" for k in AT)
                lines.append(f"| {name} ({source}) | " + " | ".join(cells) + " |")
    lines += ["", "## To keep in mind", "", *(f"- {note}" for note in report.notes), ""]
    return "\n".join(lines)


class RememberingEmbedder:
    """Embeds each text once, ever: vectors are kept in a folder by the text's hash."""

    def __init__(self, embed: Callable[[Sequence[str]], NDArray[np.float32]], folder: Path) -> None:
        self._embed = embed
        self._file = folder / "crs-vectors.npz"
        self._known: dict[str, NDArray[np.float32]] = {}
        if self._file.is_file():
            try:
                with np.load(self._file) as kept:
                    self._known = dict(zip(kept["keys"].tolist(), kept["vectors"], strict=True))
            except (OSError, ValueError, KeyError, EOFError):
                self._known = {}

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, d) float32 unit rows."""
        keys = [hashlib.sha256(text.encode()).hexdigest()[:32] for text in texts]
        fresh = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        if fresh:
            found = self._embed(list(fresh.values()))
            self._known.update(zip(fresh, np.asarray(found, dtype=np.float32), strict=True))
        return np.stack([self._known[key] for key in keys])

    def save(self) -> None:
        """Write what was embedded so far."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        part = self._file.with_suffix(".part.npz")
        np.savez(part, keys=np.array(list(self._known)), vectors=np.stack(list(self._known.values())))
        part.replace(self._file)
