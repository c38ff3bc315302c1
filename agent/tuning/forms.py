"""What a tuned model reads, role by role: the same text in training and in the product.

The role stands alone in the system message (`parley.agent.tuning.examples.chat_prompt`); these functions write the
user message. They are short on purpose: prefill is most of what a call costs.
"""

from __future__ import annotations

from collections.abc import Sequence

PREVIOUS = 200
"""Characters kept of our last message, its end."""
UTTERANCE = 400
"""Characters kept of what the user said, its beginning."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def understand_prompt(
    utterance: str, *, previous: str = "", wishes: Sequence[str] = (), slate: Sequence[str] = ()
) -> str:
    """An utterance in its context. The target is `parley.agent.tuning.notation.write_meaning`.

    Args:
        utterance: what the user said.
        previous: our message before it.
        wishes: the wishes in force, in the notation.
        slate: titles shown last, in order; the target calls them #1, #2, ...
    """
    lines = []
    if previous.strip():
        lines.append(f"we: {' '.join(previous.split())[-PREVIOUS:]}")
    if wishes:
        lines.append(f"kept: {'; '.join(wishes)}")
    if slate:
        lines.append("shown: " + "; ".join(f"#{n} {title}" for n, title in enumerate(slate, 1)))
    lines.append(f"they: {' '.join(utterance.split())[:UTTERANCE]}")
    return "\n".join(lines)


def reply_prompt(wishes: str, facts: Sequence[str]) -> str:
    """Facts to put into prose; each as `- Title (year): noun; directed by ...; mood; theme; 96 min`.

    The target names every title with its year, one short sentence each, and claims nothing else.
    """
    return "\n".join([f"Wish: {wishes or 'something good'}", *facts])


def rank_prompt(known: str, lines: Sequence[str]) -> str:
    """What is known of a person and up to 26 candidates under letters. The target is the best one's letter."""
    return "\n".join([*([known] if known else []), *(f"[{LETTERS[n]}] {line}" for n, line in enumerate(lines))])


def question_prompt(facet: str, options: Sequence[str], wishes: Sequence[str] = ()) -> str:
    """A facet to ask about, with the answers on offer. The target is one question that names them."""
    kept = [f"kept: {'; '.join(wishes)}"] if wishes else []
    return "\n".join([*kept, f"ask: {facet}", f"options: {', '.join(options)}"])


def simulate_prompt(disclose: Sequence[str], *, act: str = "", previous: str = "") -> str:
    """What a simulated user lets out now, in the notation, after our message. The target is a seeker's words."""
    lines = [f"we: {' '.join(previous.split())[-PREVIOUS:]}"] if previous.strip() else []
    lines += [f"act: {act}"] if act else []
    return "\n".join([*lines, f"say: {'; '.join(disclose) or 'nothing new'}"])


def plan_prompt(wishes: Sequence[str], message: str = "") -> str:
    """Wishes to plan for. The target is the plan's steps as compact JSON."""
    said = [f"they: {' '.join(message.split())[:UTTERANCE]}"] if message.strip() else []
    return "\n".join([*said, f"kept: {'; '.join(wishes) or 'nothing'}"])
