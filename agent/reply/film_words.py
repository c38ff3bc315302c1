"""The film lexicon of the reply: how genres become nouns, which moods frighten, how a cast is told.

The only film words in `parley.agent.reply`. Another domain works without such a file: then its
`Domain` alone supplies the words, a little more plainly.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict


class TypeWords(BaseModel):
    """A type of item ("Comedy") as a modifier, a noun and a plural."""

    model_config = ConfigDict(frozen=True)

    modifier: str
    noun: str
    plural: str


class Phrases(BaseModel):
    """Turns of phrase for one domain, over and above what its `Domain` says."""

    model_config = ConfigDict(frozen=True)

    types: Mapping[str, TypeWords] = {}
    """Type value to its words, best head noun first."""
    pairs: Mapping[tuple[str, str], TypeWords] = {}
    """Two types together that have a name of their own, the most telling first."""
    modifiers: tuple[str, ...] = ()
    """Type values by how much they say before another noun, most first."""
    never_modifier: frozenset[str] = frozenset()
    values: Mapping[str, Mapping[str, str]] = {}
    """Facet to value to the phrase after a noun, where the domain's phrase does not do."""
    plain: frozenset[str] = frozenset()
    """Theme values that say how it was made rather than what it is about; never "shared"."""
    countable: frozenset[str] = frozenset()
    """Last words of themes that want an article: "a heist", "an unreliable narrator"."""
    told: Mapping[str, str] = {}
    """Facet to a sentence with {title} and {value}."""
    told_values: Mapping[str, Mapping[str, str]] = {}
    """Facet to value to a sentence with {title}, where `told` does not do."""
    families: Mapping[str, frozenset[str]] = {}
    """An everyday word to the tag values that amount to it ("scary": {"eerie", ...})."""
    careful: frozenset[str] = frozenset()
    """Tag values worth a word of warning when someone asks for children."""


def _type(modifier: str, noun: str, plural: str = "") -> TypeWords:
    return TypeWords(modifier=modifier, noun=noun, plural=plural or f"{noun}s")


_COUNTABLE = """
    accident actor actress affair agent alien android animal antihero apartment army artist assassin assassination
    asylum author baby ball band bank bar barbarian battle bear bet boat body bodyguard bomb bond book boss boxer
    boy bride bridge brothel caper car carnival casino castle cat cave ceremony chase chef child circus city clone
    coach college comeback company composer con concert conspiracy contest convict cop corpse countdown couple
    courtroom cowboy crash creature criminal crisis cult curse cyborg dancer daughter deal dealer demon desert
    detective diary dictator diner dinosaur disaster doctor dog doll doppelganger dragon dream duel dynasty
    earthquake election elephant elevator ending enemy engineer estate evacuation ex-con exorcism expedition
    experiment explorer factory fairy farm farmer fatale father feud fight fighter fire fish flood forest fortune
    friend fugitive funeral game gang gangster garden general genius ghost giant girl girlfriend gladiator gorilla
    grandfather grandmother guest guitarist gun gunslinger hacker heir heiress heist hero hijacking hitman holiday
    horse hospital hostage hotel house hunt hunter hurricane husband hypnotist imposter impostor inheritance inn
    inventor investigation island jewel job journalist journey judge jungle jury kid kidnapping killer king knight
    laboratory labyrinth lawyer leader library lie lighthouse lion loner lover makeover man manhunt mansion map mask
    massacre master mentor mercenary mermaid meteor miner mission monastery monk monkey monster motel mother
    murderer museum musician mutant mystery narrator neighbor nightclub novelist nun nurse office orchestra orphan
    orphanage outlaw outsider painter painting palace pandemic parrot party patient photographer pianist pilot
    pirate plague plan planet playwright plot poet president priest prince princess prison prisoner prodigy
    professor prophecy prostitute protest psychiatrist psychic psychopath puppet queen quest race ranch rebel
    rebellion relationship reporter rescue restaurant reunion revolt riddle ritual rival rivalry river road robbery
    robot saloon samurai scam scandal scarecrow school scientist screenwriter sculptor secret secretary servant
    shark sheriff ship shipwreck showdown siege singer sister skeleton slave sleuth smuggler snake sniper society
    soldier son sorcerer spaceship spell spy stalker stepmother storm strike student submarine suburb supercomputer
    superhero supervillain survivor swindle sword talisman teacher team teenager temple terrorist thief tomb
    tournament tower toy train trap treasure trial triangle trick trip tsunami tunnel twin twist tyrant uprising
    vampire vault vendetta veteran vigilante villa village villain virus visitor volcano voyage waiter waitress
    accountant airport astronaut butler celebrity chauffeur dropout fox fraternity gunfight immigrant invasion lawsuit
    loop marshal maze mockumentary motorcycle newspaper officer outcast programmer prom ransom shootout slacker
    starship stockbroker stoner stripper swashbuckler swap tiger underdog wager warlord whistleblower whodunit
    womanizer workaholic emperor billionaire mall cartel delinquent breakdown ego psychologist archaeologist
    dilemma
    warrior wedding weekend werewolf widow widower wife witch witness wizard wolf woman worker workplace world
    wrestler writer zombie
    procedural movie feature boyfriend ex-girlfriend ex-boyfriend escape brother
"""

