"""How the values of a column are written, by the evidence of the whole column, as SQL that reads them."""

import re
from dataclasses import dataclass
from functools import cache

import duckdb
from babel import Locale
from babel.numbers import list_currencies

from retention_cli.ingest.names import known_words, synonyms
from retention_cli.ingest.tables import define_filled, literal, one

MONEY = "decimal(28, 8)"
LANGUAGES = ["en", "de", "fr", "es", "it", "nl", "pl", "pt"]
EARLIEST, LATEST = "1900-01-01", "2200-01-01"
BLANKS = "\u00a0\u202f\u2009\u2007\t\n\r\ufeff"
ZONES = {
    "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
    "bst": 1, "cet": 1, "cest": 2, "mez": 1, "mesz": 2, "eet": 2, "eest": 3,
    "aest": 10, "aedt": 11, "jst": 9,
}  # fmt: skip
# A date in numbers with the year last: which number is the day has to be found out.
NUMERIC_DATE = r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?:\D|$)"
TIME = (
    r"(?:[ t,:-]+(\d{1,2})[:.h](\d{2})(?:[:.](\d{2})(?:[.,](\d{1,9}))?)?)? ?([ap]m)?"
    r" ?(z|utc|gmt|" + "|".join(ZONES) + r")?(?:([+-])(\d{2}):?(\d{2})?)?$"
)
DATE = (
    r"^(?:(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})"
    r"|(\d{4})(\d{2})(\d{2})"
    r"|(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})"
    r"|(\d{1,2})[-/. ]*<(\d{2})>[-/. ]*(\d{4}|\d{2})"
    r"|<(\d{2})>[-. ]*(\d{1,2})[ -]+(\d{4}|\d{2})"
    r"|(\d{4})[-/. ]*<(\d{2})>[-/. ]*(\d{1,2}))"
)
PARTS = [
    "y1", "m1", "d1", "y2", "m2", "d2", "a3", "b3", "y3", "d4", "m4", "y4",
    "m5", "d5", "y5", "y6", "m6", "d6", "h", "mi", "s", "f", "ap", "zone", "sign", "oh", "om",
]  # fmt: skip
GROUPED = {
    ".": r"^[-+]?(\d+|\d{1,3}(,\d{3})+|\d{1,2}(,\d{2})+,\d{3}|\d{1,3}( \d{3})+|\d{1,3}('\d{3})+)?(\.\d*)?$",
    ",": r"^[-+]?(\d+|\d{1,3}(\.\d{3})+|\d{1,3}( \d{3})+|\d{1,3}('\d{3})+)?(,\d*)?$",
}
# What only a point, or only a comma, before the decimals explains.
SAYS_POINT = [
    r"^[-+]?[\d ']*\.(\d{1,2}|\d{4,})$",
    r"^[-+]?(0*|[1-9]\d{3,}|[\d ']*[ '][\d ']*)\.\d{3}$",
    r"^[-+]?\d{1,3}(,\d{2,3})+\.\d*$",
    r"^[-+]?\d{1,3}(,\d{2,3})*,\d{3},\d{3}$",
]
SAYS_COMMA = [
    r"^[-+]?[\d ']*,(\d{1,2}|\d{4,})$",
    r"^[-+]?(0*|[1-9]\d{3,}|[\d ']*[ '][\d ']*),\d{3}$",
    r"^[-+]?\d{1,3}(\.\d{3})+,\d*$",
    r"^[-+]?\d{1,3}(\.\d{3}){2,}$",
]
SAYS_NEITHER = r"^[-+]?[1-9]\d{0,2}[.,]\d{3}$"


@dataclass(frozen=True)
class DateReading:
    """How a column writes dates.

    Attributes:
        kind: typed, text, short_years, epoch_seconds, epoch_milliseconds, epoch_microseconds or excel_days.
        order: day_month, month_day, or empty where no value depends on it.
        language: of names of months.
        formats: of DuckDB's `strptime`, tried first because they are fast; of short_years the only ones.
        evidence: why, in words.
    """

    kind: str = "text"
    order: str = ""
    language: str = ""
    formats: tuple[str, ...] = ()
    evidence: str = ""


@dataclass(frozen=True)
class NumberReading:
    """How a column writes numbers.

    Attributes:
        decimal_separator: a point or a comma.
        evidence: why, in words.
        two_decimals: it has no more of them, so `1.234` may be a thousand and is no number.
    """

    decimal_separator: str = "."
    evidence: str = ""
    two_decimals: bool = False


