"""The language model behind one seam: embedded, a GGUF file, an endpoint, scripted, or none."""

from parley.agent.llm.loading import load_model
from parley.agent.llm.owner import conversation
from parley.agent.llm.scripted import NoModel, ScriptedModel
from parley.agent.llm.seam import ChatModel, ModelError, ModelTimeout, Usage

__all__ = [
    "ChatModel",
    "ModelError",
    "ModelTimeout",
    "NoModel",
    "ScriptedModel",
    "Usage",
    "conversation",
    "load_model",
]
