"""What follows a value just named and judges it: "horror is out", "French only", "a comedy would be nice"."""

from __future__ import annotations

import re

from parley.agent.understanding.text import ROLE_MARK, VALUE_MARK

_NAMED = f"[{VALUE_MARK}{ROLE_MARK}]"
REFUSED = re.compile(
    rf"^{_NAMED}*-free\b|^{_NAMED}*(?: (?:films?|movies?|stuff|ones?|things?))?,? (?:is|are|was|were|'s|isn't|aren't|just|"
    r"really|does|doesn't|don't|do|absolutely|a|would be)*[ ,]*(?:not (?:really )?(?:my|for me|for us|"
    r"what|something|interest|appeal)|(?:isn't|aren't|n't)(?! (?:matter|mind|care|need|have to|necessar|bother|important|essential|a must|required|they|it|he|she|we|you))|a no\b|no no\b|out\b(?! there)|gives? (?:me|us) (?:nightmares|a headache|the (?:creeps|ick|willies))|do(?:es)? (?:nothing for (?:me|us)|my head in)|"
    r"(?:put|send|bore|annoy|irritate|stress|freak|wind)s? (?:me|us) (?:to sleep|out|up|to tears|stiff)|off the table|no thanks|no "
    r"way|boring|bore|bores|puts me off|scares me|too much|nothing for|never works|a (?:hard |big )?no|"
    r"no-go|a turn[- ]?off|not (?:great|ok|okay|allowed|welcome|needed)|don't (?:work|do it|appeal|"
    r"interest)|doesn't (?:work|do it|appeal|interest))"
)
REQUIRED = re.compile(
    rf"^{_NAMED}*(?: (?:films?|movies?|stuff|ones?))?,? ?(?:only\b|(?:is|are) (?:an? (?:absolute )?(?:must|"
    r"requirement)|essential|mandatory|required)|or (?:nothing|bust)|no exceptions)"
)
SOFTENED = re.compile(
    rf"^{_NAMED}*(?: (?:films?|movies?|stuff|ones?))?,? ?(?:would be (?:(?:even |much |far )?better|nice|great|good|cool|lovely|ideal|"
    r"perfect|preferred|a (?:plus|bonus)|fun)|if (?:possible|you can|you have|there (?:is|are)|at all "
    r"possible)|(?:preferably|ideally|maybe|perhaps)(?= ?(?:$|[.!?,;]))|is a (?:plus|bonus)|a plus|or so|"
    r"for preference|preferred|-ish|-?ish\b|might be (?:nice|good|fun)|could be (?:nice|good|fun)|"
    r"wouldn't hurt|but not (?:necessary|essential|a must))"
)