@cache
def currency_codes() -> dict[str, str]:
    """Return the code of every sign and code of a currency, in capitals."""
    codes = {code.upper(): code.upper() for code in list_currencies()}
    for code, signs in synonyms()["currency_signs"].items():
        codes |= {sign.upper(): code for sign in signs}
    return codes


@cache
def currency_pattern() -> str:
    """Return a regular expression of all signs and codes, longest first."""
    of_several = [sign.upper() for sign in synonyms()["table"]["signs_of_several_currencies"]]
    signs = sorted([*currency_codes(), *of_several], key=len, reverse=True)
    return "(?i:" + "|".join(re.escape(sign) for sign in signs) + ")"


@cache
def total_pattern() -> str:
    """Return a regular expression of texts that begin as lines of totals do."""
    words = sorted({word.lower() for word in synonyms()["table"]["total_words"]}, key=len)
    return f"^({'|'.join(re.escape(word) for word in reversed(words))})([ :].*)?$"


def define_macros(connection: duckdb.DuckDBPyConnection) -> None:
    """Define what the SQL of readings calls."""
    sign = currency_pattern()
    codes = currency_codes()
    keys = ", ".join(literal(key) for key in codes)
    values = ", ".join(literal(value) for value in codes.values())
    parts = "[" + ", ".join(literal(part) for part in PARTS) + "]"
    zone = " ".join(f"when {literal(name)} then {hours}" for name, hours in ZONES.items())
    statements = [
        "set timezone = 'UTC'",
        # Pushed down, filters on what is read repeat all of the reading; a list of words becomes a join.
        "set disabled_optimizers = 'filter_pushdown, in_clause'",
        f"create macro bare(v) as trim(translate(v, {literal(BLANKS)}, '{' ' * len(BLANKS)}'))",
        f"create macro begins_with_total(v) as regexp_matches(lower(v), {literal(total_pattern())})",
        "create macro no_total(v) as case when not begins_with_total(v) or regexp_matches(v, '[0-9]') then v end",
        f"create macro is_nobody(v) as regexp_replace(lower(strip_accents(v)), '[^a-z]+', '', 'g')"
        f" in ({', '.join(literal(word) for word in sorted(known_words('table', 'nobody')))})",
        # '-' stands for every minus, "'" for every apostrophe.
        "create macro money_signs(v) as translate(v, '−–’`´', '--' || '''''''')",
        f"create macro without_currency(v) as regexp_replace(regexp_replace(money_signs(v),"
        f" {literal('^([-+(]*) *' + sign + ' *')}, '\\1'), {literal(' *' + sign + ' *([-)]*)$')}, '\\1')",
        # `5,-` is 5,00 and `5.-` 5.00, and says so of the column's decimals.
        r"create macro money_text(v) as case when regexp_full_match(v, '-?[0-9.,]*[0-9]') then v"
        r" else regexp_replace(regexp_replace("
        r"regexp_replace(without_currency(v), '(\d)([.,])--?$', '\1\200'),"
        r" '^\((.*)\)$|^(.*[0-9.,]) *-$', '-\1\2'), '^([-+]) +| *%$', '\1') end",
        f"create macro currency_in(v) as coalesce(map([{keys}], [{values}])[upper(coalesce("
        f"nullif(regexp_extract(money_signs(v), {literal('^[-+(]* *(' + sign + ')')}, 1), ''),"
        f" nullif(regexp_extract(money_signs(v), {literal('(' + sign + ')[-)]*$')}, 1), '')))], null)",
        f"create macro date_parts(v) as regexp_extract(v, {literal(DATE + TIME)}, {parts})",
        "create macro number_or(v, other) as coalesce(try_cast(nullif(v, '') as bigint), other)",
        "create macro full_year(v) as case when length(v) = 2 then"
        " case when v < '69' then 2000 else 1900 end + cast(v as bigint)"
        " else try_cast(nullif(v, '') as bigint) end",
        "create macro hour_of(h, ap) as case when ap = '' then number_or(h, 0)"
        " when number_or(h, 0) not between 1 and 12 then null"
        " else number_or(h, 0) % 12 + case when ap = 'pm' then 12 else 0 end end",
        f"create macro zone_hours(v) as case v {zone} else 0 end",
        # What fails in `try` costs a thousand times as much as what is not tried.
        "create macro moment(p, day_first) as"
        " case when concat(p.y1, p.y2, p.y3, p.y4, p.y5, p.y6) <> '' then try(make_timestamp("
        " full_year(concat(p.y1, p.y2, p.y3, p.y4, p.y5, p.y6)),"
        " cast(concat(p.m1, p.m2, case when day_first then p.b3 else p.a3 end, p.m4, p.m5, p.m6) as bigint),"
        " cast(concat(p.d1, p.d2, case when day_first then p.a3 else p.b3 end, p.d4, p.d5, p.d6) as bigint),"
        " hour_of(p.h, p.ap), number_or(p.mi, 0),"
        " cast(concat(case when p.s = '' then '0' else p.s end, '.', p.f, '0') as double)"
        ")) - to_hours(zone_hours(p.zone)) - case when p.sign = '' then interval 0 seconds else"
        " to_minutes(case p.sign when '-' then -1 else 1 end * (60 * number_or(p.oh, 0) + number_or(p.om, 0)))"
        " end end",
        f"create macro plausible(t) as case when t >= timestamp '{EARLIEST}' and t < timestamp '{LATEST}'"
        " then t end",
        # The faster of two casts leaves an offset out and says nothing, so it is for texts that have none.
        # `at time zone 'UTC'` would take as long as the cast.
        "create macro is_utc(v) as strlen(v) = 10 or (strlen(v) = 19 and substr(v, 17, 1) = ':')"
        " or (strlen(v) = 20 and ends_with(v, 'Z'))"
        " or (substr(v, 20, 1) = '.' and try_cast(substr(v, 21) as uinteger) is not null)",
        "create macro iso_moment(v) as case when v >= '1' and v < '3' then coalesce("
        " case when is_utc(v) then try_cast(v as timestamp) end, make_timestamp(epoch_us(try_cast(v as timestamptz)))) end",
        # A weekday before a date in numbers says nothing; `2025年1月5日` is one with other signs.
        r"create macro without_weekday(v) as regexp_replace(translate(v, '年月日', '-- '),"
        r" '^\pL{2,12}[., ]+(\d{1,4}[-/.]\d{1,2}[-/.]\d)', '\1')",
        "create macro spelled(v) as trim(regexp_replace(regexp_replace(regexp_replace(regexp_replace("
        r"lower(strip_accents(without_weekday(v))), ' *(\[[^\]]*\]|\([^)]*\))$', ''),"
        r" ' (um|at|om|a las|alle|alle ore) +(\d)|[ ,]+(uhr|hs?)\.?$', ' \2', 'g'),"
        r" '\b([ap])\.? ?m\b\.?', '\1m', 'g'), '[, ]+', ' ', 'g'))",
    ]
    for statement in statements:
        connection.execute(statement)
    define_filled(connection)


