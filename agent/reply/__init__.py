"""The reply: a realiser over catalogue facts, a verifier for model prose, answers, comparisons and small talk."""

from parley.agent.reply.replier import Replier
from parley.agent.reply.request import ReplyRequest

__all__ = ["Replier", "ReplyRequest"]
