"""How people speak of films: other words for genres, moods, languages, countries and certificates."""

from __future__ import annotations

from parley.tools.linking.lexicon import Lexicon
from parley.tools.linking.text import word_set

_GENRES = {
    "Sci-Fi": ("sci fi", "scifi", "sci-fis", "science fiction", "sf film", "sf movie", "space movie",
               "space opera", "syfy"),
    "Comedy": ("comedies", "comedic", "rom com", "romcom", "rom coms", "romantic comedy", "romantic comedies",
               "dramedy", "sitcom", "funny movie", "funny movies", "funny film", "funny films"),
    "Romance": ("romances", "rom com", "romcom", "rom coms", "romantic comedy", "romantic comedies", "love story",
                "love stories", "chick flick", "chick flicks", "romantic movie", "romantic movies", "romantic film",
                "romantic films", "romantic drama"),
    "Horror": ("horrors", "scary movie", "scary movies", "scary film", "scary films", "slasher", "slashers",
               "horror flick", "creepy movie", "creepy movies"),
    "Animation": ("animated", "animations", "cartoon", "cartoons", "animes", "anime"),
    "Documentary": ("documentaries", "docu", "docs", "documentary film"),
    "Thriller": ("thrillers", "suspense thriller", "psychological thriller"),
    "Biography": ("biopic", "biopics", "biographical", "biographies", "bio pic"),
    "Family": ("family film", "family films", "family movie", "family movies", "kids movie", "kids movies",
               "kid movie", "kid movies", "kids film", "kids films", "childrens movie", "childrens movies",
               "children's movie", "children's film", "children's films", "family friendly", "kid friendly",
               "for the whole family", "for my kids", "for kids", "for the kids", "for children", "for my children"),
    "Film-Noir": ("noir", "film noir", "noirs", "films noirs"),
    "War": ("war movie", "war movies", "war film", "war films", "war story"),
    "Sport": ("sports", "sports movie", "sports movies", "sports film"),
    "Music": ("music film", "music movie", "concert film"),
    "History": ("historical", "historical drama", "history film", "history movie", "period piece", "period drama"),
    "Western": ("westerns", "cowboy movie", "cowboy movies", "cowboy film"),
    "Short": ("short film", "short films", "shorts"),
    "Musical": ("musicals",),
    "Drama": ("dramas", "dramatic", "dramedy", "romantic drama", "period drama", "historical drama"),
    "Mystery": ("mysteries", "whodunit", "whodunits", "whodunnit", "detective story", "murder mystery"),
    "Action": ("action packed", "actions", "action flick", "shoot em up"),
    "Adventure": ("adventures", "swashbuckler"),
    "Crime": ("crime story", "crime drama", "gangster film", "gangster movie", "gangster movies", "mob movie",
              "mob movies"),
    "Fantasy": ("fantasies",),
}  # fmt: skip

_MOODS = {
    "feel-good": ("feel good", "feelgood", "cheerful", "cheer me up", "happy", "happier", "lift my spirits",
                  "feel better"),
    "funny": ("hilarious", "humorous", "make me laugh", "laugh out loud", "comical", "a good laugh",
              "a laugh", "laughs"),
    "lighthearted": ("light hearted", "easygoing", "easy watching", "not too heavy", "fluffy", "something light"),
    "heartwarming": ("heart warming", "wholesome", "warm hearted"),
    "violent": ("gory", "bloody", "violence", "gore", "brutal"),
    "scary": ("spooky", "frightening", "terrifying", "creepy", "scary movie", "scary movies",
              "scary film", "scary films", "creepy movie", "creepy movies"),
    "suspenseful": ("suspense", "edge of my seat", "edge of your seat", "nail biting", "nail biter"),
    "tense": ("tension", "thrilling"),
    "exciting": ("thrilling", "adrenaline"),
    "sad": ("tear jerker", "tearjerker", "make me cry", "heartbreaking", "like crying", "good cry", "weepie",
            "bawl my eyes out", "cry my eyes out", "make me bawl", "make me sob", "make me weep", "ugly cry"),
    "tragic": ("heartbreaking",),
    "moving": ("touching", "make me cry", "tear jerker", "tearjerker"),
    "inspiring": ("inspirational",),
    "dark": ("gloomy",),
    "bleak": ("depressing",),
    "cerebral": ("thought provoking", "intellectual", "makes me think", "make me think", "brainy"),
    "thoughtful": ("thought provoking",),
    "mind-bending": ("mind bending", "mindbending", "trippy", "mind blowing"),
    "quirky": ("offbeat", "weird"),
    "romantic": ("date night", "first date", "on a date"),
    "adventurous": (),
    "silly": ("goofball", "dumb fun", "stupid funny"),
    "disturbing": ("messed up", "disturbed"),
    "raunchy": ("vulgar",),
    "fast-paced": ("fast paced", "fast moving"),
    "melancholy": ("melancholic", "sad"),
    "slow-burning": ("slow burn", "slow paced", "slow", "slow moving"),
    "uplifting": ("positive",),
    "sentimental": ("cheesy", "sappy", "corny", "schmaltzy", "mushy", "soppy"),
}  # fmt: skip