@cache
def names_of(language: str, what: str) -> dict[int, list[str]]:
    """Return the names of months (1 to 12) or weekdays (0 to 6) in a language, without accents."""
    import unicodedata  # noqa: PLC0415 (only here)

    locale = Locale.parse(language)
    found: dict[int, list[str]] = {}
    for context in ["format", "stand-alone"]:
        for width in ["wide", "abbreviated"]:
            for number, name in getattr(locale, what)[context][width].items():
                spelled = unicodedata.normalize("NFKD", name.lower().rstrip("."))
                spelled = "".join(c for c in spelled if not unicodedata.combining(c))
                if spelled.isalpha():
                    known = found.setdefault(number, [])
                    known += [spelled] if spelled not in known else []
    if what == "months":
        # Spellings of spreadsheets that the Unicode tables do not list.
        if language == "en":
            found[9].append("sept")
        if language == "de":
            found[3] += ["mrz", "maerz"]
            found[1] += ["janner", "jan"]
        for names in found.values():
            names += [name[:3] for name in names if len(name) > 3 and language in {"en", "de"}]
    return found


def month_words(text: str, language: str) -> str:
    """Return SQL that puts `<02>` for a month's name, and leaves weekdays and small words out."""
    days = sorted({n for names in names_of(language, "days").values() for n in names}, key=len)
    sql = f"regexp_replace({text}, '^({'|'.join(reversed(days))})[. ]+', '')"
    for month, names in names_of(language, "months").items():
        pattern = "|".join(sorted(set(names), key=len, reverse=True))
        sql = f"regexp_replace({sql}, '(^|[^a-z])({pattern})([^a-z]|$)', '\\1<{month:02d}>\\3')"
    sql = f"replace({sql}, '>.', '>')"
    sql = f"regexp_replace({sql}, '([0-9])(st|nd|rd|th|er)([^a-z]|$)', '\\1\\3')"
    sql = (
        f"regexp_replace({sql}, ' (de|del|of|at|um|a las|a|as|alle|alle ore|om|o|the) ', ' ', 'g')"
    )
    sql = f"regexp_replace({sql}, ' (de|del) ', ' ', 'g')"
    return f"regexp_replace({sql}, ' uhr$', '')"


