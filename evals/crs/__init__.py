"""The next item of a human dialogue: He et al.'s protocol and iEvaLM's static one."""