_LANGUAGES = {
    "Hindi": ("bollywood",),
    "Spanish": ("español", "castellano"),
    "French": ("français",),
    "German": ("deutsch",),
    "Silent": ("silent film", "silent films", "silent movie", "silent movies", "silent era"),
    "Persian": ("farsi", "iranian"),
    "Mandarin": ("chinese",),
    "Cantonese": ("hong kong film", "hong kong movie", "hong kong cinema"),
}

_COUNTRIES = {
    "United States": ("american", "america", "the states", "usa"),
    "United Kingdom": ("british", "uk", "britain", "england", "scottish", "english made"),
    "South Korea": ("south korean", "korea"),
    "Australia": ("australian", "aussie"),
    "India": ("indian",),
    "New Zealand": ("kiwi film", "from new zealand"),
    "Ireland": ("irish",),
    "Canada": ("canadian",),
    "Mexico": ("mexican",),
    "Soviet Union": ("soviet",),
    "Argentina": ("argentinian", "argentine"),
    "Brazil": ("brazilian",),
    "Taiwan": ("taiwanese",),
    "South Africa": ("south african",),
    "Belgium": ("belgian",),
    "Colombia": ("colombian",),
    "Cuba": ("cuban",),
    "Egypt": ("egyptian",),
    "Israel": ("israeli",),
    "Iran": ("from iran",),
    "Senegal": ("senegalese",),
    "Lebanon": ("lebanese",),
}

_KEYWORDS = {
    "james bond": ("bond film", "bond films", "bond movie", "bond movies", "007", "double o seven"),
    "christmas": ("xmas film", "xmas films", "xmas movie", "xmas movies", "christmassy", "festive film",
                  "festive movie"),
    "superhero": ("super hero", "super heroes", "superheros"),
    "female director": ("woman director", "women directors", "female filmmaker", "female directors", "woman filmmaker",
                        "directed by a woman", "directed by women", "film by a woman", "films by women",
                        "movie by a woman", "movies by women", "something by a woman", "anything by a woman",
                        "made by a woman", "made by women"),
    "female protagonist": ("female lead", "female leads", "female led", "women led", "woman led", "woman in the lead",
                           "woman lead", "female main character", "heroine"),
}  # fmt: skip

_CERTIFICATES = {
    "G": ("rated g", "g rated", "a g rating", "g rating", "all ages"),
    "PG": ("rated pg", "pg rated", "pg rating", "pg film", "pg movie"),
    "PG-13": ("pg 13", "pg13", "pg thirteen", "rated pg 13"),
    "R": ("rated r", "r rated", "r rating", "an r"),
    "NC-17": ("nc 17", "nc17"),
    "TV-MA": ("tv ma",),
    "TV-14": ("tv 14",),
    "Not Rated": ("unrated",),
}

FILM_LEXICON = Lexicon(
    synonyms={
        "genre": _GENRES,
        "mood": _MOODS,
        "language": _LANGUAGES,
        "country": _COUNTRIES,
        "certificate": _CERTIFICATES,
        "keyword": _KEYWORDS,
    },
    shy=word_set(
        """
    cool fun nice light warm sweet moving classic original fine great cold hot hard wild crazy deep real big
    bold sharp slick bright dry raw loose strange odd gentle quiet loud slow fast war music history family sport
    crime action mystery adventure happy weird positive brutal smart calm simple strong sports pg short romance
    exciting intense epic emotional magical charming stylish energetic elegant clever honest human wise tough
    cozy cosy mean angry proud busy free open clear easy tired bored lovely beautiful creepy sad brave spare violence
    tension adventures disturbed dark scary funny historical fantasies absurd lively relaxed urgent
    """
    ),
    mute=frozenset({"short", "music", "g", "r", "x", "pg", "passed", "approved", "english film", "maya", "turkey"}),
    nouns=frozenset(
        {"film", "films", "movie", "movies", "flick", "flicks", "picture", "pictures", "cinema", "story", "stories"}
    ),
)