# --- Dates ---------------------------------------------------------------------------------------


def plain_moment(text: str, reading: DateReading) -> str:
    """Return SQL of a column's moment in UTC where it is written by ISO 8601 or in the column's formats, else NULL."""
    if not reading.formats:
        return f"iso_moment({text})"
    formats = ", ".join(literal(one_format) for one_format in reading.formats)
    return f"coalesce(iso_moment({text}), try_strptime({text}, [{formats}]))"


def date_steps(text: str, reading: DateReading) -> dict[str, str]:
    """Return SQL of a column's moment in UTC, in steps of which each is made of those before.

    The steps are `e` and `f` (what is read fast, and is a date that can be), `w` (the rest in plain words), `p` (its parts) and `d`
    (the moment, a timestamp or NULL); they are named by these letters in the SQL. Steps, as one
    expression would hold the first of them some thirty times.

    Args:
        text: SQL of the value: as it stands for a typed column, else of its filled text.
        reading: how the column is written.
    """
    match reading.kind:
        case "typed":
            return {"d": f"plausible(cast({text} as timestamp))"}
        case "typed_zone":
            return {"d": f"plausible({text} at time zone 'UTC')"}
        case "epoch_seconds" | "epoch_milliseconds" | "epoch_microseconds":
            scale = {"epoch_seconds": 1_000_000, "epoch_milliseconds": 1000}.get(reading.kind, 1)
            value = f"try_cast({text} as decimal(28, 6))"
            return {
                "d": f"plausible(try(make_timestamp(cast(round({value} * {scale}) as bigint))))"
            }
        case "short_years":
            formats = ", ".join(literal(one_format) for one_format in reading.formats)
            return {"d": f"plausible(try_strptime({text}, [{formats}]))"}
        case "excel_days":
            return {
                "d": f"plausible(timestamp '1899-12-30' + to_seconds("
                f"round(try_cast({text} as decimal(28, 12)) * 86400)))"
            }
    words = f"words_{reading.language}" if reading.language else "spelled"
    moment = "plausible(moment({p}, " + ("false" if reading.order == "month_day" else "true") + "))"
    if not reading.order:
        # Without an order, a date that depends on one is not read.
        other = "plausible(moment({p}, false))"
        moment = (
            f"case when {{p}}.a3 = '' then {moment}"
            f" when coalesce({moment}, {other}) = coalesce({other}, {moment})"
            f" then coalesce({moment}, {other}) end"
        )
    return {
        "e": plain_moment(text, reading),
        "f": "plausible({e})",
        "w": f"case when {{f}} is null then {words}({text}) end",
        "p": "date_parts({w})",
        "d": f"coalesce({{f}}, case when {{w}} is not null then {moment} end)",
    }


def read_moments(relation: str, text: str, reading: DateReading) -> str:
    """Return SQL of a relation of values, `v` as text and `d` as a moment or NULL."""
    sql = f"(select {text} as v from {relation})"
    for name, step in date_steps("v", reading).items():
        sql = f"(select *, {step.format(e='e', f='f', w='w', p='p')} as {name} from {sql})"
    return sql


# Year, month and day of two digits each.
SHORT_DATE = r"^(\d\d)([-/.])(\d\d)[-/.](\d\d)(\D|$)"
MOST_YEARS = 15  # that orders are usually spread over
SHORT_FORMATS = tuple(
    f"%y{sign}%m{sign}%d{time}" for sign in "-/." for time in ["", " %H:%M", " %H:%M:%S"]
)


