"""Film moods that are near in meaning, and what else suggests a thing people want to avoid."""

from __future__ import annotations

MOOD_GROUPS: tuple[tuple[str, ...], ...] = (
    ("funny", "silly", "goofy", "zany", "farcical", "slapstick", "absurd", "anarchic", "rollicking"),
    ("funny", "witty", "wry", "deadpan", "clever", "sardonic", "irreverent", "playful", "satirical"),
    ("funny", "fun", "lighthearted", "breezy", "light", "upbeat", "good-natured", "laid-back", "carefree", "cheerful"),
    ("darkly funny", "darkly comic", "sardonic", "biting", "cynical", "macabre", "satirical"),
    ("raunchy", "crude", "outrageous", "bawdy", "racy", "rowdy", "raucous", "risqué"),
    ("feel-good", "heartwarming", "uplifting", "warm", "life-affirming", "joyful", "cheerful", "wholesome", "hopeful"),
    ("feel-good", "lighthearted", "good-hearted", "good-natured", "comforting", "cozy", "sweet", "charming", "upbeat"),
    ("heartwarming", "warm", "tender", "sweet", "gentle", "touching", "heartfelt", "affectionate", "humane"),
    ("inspiring", "inspirational", "uplifting", "rousing", "stirring", "empowering", "hopeful", "optimistic"),
    ("moving", "touching", "poignant", "emotional", "heartfelt", "tearjerking", "tearful", "heartbreaking"),
    ("sad", "tragic", "heartbreaking", "sorrowful", "melancholy", "tearful", "devastating", "elegiac"),
    ("melancholy", "wistful", "bittersweet", "elegiac", "lonely", "somber", "nostalgic"),
    ("dark", "bleak", "grim", "somber", "brooding", "gloomy", "oppressive", "cynical"),
    ("violent", "brutal", "gory", "gruesome", "visceral", "unflinching", "relentless"),
    ("scary", "terrifying", "chilling", "creepy", "nightmarish", "dread-filled", "spooky", "unnerving"),
    ("eerie", "creepy", "haunting", "unsettling", "sinister", "ominous", "menacing", "gothic", "foreboding"),
    ("disturbing", "unsettling", "harrowing", "upsetting", "shocking", "troubling", "unnerving", "twisted"),
    ("tense", "suspenseful", "gripping", "nerve-racking", "taut", "nail-biting", "claustrophobic", "paranoid"),
    ("tense", "intense", "relentless", "urgent", "visceral", "feverish"),
    ("exciting", "thrilling", "action-packed", "adrenaline-fuelled", "exhilarating", "explosive", "fast-paced"),
    ("fast-paced", "energetic", "frenetic", "frantic", "kinetic", "brisk", "breezy"),
    ("adventurous", "swashbuckling", "rousing", "exciting", "epic", "spirited"),
    ("epic", "grand", "sweeping", "operatic", "spectacular", "majestic", "monumental", "sprawling"),
    ("contemplative", "meditative", "reflective", "thoughtful", "introspective", "hypnotic", "lyrical", "poetic"),
    ("contemplative", "slow-burning", "slow-paced", "quiet", "austere", "languid", "restrained", "meditative"),
    ("cerebral", "thought-provoking", "intelligent", "thoughtful", "smart", "philosophical", "clever", "enigmatic"),
    ("mind-bending", "twisty", "disorienting", "surreal", "puzzling", "enigmatic", "trippy", "hallucinatory"),
    ("surreal", "dreamlike", "bizarre", "strange", "weird", "hallucinatory", "fantastical", "dreamy", "hypnotic"),
    ("quirky", "offbeat", "eccentric", "whimsical", "strange", "weird", "absurd"),
    ("whimsical", "playful", "magical", "enchanting", "charming", "imaginative", "wondrous"),
    ("magical", "enchanting", "wondrous", "awe-inspiring", "fantastical", "mythic"),
    ("romantic", "tender", "passionate", "sensual", "bittersweet", "charming"),
    ("sexy", "sensual", "steamy", "erotic", "seductive", "sultry"),
    ("stylish", "slick", "sleek", "cool", "suave", "glossy", "stylized", "elegant"),
    ("gritty", "raw", "tough", "hard-edged", "rugged", "unsentimental", "naturalistic"),
    ("quiet", "gentle", "understated", "restrained", "intimate", "delicate", "serene"),
    ("atmospheric", "moody", "haunting", "brooding", "immersive", "dreamlike"),
    ("campy", "over-the-top", "pulpy", "trashy", "lurid", "outrageous", "flamboyant"),
    ("nostalgic", "wistful", "warm", "bittersweet", "sentimental"),
    ("mysterious", "enigmatic", "intriguing", "eerie", "ambiguous"),
)

