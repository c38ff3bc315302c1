"""The web page: a conversation, its slates as cards, what was understood, and how each answer came about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from parley.ui.web.app import build_page
    from parley.ui.web.serving import launch

__all__ = ["build_page", "launch"]


def __getattr__(name: str) -> Any:
    """Import on first use: the page needs Gradio, its parts do not."""
    if name == "build_page":
        from parley.ui.web.app import build_page

        return build_page
    if name == "launch":
        from parley.ui.web.serving import launch

        return launch
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