def short_years(connection: duckdb.DuckDBPyConnection, relation: str, text: str) -> str:
    """Return where dates of three numbers of two digits have their year, where all of them are such.

    Returns:
        `first`, where the last numbers are spread as days are and not as years; `unclear`, where they
        differ more than the first ones and hyphens stand between; else "", the year being last.
    """
    dates, others, firsts, lasts, fits, spread, is_iso = one(
        connection,
        f"""
        select count(*) filter (a is not null), count(*) filter (a is null),
            count(distinct a), count(distinct c),
            coalesce(bool_and(b between 1 and 12 and c between 1 and 31), false),
            max(a) > 31 or max(c) > year(current_date) % 100 or max(c) - min(c) > {MOST_YEARS},
            bool_or(s = '-')
        from (
            select try_cast(p.a as integer) as a, try_cast(p.b as integer) as b,
                try_cast(p.c as integer) as c, p.s
            from (
                select regexp_extract(v, {literal(SHORT_DATE)}, ['a', 's', 'b', 'c']) as p
                from (select {text} as v from {relation}) where v is not null
            )
        )
        """,
    )
    if not dates or others or not fits or lasts <= firsts:
        return ""
    return "first" if spread else "unclear" if is_iso else ""


# Dates of six or eight digits by the order that they have; those that begin with a year of four digits
# are read as others are.
DIGIT_FORMATS = {
    "year_month_day": ("%y%m%d",),
    "day_month": ("%d%m%y", "%d%m%Y"),
    "month_day": ("%m%d%y", "%m%d%Y"),
}


def digit_dates(
    connection: duckdb.DuckDBPyConnection, relation: str, text: str
) -> dict[str, tuple[str, ...]]:
    """Return the formats that read every value of a column as a day up to next year, by their order.

    Nothing where values have other than six digits, or eight that do not begin with a year.
    """
    tests = ", ".join(
        f"bool_and(is_digits and coalesce(try_strptime(v, '{one_format}') between"
        " timestamp '1990-01-01' and current_date + interval 1 year, false))"
        for formats in DIGIT_FORMATS.values()
        for one_format in formats
    )
    (are_digits,) = one(
        connection,
        f"select bool_and(regexp_full_match(v, '[0-9]{{6}}([0-9]{{2}})?'))"
        f" from (select {text} as v from (from {relation} limit 1000))",
    )
    if not are_digits:
        return {}  # most columns, of which the rest would take long to find out
    digits, *fits = one(
        connection,
        f"""
        select
            case
                when bool_and(is_digits and length(v) = 6) then 6
                when bool_and(is_digits and length(v) = 8 and try_strptime(v, '%Y%m%d') is null) then 8
            end,
            {tests}
        from (
            select v, regexp_full_match(v, '[0-9]{{6}}([0-9]{{2}})?') as is_digits
            from (select {text} as v from {relation})
        )
        where v is not null
        """,
    )
    if not digits:
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for order, formats in DIGIT_FORMATS.items():
        for one_format in formats:
            is_long = one_format.endswith("%Y")
            if fits.pop(0) and is_long == (digits == 8):
                found[order] = (one_format,)
    return found


def is_numeric_date(text: str) -> str:
    """Return SQL that says whether a text is a date in numbers with the year last."""
    return f"regexp_matches({text}, {literal(NUMERIC_DATE)})"


def order_counts(
    connection: duckdb.DuckDBPyConnection, relation: str, text: str
) -> tuple[int, int, int, int]:
    """Count the dates of a column by what they say of their order.

    Returns:
        Those that only day_month reads, those that only month_day reads, those that both read
        differently, and those written with points, which are day first in every language.
    """
    counts = one(
        connection,
        f"""
        select
            count(*) filter (a > 12 and a <= 31 and b between 1 and 12),
            count(*) filter (b > 12 and b <= 31 and a between 1 and 12),
            count(*) filter (a between 1 and 12 and b between 1 and 12 and a <> b),
            count(*) filter (points and a between 1 and 12 and b between 1 and 12)
        from (
            select
                try_cast(p.a as integer) as a,
                try_cast(p.b as integer) as b,
                regexp_matches(v, '^\\d{{1,2}}\\.\\d{{1,2}}\\.') as points
            from (
                select
                    v,
                    regexp_extract(v, {literal(NUMERIC_DATE)}, ['a', 'b', 'y']) as p
                from (select without_weekday({text}) as v from {relation})
                where {is_numeric_date("v")}
            )
        )
        """,
    )
    return counts[0], counts[1], counts[2], counts[3]


