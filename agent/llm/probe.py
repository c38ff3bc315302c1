"""`python -m parley.agent.llm.probe FILE`: load a GGUF, compute a short prompt, exit 0. Run as a child process."""

from __future__ import annotations

import sys

PROMPT = 48
"""Tokens: enough that prompts' kernels run, not only those for one token."""


def main(path: str) -> int:
    from parley.agent.llm.plain import SingleRunner
    from parley.agent.llm.runner import Request
    from parley.agent.llm.seam import ModelError

    try:
        runner = SingleRunner(path, None, 256, 1)
        list(runner.run(Request([runner.vocabulary.start] * PROMPT, 1)))
    except ModelError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
