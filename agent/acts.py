"""The dialogue acts of a user, after Cai & Chen, "Predicting User Intents and Satisfaction with
Dialogue-based Conversational Recommendations", UMAP 2020, spelled out."""

from __future__ import annotations

from enum import StrEnum


class DialogueAct(StrEnum):
    """What a user does with an utterance. One utterance may do several things."""

    REQUEST = "request"  # IQU: asks for a recommendation
    ANSWER = "answer"  # ANS: answers our question
    PROVIDE_PREFERENCE = "provide_preference"  # PRO
    CRITIQUE_FEATURE = "critique_feature"  # CRI-F: reacts to a feature of what was shown
    ADD_CONSTRAINT = "add_constraint"  # CRI-A
    COMPARE = "compare"  # CRI-C
    ACCEPT = "accept"  # ACC
    REJECT = "reject"  # REJ
    SEEN = "seen"  # SEE
    INQUIRE = "inquire"  # INQ: asks about an item
    ASK_OPINION = "ask_opinion"  # ASK
    CONTINUE = "continue"  # CON: asks for more
    REFORMULATE = "reformulate"  # REF
    NEUTRAL = "neutral"  # NRE
    STOP = "stop"  # STO
    END = "end"  # END
    OTHER = "other"  # OTH


CODES: dict[str, DialogueAct] = {
    "IQU": DialogueAct.REQUEST, "ANS": DialogueAct.ANSWER, "PRO": DialogueAct.PROVIDE_PREFERENCE,
    "CRI-F": DialogueAct.CRITIQUE_FEATURE, "CRI-A": DialogueAct.ADD_CONSTRAINT, "CRI-C": DialogueAct.COMPARE,
    "ACC": DialogueAct.ACCEPT, "REJ": DialogueAct.REJECT, "SEE": DialogueAct.SEEN, "INQ": DialogueAct.INQUIRE,
    "ASK": DialogueAct.ASK_OPINION, "CON": DialogueAct.CONTINUE, "REF": DialogueAct.REFORMULATE,
    "NRE": DialogueAct.NEUTRAL, "STO": DialogueAct.STOP, "END": DialogueAct.END, "OTH": DialogueAct.OTHER,
}  # fmt: skip