def parsed_share(
    connection: duckdb.DuckDBPyConnection, relation: str, text: str, reading: DateReading
) -> float:
    """Return which share of the filled values of a relation a reading reads; 0 where none is filled."""
    filled, read = one(
        connection,
        f"select count(v), count(d) from {read_moments(relation, text, reading)}",
    )
    return read / filled if filled else 0.0


def are_iso(connection: duckdb.DuckDBPyConnection, relation: str, text: str) -> bool:
    """Return whether all filled values of a relation are moments by ISO 8601, which need no evidence."""
    filled, read = one(
        connection,
        f"select count(v), count(plausible(iso_moment(v))) from (select {text} as v from {relation})",
    )
    return bool(filled and read == filled)


def number_kind(
    connection: duckdb.DuckDBPyConnection, relation: str, text: str, minimum: float = 0.98
) -> str:
    """Return the kind of dates that a column of plain numbers can be, "" where it is none."""
    filled, seconds, milliseconds, microseconds, days = one(
        connection,
        f"""
        select
            count(v),
            count(*) filter (regexp_full_match(v, '\\d{{9,10}}(\\.\\d+)?') and n between 631152000 and 4102444800),
            count(*) filter (regexp_full_match(v, '\\d{{12,13}}(\\.0+)?') and n between 631152000000 and 4102444800000),
            count(*) filter (regexp_full_match(v, '\\d{{15,16}}(\\.0+)?')),
            count(*) filter (regexp_full_match(v, '\\d{{5}}(\\.\\d+)?') and n between 25569 and 73050)
        from (select v, try_cast(v as double) as n from (select {text} as v from {relation}))
        """,
    )
    if not filled:
        return ""
    kinds = {
        "epoch_seconds": seconds,
        "epoch_milliseconds": milliseconds,
        "epoch_microseconds": microseconds,
        "excel_days": days,
    }
    kind = max(kinds, key=lambda name: kinds[name])
    return kind if kinds[kind] >= minimum * filled else ""


def language_of(connection: duckdb.DuckDBPyConnection, relation: str, text: str) -> str:
    """Return the language that most values of a column name months in, "" where they name none."""
    values = connection.execute(
        f"select distinct lower(strip_accents(v)) from (select {text} as v from {relation})"
        " where regexp_matches(v, '[0-9]') and regexp_matches(v, '\\pL{3}') limit 500"
    ).fetchall()
    words = [set(re.findall(r"[a-z]{3,}", value)) for (value,) in values]
    (filled,) = one(connection, f"select count(distinct {text}) from {relation}")
    shares = {}
    for language in LANGUAGES:
        months = {name for names in names_of(language, "months").values() for name in names}
        shares[language] = sum(1 for some in words if some & months)
    best = max(LANGUAGES, key=lambda language: shares[language])
    if not shares[best] or len(words) < 0.01 * filled:
        return ""
    connection.execute(
        f"create or replace macro words_{best}(v) as {month_words('spelled(v)', best)}"
    )
    return best


def usual_formats(
    connection: duckdb.DuckDBPyConnection, relation: str, text: str, order: str
) -> tuple[str, ...]:
    """Return at most three formats of `strptime` that read a column's dates fast."""
    first, second = ("%d", "%m") if order == "day_month" else ("%m", "%d")
    formats = [
        f"{first}{sign}{second}{sign}{year}{time}"
        for sign in "/.-"
        for year in ["%Y", "%y"]
        for time in [" %H:%M", " %H:%M:%S", ""]
    ]
    counts = ", ".join(
        f"count(plausible(try_strptime(v, {literal(one_format)})))" for one_format in formats
    )
    found = one(connection, f"select {counts} from (select {text} as v from {relation})")
    ranked = sorted(zip(found, formats, strict=True), reverse=True)
    return tuple(one_format for count, one_format in ranked[:3] if count)


# --- Numbers -------------------------------------------------------------------------------------


def plain_number(text: str, reading: NumberReading) -> str:
    """Return SQL of an amount of money that is written in digits and the column's decimal separator only, else NULL."""
    most = 2 if reading.two_decimals else 6
    sign = reading.decimal_separator
    number = f"replace({text}, ',', '.')" if sign == "," else text
    # Casts to decimals of more than 18 digits take a hundred times as long.
    cases = [
        f"when regexp_full_match({text}, '-?[0-9]+([{sign}]{'[0-9]?' * most})?')"
        f" then cast(try_cast({number} as decimal(18, 6)) as {MONEY})"
    ]
    if reading.two_decimals and sign == ".":
        # What is written again as it was read needs no expression to be matched, which takes longer.
        hundredths = f"try_cast({text} as decimal(18, 2))"
        cases.insert(
            0, f"when cast({hundredths} as varchar) = {text} then cast({hundredths} as {MONEY})"
        )
    return f"case {' '.join(cases)} end"


