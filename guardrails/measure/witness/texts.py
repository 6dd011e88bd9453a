"""Sentences of presidio-evaluator, filled with values of Faker in ten locales. Writes a line of JSON for each: its text, and the kind, start and end
of each value that the rule `pii` looks for, in UTF-16 units. Arguments: how many, and a seed."""

import importlib.util
import json
import re
import sys
from pathlib import Path

from faker import Faker

LOCALES = ["en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "it_IT", "pt_BR", "nl_NL", "pl_PL", "ja_JP"]
KINDS = {
    "email": "EMAIL",
    "phone_number": "PHONE",
    "credit_card_number": "CREDIT_CARD",
    "iban": "IBAN",
    "ssn": "US_SSN",
    "ip_address": "IP_ADDRESS",
    "date_of_birth": "DATE_OF_BIRTH",
}
DATES = ["%Y-%m-%d", "%d/%m/%Y", "%B %d, %Y", "%d.%m.%Y"]
NUMBERS = {"age", "building_number", "year", "zipcode", "postcode", "secondary_address"}
PLAIN = {"job", "email", "phone_number", "credit_card_number", "iban", "address", "city", "country", "url"}

count, seed = int(sys.argv[1]), int(sys.argv[2])
Faker.seed(seed)
fakers = [Faker(locale) for locale in LOCALES]
package = Path(importlib.util.find_spec("presidio_evaluator").submodule_search_locations[0])
templates = [
    line.replace(r"\n", "\n")
    for line in (package / "data_generator" / "raw_data" / "templates.txt").read_text().splitlines()
]
wanted = [line for line in templates if any("{{%s}}" % name in line for name in KINDS)]


def fill(name, faker):
    if name in PLAIN:
        return getattr(faker, name)()
    if name in NUMBERS:
        return str(faker.random_int(1, 99_999))
    if name == "ssn":
        return fakers[0].ssn()
    if name == "ip_address":
        return faker.ipv4_public() if faker.random_int(0, 4) else faker.ipv6()
    if name == "date_of_birth":
        return faker.date_of_birth().strftime(faker.random_element(DATES))
    if name == "organization":
        return faker.company()
    if name in ("date_time", "day_of_week"):
        return faker.date()
    return faker.last_name() if "last" in name else faker.first_name() if "first" in name else faker.name()


def count_units(text):
    return len(text.encode("utf-16-le")) // 2


for number in range(count):
    template, faker = wanted[number % len(wanted)], fakers[number % len(fakers)]
    text, spans, at = "", [], 0
    for match in re.finditer(r"{{(\w+)}}", template):
        text += template[at : match.start()]
        at = match.end()
        value = fill(match[1], faker).replace("\n", " ")
        if match[1] in KINDS:
            start = count_units(text)
            spans.append({"kind": KINDS[match[1]], "start": start, "end": start + count_units(value)})
        text += value
    print(json.dumps({"text": text + template[at:], "spans": spans}))
