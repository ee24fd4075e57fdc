"""Word lists of English normalisation."""

from __future__ import annotations

from typing import Final

from omnitalker.text.wordlist import words

ABBREVIATIONS: Final = {
    "mr.": "mister", "mrs.": "missus", "ms.": "miz", "prof.": "professor", "gen.": "general",
    "sgt.": "sergeant", "capt.": "captain", "lt.": "lieutenant", "col.": "colonel", "sen.": "senator",
    "rep.": "representative", "gov.": "governor", "rev.": "reverend", "hon.": "honorable",
    "jr.": "junior", "sr.": "senior", "inc.": "incorporated", "ltd.": "limited", "co.": "company",
    "corp.": "corporation", "dept.": "department", "ave.": "avenue", "blvd.": "boulevard", "rd.": "road",
    "mt.": "mount", "ft.": "fort", "etc.": "etcetera", "vs.": "versus", "e.g.": "for example",
    "i.e.": "that is", "approx.": "approximately", "est.": "established", "fig.": "figure",
    "figs.": "figures", "eq.": "equation", "vol.": "volume", "ch.": "chapter", "pp.": "pages",
    "al.": "al", "min.": "minutes", "max.": "maximum", "avg.": "average", "tel.": "telephone",
    "ext.": "extension", "ed.": "edition", "cf.": "compare", "w/o": "without", "w/": "with", "a.k.a.": "also known as",
    "ph.d.s": "P H D's", "ph.d.": "P H D", "ctrl": "control",
    "mr": "mister", "mrs": "missus", "ms": "miz", "dr": "doctor", "vs": "versus", "etc": "etcetera",
}  # fmt: skip
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
MONTH_PATTERN: Final = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|"
    r"Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