_GORE = ("gory", "brutal", "gruesome", "disturbing", "harrowing", "macabre", "relentless", "explosive")
_KILLING = (
    "serial killer", "cannibalism", "torture", "massacre", "slasher", "gore", "hitman", "assassin", "shootout",
    "gang war",
)  # fmt: skip

AVOIDED_WITH: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("mood", "violent"): (
        *(("mood", mood) for mood in _GORE),
        *(("keyword", keyword) for keyword in _KILLING),
        ("genre", "Horror"),
        ("genre", "War"),
        ("mood", "intense"),
        ("certificate", "R"),
        ("certificate", "NC-17"),
    ),
    ("mood", "gory"): (
        ("mood", "violent"),
        *(("mood", mood) for mood in _GORE),
        *(("keyword", keyword) for keyword in _KILLING),
    ),
    ("mood", "scary"): (("genre", "Horror"), ("mood", "disturbing"), ("mood", "gory"), ("mood", "nightmarish")),
    ("mood", "sad"): (("mood", "bleak"), ("mood", "harrowing"), ("mood", "moving")),
    ("mood", "dark"): (("mood", "disturbing"), ("mood", "violent"), ("mood", "tragic"), ("mood", "harrowing")),
    ("mood", "slow-burning"): (("mood", "contemplative"), ("mood", "meditative"), ("mood", "austere")),
    ("mood", "romantic"): (("genre", "Romance"), ("mood", "tender"), ("mood", "passionate")),
}

_BLOODY = (
    ("mood", "gory"), ("mood", "gruesome"), ("keyword", "gore"), ("keyword", "splatter"), ("keyword", "dismemberment"),
)  # fmt: skip
STRONGER: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("mood", "violent"): (*_BLOODY, ("mood", "brutal"), ("keyword", "ultraviolence"), ("keyword", "slasher")),
    ("mood", "gory"): _BLOODY,
    ("keyword", "gore"): _BLOODY,
    ("mood", "scary"): (("mood", "terrifying"), ("mood", "nightmarish")),
    ("mood", "creepy"): (("mood", "terrifying"), ("mood", "nightmarish")),
    ("mood", "sad"): (("mood", "heartbreaking"), ("mood", "devastating")),
    ("mood", "sexy"): (("mood", "steamy"), ("mood", "erotic")),
    ("mood", "sensual"): (("mood", "steamy"), ("mood", "erotic")),
}
"""What is more of the same: who will not have the one will not have the other. A film need not carry both words."""

REFUSED_FOR: dict[str, str] = dict.fromkeys(
    ("heavy", "heavy going", "heavy-going", "deep", "demanding", "taxing", "draining", "downbeat", "highbrow"),
    "lighthearted",
)
"""Words that are no mood, and the mood wanted by those who refuse them: "nothing heavy" asks for something light."""

OPPOSITES: dict[str, str] = {
    "sad": "feel-good", "melancholy": "feel-good", "bleak": "hopeful", "dark": "lighthearted", "grim": "lighthearted",
    "slow-burning": "fast-paced", "contemplative": "exciting", "violent": "gentle", "brutal": "gentle",
    "gory": "gentle", "tense": "gentle", "scary": "heartwarming", "disturbing": "heartwarming", "serious": "funny",
    "cynical": "heartwarming", "feel-good": "dark", "lighthearted": "dark", "fast-paced": "slow-burning",
    "exciting": "contemplative",
    "gentle": "intense", "heartwarming": "dark", "silly": "thoughtful", "hopeful": "bleak", "epic": "intimate",
    "intimate": "epic", "uplifting": "bleak",
}  # fmt: skip
"""Moods that somebody who asks for "the opposite of that" means. What is not here is only avoided."""