_PLACES = """
    Paris, London, New York, New York City, Manhattan, Brooklyn, Harlem, Los Angeles, Hollywood, San Francisco,
    Chicago, Miami, Las Vegas, Boston, Philadelphia, Detroit, Seattle, New Orleans, Pittsburgh, Washington D.C.,
    Washington DC, Beverly Hills, Baltimore, Memphis, Atlanta, Cleveland, Texas, California, New Jersey, Pennsylvania,
    Florida, Maine, Massachusetts, Alabama, Iowa, Oregon, Arizona, Georgia, Louisiana, Hawaii, Alaska, Minnesota,
    Indiana, New Mexico, Ohio, Wyoming, Oklahoma, Connecticut, Mississippi, Missouri, Montana, Nebraska, Nevada, South
    Carolina, Kansas, Virginia, Mexico, Mexico City, India, Mumbai, Australia, Japan, Tokyo, Hong Kong, Seoul, Taipei,
    Egypt, Rome, Venice, Vienna, Prague, Berlin, Dublin, Edinburgh, Moscow, Montreal, Sydney, Tehran, Barcelona,
    Florence, Beirut, Istanbul, Singapore, Budapest, Munich, Africa, North Africa, South America, Europe, Russia,
    Italy, England, France, Germany, Poland, Sweden, Denmark, Ireland, Scotland, Spain, Greece, Brazil, Cuba, China,
    Vietnam, Thailand, Cambodia, Jamaica, Morocco, Iceland, Antarctica, Transylvania, New England, Sicily, Long Island
"""
"""Themes that are places: films are set there, not about them."""