def number_steps(text: str, reading: NumberReading) -> dict[str, str]:
    """Return SQL of an amount of money or NULL in steps, of which each is made of those before.

    The steps are `g` (what is read fast), `m` (the rest without sign of currency) and `n` (the number).

    Args:
        text: SQL of the filled text.
        reading: how the column is written.
    """
    by_comma = reading.decimal_separator == ","
    bare = (
        "replace(translate({m}, '. ''', ''), ',', '.')"
        if by_comma
        else "translate({m}, ', ''', '')"
    )
    tests = f"regexp_matches({{m}}, {for_steps(GROUPED[reading.decimal_separator])})"
    if reading.two_decimals:
        is_unclear = f"regexp_matches({{m}}, {for_steps(SAYS_NEITHER)})"
        tests += f" and not (contains({{m}}, '{reading.decimal_separator}') and {is_unclear})"
    return {
        "g": plain_number(text, reading),
        "m": f"case when {{g}} is null then money_text({text}) end",
        # 10% is a tenth.
        "n": f"coalesce({{g}}, case when {{m}} is not null and {tests}"
        f" then cast(try_cast({bare} as {MONEY}) * if(ends_with({text}, '%'), 0.01, 1) as {MONEY}) end)",
    }


def for_steps(pattern: str) -> str:
    """Return SQL of a pattern with its braces twice, as the steps are filled in with names."""
    return literal(pattern).replace("{", "{{").replace("}", "}}")


def number_sql(text: str, reading: NumberReading) -> str:
    """Return SQL that reads an amount of money, or NULL, of the SQL of its filled text at once."""
    steps = number_steps(text, reading)
    rest = steps["m"].format(g=f"({steps['g']})")
    return steps["n"].format(g=f"({steps['g']})", m=f"({rest})")


@dataclass(frozen=True)
class Decimals:
    """How many decimals the numbers of a column have behind a sign, taken for its decimal separator.

    Attributes:
        two: numbers that have two.
        vary: programs wrote them, with as many as each number needs, or some surely have three or more.
        unclear: numbers that have three, unless the sign stands between thousands.
        example: one of these.
    """

    two: int
    vary: bool
    unclear: int
    example: str


def separator_counts(
    connection: duckdb.DuckDBPyConnection, relation: str, text: str
) -> tuple[int, int, int, dict[str, Decimals]]:
    """Count the numbers of a column that say their decimals follow a point, a comma, or neither.

    Returns:
        These, and how many decimals numbers have by either sign.
    """
    point = " or ".join(f"regexp_matches(m, {literal(pattern)})" for pattern in SAYS_POINT)
    comma = " or ".join(f"regexp_matches(m, {literal(pattern)})" for pattern in SAYS_COMMA)
    by_sign = []
    for sign in ".,":
        digits = f"length(split_part(m, '{sign}', -1))"
        tests = [
            f"{digits} = 2",
            f"{digits} = 2 and ends_with(m, '0')",
            f"{digits} = 1",
            f"{digits} > 2 and not neither",
            "neither",
        ]
        by_sign += [f"count(*) filter (contains(m, '{sign}') and {test})" for test in tests]
        by_sign.append(f"any_value(v) filter (contains(m, '{sign}') and neither)")
    counts = one(
        connection,
        f"""
        select count(*) filter ({point}), count(*) filter ({comma}), count(*) filter (neither), {", ".join(by_sign)}
        from (
            select v, m, regexp_matches(m, {literal(SAYS_NEITHER)}) as neither
            from (select {text} as v, money_text({text}) as m from {relation})
            where contains(m, '.') or contains(m, ',')
        )
        """,
    )
    decimals = {}
    for sign, found in [(".", counts[3:9]), (",", counts[9:15])]:
        two, padded, single, more, unclear, example = found
        vary = more > 0 or (single > 0 and not padded)
        decimals[sign] = Decimals(two, vary, unclear, example or "")
    return counts[0], counts[1], counts[2], decimals
