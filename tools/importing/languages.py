"""Language codes (ISO 639-1 and 639-2) as people say them."""

from __future__ import annotations

_CODES = """
en eng English|fr fre fra French|de ger deu German|es spa Spanish|it ita Italian|pt por Portuguese|nl dut nld Dutch
sv swe Swedish|da dan Danish|no nor Norwegian|fi fin Finnish|is ice isl Icelandic|pl pol Polish|cs cze ces Czech
ru rus Russian|uk ukr Ukrainian|el gre ell Greek|tr tur Turkish|ar ara Arabic|he heb Hebrew|fa per fas Persian
hi hin Hindi|bn ben Bengali|ta tam Tamil|te tel Telugu|ml mal Malayalam|ur urd Urdu|zh chi zho Chinese|ja jpn Japanese
ko kor Korean|th tha Thai|vi vie Vietnamese|id ind Indonesian|ms may msa Malay|fil tl Filipino|hu hun Hungarian
ro rum ron Romanian|bg bul Bulgarian|hr hrv Croatian|sr srp Serbian|sk slo slk Slovak|sl slv Slovenian|ca cat Catalan
et est Estonian|lv lav Latvian|lt lit Lithuanian|cy wel cym Welsh|ga gle Irish|la lat Latin
"""

LANGUAGES: dict[str, str] = {
    code: entry.split()[-1]
    for entry in _CODES.replace("\n", "|").split("|")
    if entry.strip()
    for code in entry.split()[:-1]
}
"""Code in lower case to the language's name."""