FILM_PHRASES = Phrases(
    types={
        "Documentary": _type("documentary", "documentary", "documentaries"),
        "Film-Noir": _type("noir", "film noir", "films noirs"),
        "Western": _type("western", "western"),
        "Musical": _type("musical", "musical"),
        "Short": _type("short", "short film"),
        "Thriller": _type("thriller", "thriller"),
        "Comedy": _type("comic", "comedy", "comedies"),
        "Adventure": _type("adventure", "adventure"),
        "Drama": _type("dramatic", "drama"),
        "Mystery": _type("mystery", "mystery", "mysteries"),
        "Romance": _type("romantic", "romance"),
        "Horror": _type("horror", "horror film"),
        "Sci-Fi": _type("sci-fi", "sci-fi film"),
        "Fantasy": _type("fantasy", "fantasy", "fantasy films"),
        "Crime": _type("crime", "crime film"),
        "War": _type("war", "war film"),
        "Action": _type("action", "action film"),
        "Animation": _type("animated", "animated film"),
        "Family": _type("family", "family film"),
        "Biography": _type("biographical", "biographical film"),
        "History": _type("historical", "historical film"),
        "Sport": _type("sports", "sports film"),
        "Music": _type("music", "music film"),
    },
    pairs={
        ("Comedy", "Romance"): _type("romantic", "romantic comedy", "romantic comedies"),
        ("Mystery", "Thriller"): _type("mystery", "mystery thriller"),
        ("Comedy", "Fantasy"): _type("fantasy", "fantasy comedy", "fantasy comedies"),
        ("Action", "Comedy"): _type("action", "action comedy", "action comedies"),
        ("Adventure", "Animation"): _type("animated", "animated adventure"),
        ("Fantasy", "Romance"): _type("romantic", "romantic fantasy", "romantic fantasies"),
        ("Comedy", "Drama"): _type("comic", "comedy drama"),
    },
    modifiers=(
        "Animation", "Sci-Fi", "Horror", "War", "Crime", "Sport", "Fantasy", "Music", "History", "Biography", "Mystery",
        "Romance", "Action", "Family", "Adventure", "Comedy",
    ),
    never_modifier=frozenset({"Drama"}),
    values={
        "language": {"Silent": "that are silent", "No dialogue": "without dialogue"},
        "certificate": {"Not Rated": "without a rating"},
        "keyword": {
            **{place.lower(): f"set in {place}" for place in " ".join(_PLACES.split()).split(", ")},
            "neo-noir": "in the neo-noir style",
            "coming of age": "about coming of age",
            "prison": "set in a prison",
            "island": "set on an island",
            "desert": "set in the desert",
            "black and white": "in black and white",
            "sequel": "that are sequels",
            "prequel": "that are prequels",
            "remake": "that are remakes",
            "silent film": "from the silent era",
            "twist ending": "with a twist ending",
            "ensemble cast": "with an ensemble cast",
            "femme fatale": "with a femme fatale",
            "love triangle": "with a love triangle",
            "unreliable narrator": "with an unreliable narrator",
            "car chase": "with a car chase",
            "race against time": "with a race against time",
            "talking animals": "with talking animals",
            "nonlinear narrative": "told out of order",
            "low budget": "made on a low budget",
            "stop motion": "in stop motion",
            "computer animation": "in computer animation",
            "small town": "set in a small town",
            "high school": "set in a high school",
            "twist": "with a twist",
            "studio ghibli": "by Studio Ghibli",
            "pixar": "by Pixar",
            "disney": "by Disney",
            "marvel": "from Marvel",
            "dc comics": "from DC Comics",
            "martial arts": "with martial arts",
            "mafia": "about the mafia",
            "military": "about the military",
            "police": "about the police",
            "supernatural": "about the supernatural",
            "occult": "about the occult",
            "subconscious": "about the subconscious",
            "afterlife": "about the afterlife",
            "meaning of life": "about the meaning of life",
            "on the run": "about people on the run",
            "single location": "set in a single place",
            "one night": "set in one night",
            "one day": "set in one day",
            "near future": "set in the near future",
            "dystopian future": "set in a dystopian future",
            "medieval": "set in medieval times",
            "outer space": "set in outer space",
            "underwater": "set underwater",
            "real time": "told in real time",
            "post-apocalyptic": "set after an apocalypse",
            "wrongly accused": "about somebody wrongly accused",
            "chosen one": "about a chosen one",
            "good versus evil": "about good against evil",
            "female director": "directed by a woman",
            "female protagonist": "with a woman in the lead",
            "strong heroine": "with a strong heroine",
            "anime": "in the anime style",
            "gross-out humor": "with gross-out humor",
            "crude humor": "with crude humor",
            "cat and mouse": "with a game of cat and mouse",
            "breaking the fourth wall": "that break the fourth wall",
            "voice-over narration": "with a voice-over",
            "underdog": "about an underdog",
            "shootout": "with a shootout",
            "cult film": "that are cult films",
        },
    },
    plain=frozenset({
        "black and white", "sequel", "prequel", "remake", "silent film", "ensemble cast", "cult film", "marvel",
        "disney", "low budget", "computer animation", "anime", "pixar", "dc comics", "franchise", "trilogy",
        "romantic comedy", "black comedy", "parody", "slapstick", "satire", "reboot", "debut feature",
    }),
    countable=frozenset(_COUNTABLE.split()),
    told={
        "director": "{value} directed {title}.",
        "cast": "{title} stars {value}.",
        "genre": "{title} is {value}.",
        "mood": "{title} is {value}.",
        "keyword": "{title} deals with {value}.",
        "language": "{title} is in {value}.",
        "country": "{title} was made in {value}.",
        "certificate": "{title} is rated {value}.",
        "year": "{title} came out in {value}.",
        "runtime": "{title} runs {value}.",
    },
    told_values={
        "language": {"Silent": "{title} is a silent film.", "No dialogue": "{title} has no dialogue."},
        "certificate": {"Not Rated": "{title} has no rating."},
    },
    families={
        "scary": frozenset({
            "scary", "eerie", "creepy", "terrifying", "spooky", "unsettling", "nightmarish", "chilling", "macabre",
            "disturbing", "menacing", "sinister", "dread-filled", "Horror",
        }),
        "violent": frozenset({"violent", "brutal", "gory", "gruesome", "visceral", "War"}),
        "gory": frozenset({"gory", "gruesome"}),
        "funny": frozenset({
            "funny", "witty", "silly", "darkly funny", "darkly comic", "zany", "goofy", "farcical", "deadpan", "wry",
            "Comedy",
        }),
        "sad": frozenset({
            "sad", "tragic", "heartbreaking", "bittersweet", "melancholy", "somber", "devastating", "sorrowful",
            "tearjerking", "bleak",
        }),
        "romantic": frozenset({"romantic", "Romance"}),
        "dark": frozenset({"dark", "bleak", "grim", "nightmarish", "darkly funny", "gritty", "noir"}),
        "tense": frozenset({"tense", "suspenseful", "gripping", "intense", "nail-biting", "nerve-racking", "taut"}),
        "slow": frozenset({"slow-burning", "slow-burn", "slow-paced", "meditative", "contemplative", "languid"}),
        "fast": frozenset({"fast-paced", "frenetic", "frantic", "action-packed", "kinetic", "brisk"}),
        "light": frozenset({"lighthearted", "light", "breezy", "feel-good", "fun", "playful", "silly"}),
        "sexy": frozenset({"sexy", "erotic", "steamy", "sensual", "raunchy", "risqué", "racy", "bawdy"}),
        "weird": frozenset({"weird", "surreal", "bizarre", "strange", "absurd", "quirky", "offbeat", "trippy"}),
        "happy": frozenset({"uplifting", "feel-good", "joyful", "heartwarming", "hopeful", "cheerful", "upbeat"}),
        "clever": frozenset({"clever", "cerebral", "smart", "thought-provoking", "intelligent", "mind-bending"}),
    },
    careful=frozenset({
        "violent", "disturbing", "scary", "gory", "raunchy", "crude", "brutal", "harrowing", "gruesome", "terrifying",
        "nightmarish", "erotic", "steamy", "sexy", "sensual", "unsettling", "creepy", "eerie", "Horror",
    }),
)  # fmt: skip

PHRASES: Mapping[str, Phrases] = {"films": FILM_PHRASES}
"""By the name of the domain."""