WEEKDAYS: Final = {
    "mon.": "monday", "tue.": "tuesday", "tues.": "tuesday", "wed.": "wednesday", "thu.": "thursday",
    "thur.": "thursday", "thurs.": "thursday", "fri.": "friday", "sat.": "saturday", "sun.": "sunday",
}  # fmt: skip
UNITS: Final = {
    "km/h": ("kilometer per hour", "kilometers per hour"), "kph": ("kilometer per hour", "kilometers per hour"),
    "mph": ("mile per hour", "miles per hour"), "m/s": ("meter per second", "meters per second"),
    "Mbps": ("megabit per second", "megabits per second"), "Gbps": ("gigabit per second", "gigabits per second"),
    "kWh": ("kilowatt hour", "kilowatt hours"), "mAh": ("milliamp hour", "milliamp hours"),
    "km²": ("square kilometer", "square kilometers"), "m²": ("square meter", "square meters"),
    "m³": ("cubic meter", "cubic meters"), "cm²": ("square centimeter", "square centimeters"),
    "cm³": ("cubic centimeter", "cubic centimeters"), "ft²": ("square foot", "square feet"),
    "km": ("kilometer", "kilometers"), "cm": ("centimeter", "centimeters"), "mm": ("millimeter", "millimeters"),
    "nm": ("nanometer", "nanometers"), "µm": ("micrometer", "micrometers"), "μm": ("micrometer", "micrometers"),
    "kg": ("kilogram", "kilograms"), "mg": ("milligram", "milligrams"), "g": ("gram", "grams"),
    "lb": ("pound", "pounds"), "lbs": ("pound", "pounds"), "oz": ("ounce", "ounces"),
    "ft": ("foot", "feet"), "in": ("inch", "inches"), "mi": ("mile", "miles"), "yd": ("yard", "yards"),
    "ml": ("milliliter", "milliliters"), "mL": ("milliliter", "milliliters"), "L": ("liter", "liters"),
    "l": ("liter", "liters"), "gal": ("gallon", "gallons"), "m": ("meter", "meters"),
    "ms": ("millisecond", "milliseconds"), "s": ("second", "seconds"), "sec": ("second", "seconds"),
    "secs": ("second", "seconds"), "min": ("minute", "minutes"), "mins": ("minute", "minutes"),
    "h": ("hour", "hours"), "hr": ("hour", "hours"), "hrs": ("hour", "hours"), "yrs": ("year", "years"),
    "kHz": ("kilohertz", "kilohertz"), "MHz": ("megahertz", "megahertz"), "GHz": ("gigahertz", "gigahertz"),
    "Hz": ("hertz", "hertz"), "KB": ("kilobyte", "kilobytes"), "kB": ("kilobyte", "kilobytes"),
    "MB": ("megabyte", "megabytes"), "GB": ("gigabyte", "gigabytes"), "TB": ("terabyte", "terabytes"),
    "kW": ("kilowatt", "kilowatts"), "MW": ("megawatt", "megawatts"), "W": ("watt", "watts"),
    "V": ("volt", "volts"), "mV": ("millivolt", "millivolts"), "A": ("amp", "amps"), "dB": ("decibel", "decibels"),
    "fps": ("frame per second", "frames per second"), "FPS": ("frame per second", "frames per second"),
    "kcal": ("kilocalorie", "kilocalories"), "cal": ("calorie", "calories"), "px": ("pixel", "pixels"),
    "tbsp": ("tablespoon", "tablespoons"), "tsp": ("teaspoon", "teaspoons"),
    "°C": ("degree celsius", "degrees celsius"), "°F": ("degree fahrenheit", "degrees fahrenheit"),
    "°": ("degree", "degrees"), "%": ("percent", "percent"), "‰": ("per mille", "per mille"),
}  # fmt: skip
CURRENCIES: Final = {
    "$": ("dollar", "dollars", "cent", "cents"), "US$": ("U S dollar", "U S dollars", "cent", "cents"),
    "€": ("euro", "euros", "cent", "cents"), "£": ("pound", "pounds", "penny", "pence"),
    "¥": ("yuan", "yuan", "fen", "fen"), "₹": ("rupee", "rupees", "paisa", "paise"),
    "₩": ("won", "won", "jeon", "jeon"), "₽": ("ruble", "rubles", "kopeck", "kopecks"),
    "₿": ("bitcoin", "bitcoins", "", ""),
    "USD": ("U S dollar", "U S dollars", "cent", "cents"), "EUR": ("euro", "euros", "cent", "cents"),
    "GBP": ("pound", "pounds", "penny", "pence"), "CNY": ("yuan", "yuan", "fen", "fen"),
    "RMB": ("yuan", "yuan", "fen", "fen"), "JPY": ("yen", "yen", "sen", "sen"),
}  # fmt: skip
SCALE_LETTERS: Final = {
    "k": "thousand", "K": "thousand", "m": "million", "M": "million", "mn": "million", "B": "billion",
    "b": "billion", "bn": "billion", "T": "trillion", "tn": "trillion",
}  # fmt: skip
SYMBOLS: Final = {
    "&": "and", "%": "percent", "+": "plus", "=": "equals", "@": "at", "#": "hash", "×": "times",
    "÷": "divided by", "±": "plus or minus", "≤": "is at most", "≥": "is at least", "≠": "is not equal to",
    "≈": "is about", "°": "degrees", "√": "the square root of", "∞": "infinity", "<": "is less than",
    ">": "is greater than", "§": "section", "^": "to the power of", "~": "about", "$": "dollar",
    "€": "euro", "£": "pound", "¥": "yuan", "²": "squared", "³": "cubed", "−": "minus",
    "¼": "one quarter", "½": "one half", "¾": "three quarters", "⅓": "one third", "⅔": "two thirds",
    "⅛": "one eighth", "‰": "per mille",
}  # fmt: skip
GREEK: Final = dict(
    zip(
        "αβγδεζηθικλμνξοπρστυφχψωΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩµς",
        words(
            "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mew new xi omicron pie rho ",
            "sigma tau upsilon phi chi psi omega ",
        )
        * 2
        + ("mew", "sigma"),
        strict=True,
    )
)
PRONOUNCED_ACRONYMS: Final = frozenset(
    words(
        "NASA NATO UNESCO UNICEF OPEC LASER RADAR SCUBA PIN RAM ROM AIDS COVID SARS ASAP FIFA UEFA NAFTA ",
        "ASEAN NASDAQ JPEG SIM GIF WASP SWAT YOLO FOMO LAN WAN POTUS SCOTUS CAPTCHA BASIC NAND OSHA PETA ",
        "SONAR TED UNIX LINUX JSON YAML TOML SOAP REST DALL LLAMA CUDA BERT MIDI NUMA DOS BIOS",
    )
)
SPELLED: Final = frozenset(
    words("UCLA YMCA YWCA USMC ICAO IATA NCAA AARP HIV IEEE ISBN CEO CFO CTO COO")
)
"""Acronyms that look like words but are spelled."""
SHORT_WORDS: Final = frozenset(
    words(
        "A I AM AN AS AT BE BY DO GO HE IF IN IS IT ME MY NO OF OH ON OR SO TO UP US WE AH ",
        "ALL AND ANY ARE BAD BIG BUT CAN DAY DID FOR GET GOT HAD HAS HER HIM HIS HOW ITS LET MAN NEW NOT NOW ",
        "OFF OLD ONE OUR OUT OWN RED RUN SAD SAY SEE SHE THE TOO TOP TRY TWO WAS WAY WHO WHY WIN YES YET YOU ",
        "HOT LOW END ADD ASK BUY PAY PUT SET SIT USE STOP WARNING ERROR NOTE ALSO ALWAYS NEVER MUST WILL",
    )
)
ROMAN_CONTEXT: Final = (
    r"(?:World War|Chapter|Part|Act|Volume|Vol\.|Type|Phase|Section|Book|Class|Stage|Level|Article|"
    r"Appendix|Title|Mark|Grade|Super Bowl|Final Fantasy|Rocky)"
)
REGNAL_CONTEXT: Final = (
    r"(?:Henry|Louis|Charles|Edward|George|James|William|Richard|Elizabeth|Pope [A-Z][a-z]+(?: [A-Z][a-z]+)?|"
    r"Philip|Peter|Catherine|Napoleon|Nicholas|Alexander|Frederick|Mary|John Paul|Benedict|Ramses|Ptolemy)"
)
FILE_ENDINGS: Final = r"(?:py|md|txt|json|jsx?|tsx?|pdf|docx?|xlsx?|csv|tsv|html?|css|exe|zip|gz|png|jpe?g|gif|mp[34]|wav|ya?ml|toml|cpp|rs|sh)"
TOP_LEVEL_DOMAINS: Final = (
    r"(?:com|org|net|io|ai|cn|gov|edu|dev|co|uk|de|fr|jp|us|app|info|me|tv|xyz|eu|ca|au|in|ly|gg)"
)
