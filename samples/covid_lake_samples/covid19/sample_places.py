"""The places of the sample: states, countries and a few large counties by name; all further counties are invented.

Codes and names are public facts; the populations are rounded, the positions lie somewhere near.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import product

from covid_lake.errors import SettingsError


@dataclass(frozen=True, slots=True)
class State:
    """A US state or territory; `fips` has 2 digits."""

    fips: str
    abbreviation: str
    name: str
    latitude: float
    longitude: float

    @property
    def is_territory(self) -> bool:
        return self.fips > "56"


@dataclass(frozen=True, slots=True)
class County:
    """A US county or what stands for one; `fips` is empty where the source gives none."""

    fips: str
    name: str
    state: State
    latitude: float
    longitude: float
    population: int


@dataclass(frozen=True, slots=True)
class Country:
    """A country by its present Johns Hopkins name, and its row of the country table.

    `first_day` is the epidemic day on which its wave sets out (161 of them make up a sample of any length), `size` the
    cases of its first wave.
    """

    name: str
    listed_as: str
    iso2: str
    iso3: str
    numeric: str
    latitude: float
    longitude: float
    first_day: int
    size: int


def _states() -> tuple[State, ...]:
    table = """
        01 AL Alabama 32.8 -86.8|02 AK Alaska 61.4 -152.4|04 AZ Arizona 33.7 -111.4|05 AR Arkansas 35.0 -92.4
        06 CA California 36.1 -119.7|08 CO Colorado 39.1 -105.3|09 CT Connecticut 41.6 -72.8|10 DE Delaware 39.3 -75.5
        11 DC District of Columbia 38.9 -77.0|12 FL Florida 27.8 -81.7|13 GA Georgia 33.0 -83.6|15 HI Hawaii 21.1 -157.5
        16 ID Idaho 44.2 -114.5|17 IL Illinois 40.3 -89.0|18 IN Indiana 39.8 -86.3|19 IA Iowa 42.0 -93.2
        20 KS Kansas 38.5 -96.7|21 KY Kentucky 37.7 -84.7|22 LA Louisiana 31.2 -91.9|23 ME Maine 44.7 -69.4
        24 MD Maryland 39.1 -76.8|25 MA Massachusetts 42.2 -71.5|26 MI Michigan 43.3 -84.5|27 MN Minnesota 45.7 -93.9
        28 MS Mississippi 32.7 -89.7|29 MO Missouri 38.5 -92.3|30 MT Montana 46.9 -110.5|31 NE Nebraska 41.1 -98.3
        32 NV Nevada 38.3 -117.1|33 NH New Hampshire 43.5 -71.6|34 NJ New Jersey 40.3 -74.5|35 NM New Mexico 34.8 -106.2
        36 NY New York 42.2 -74.9|37 NC North Carolina 35.6 -79.8|38 ND North Dakota 47.5 -99.8|39 OH Ohio 40.4 -82.8
        40 OK Oklahoma 35.6 -96.9|41 OR Oregon 44.6 -122.1|42 PA Pennsylvania 40.6 -77.2|44 RI Rhode Island 41.7 -71.5
        45 SC South Carolina 33.9 -80.9|46 SD South Dakota 44.3 -99.4|47 TN Tennessee 35.7 -86.7|48 TX Texas 31.1 -97.6
        49 UT Utah 40.2 -111.9|50 VT Vermont 44.0 -72.7|51 VA Virginia 37.8 -78.2|53 WA Washington 47.4 -121.5
        54 WV West Virginia 38.5 -81.0|55 WI Wisconsin 44.3 -89.6|56 WY Wyoming 42.8 -107.3
        60 AS American Samoa -14.3 -170.1|66 GU Guam 13.4 144.8|69 MP Northern Mariana Islands 15.1 145.7
        72 PR Puerto Rico 18.2 -66.6|78 VI Virgin Islands 18.3 -64.9
    """
    states = []
    for entry in table.replace("\n", "|").split("|"):
        if entry.strip():
            fips, abbreviation, *name, latitude, longitude = entry.split()
            states.append(State(fips, abbreviation, " ".join(name), float(latitude), float(longitude)))
    return tuple(states)


STATES = _states()
STATE_BY_FIPS = {state.fips: state for state in STATES}

# FIPS, name, thousands of people.
_LARGE_COUNTIES = """
    01073 Jefferson 659|01097 Mobile 414|02020 Anchorage 291|04013 Maricopa 4410|04019 Pima 1039|05119 Pulaski 392
    06037 Los Angeles 10105|06067 Sacramento 1541|06069 San Benito 61|06073 San Diego 3343|06085 Santa Clara 1937
    06075 San Francisco 883|06059 Orange 3185|06071 San Bernardino 2171|08031 Denver 716|08059 Jefferson 580
    09001 Fairfield 943|09009 New Haven 857|10003 New Castle 559|11001 District of Columbia 702|12086 Miami-Dade 2761
    12011 Broward 1951|12057 Hillsborough 1436|13121 Fulton 1050|13095 Dougherty 91|15003 Honolulu 980|16001 Ada 469
    17031 Cook 5180|17043 DuPage 928|18097 Marion 954|19153 Polk 487|20091 Johnson 597|21111 Jefferson 770
    22071 Orleans 391|22051 Jefferson 434|23005 Cumberland 293|24031 Montgomery 1052|24033 Prince George's 909
    25025 Suffolk 807|25017 Middlesex 1614|26163 Wayne 1753|26125 Oakland 1259|27053 Hennepin 1259|28049 Hinds 237
    29189 St. Louis 996|29095 Jackson 700|30111 Yellowstone 160|31055 Douglas 566|32003 Clark 2231
    33011 Hillsborough 415
    34003 Bergen 936|34017 Hudson 676|34013 Essex 799|35001 Bernalillo 678|36061 New York City 8398|36059 Nassau 1358
    36119 Westchester 967|36103 Suffolk 1481|36087 Rockland 325|37119 Mecklenburg 1093|37183 Wake 1092|38017 Cass 181
    39035 Cuyahoga 1243|39049 Franklin 1310|40109 Oklahoma 792|41051 Multnomah 811|42101 Philadelphia 1584
    42003 Allegheny 1218|44007 Providence 636|45045 Greenville 514|46099 Minnehaha 192|47157 Shelby 935
    47037 Davidson 692
    48201 Harris 4698|48113 Dallas 2637|48029 Bexar 1986|49035 Salt Lake 1152|50007 Chittenden 164|51059 Fairfax 1150
    51510 Alexandria 160|53033 King 2233|53061 Snohomish 814|53053 Pierce 891|54039 Kanawha 180|55079 Milwaukee 948
    55025 Dane 542|56021 Laramie 98
"""

# Where most of the invented counties lie; every third one falls on any other state.
_DETAILED_STATES = ("01", "06", "09", "12", "13", "17", "22", "25", "26", "34", "36", "39", "42", "48", "53")

_NAME_STARTS = (
    *("Alder", "Amber", "Ash", "Bel", "Birch", "Black", "Bridge", "Cedar", "Clear", "Cold", "Copper", "Crane", "Dun"),
    *("East", "Elm", "Fair", "Fern", "Fox", "Glen", "Grand", "Green", "Hart", "Hazel", "High", "Iron", "Juniper"),
    *("Lake", "Linden", "Long", "Maple", "Marl", "Mill", "North", "Oak", "Otter", "Pine", "Quarry", "Red", "River"),
    *("Rock", "Rose", "Sage", "Silver", "South", "Spring", "Stone", "Swan", "Thorn", "West", "Willow"),
)
_NAME_ENDS = (
    *("bank", "beck", "bourne", "brook", "burg", "by", "cliff", "cross", "dale", "den", "falls", "field", "ford"),
    *("gate", "grove", "ham", "haven", "ley", "mere", "mont", "port", "ridge", "stead", "ton", "vale"),
)

# Real county codes are odd: the even ones cannot collide with a county that someone knows.
_INVENTED_CODES = tuple(range(2, 1000, 2))

COUNTIES_AT_SCALE_ONE = 200


def build_counties(scale: float, rng: random.Random) -> list[County]:
    """The counties of a sample, by state: some ninety large ones and invented ones up to 200 times `scale`.

    Raises `SettingsError` where the free county codes don't suffice.
    """
    counties = []
    for entry in _LARGE_COUNTIES.replace("\n", "|").split("|"):
        if entry.strip():
            fips, *words, thousands = entry.split()
            state = STATE_BY_FIPS[fips[:2]]
            counties.append(_county(fips, " ".join(words), state, int(thousands) * 1000 + rng.randrange(1000), rng))
    states = [state for state in STATES if not state.is_territory and state.fips != "11"]
    if len(states) * len(_INVENTED_CODES) < COUNTIES_AT_SCALE_ONE * scale:
        raise SettingsError(f"scale {scale:g} asks for more counties than there are free county codes; 100 is possible")
    names = [start + end for start, end in product(_NAME_STARTS, _NAME_ENDS)]
    rng.shuffle(names)
    used = dict.fromkeys((state.fips for state in states), 0)
    detailed = [STATE_BY_FIPS[fips] for fips in _DETAILED_STATES]
    for number in range(max(0, round(COUNTIES_AT_SCALE_ONE * scale) - len(counties))):
        turn = number // 3
        state = states[turn % len(states)] if number % 3 == 2 else detailed[(number - turn) % len(detailed)]
        if used[state.fips] >= len(_INVENTED_CODES):
            state = min(states, key=lambda candidate: used[candidate.fips])
        serial = used[state.fips]
        used[state.fips] += 1
        name = names[(serial + 23 * int(state.fips)) % len(names)]
        population = int(rng.lognormvariate(10.4, 1.0)) + 900
        counties.append(_county(f"{state.fips}{_INVENTED_CODES[serial]:03d}", name, state, population, rng))
    counties.sort(key=lambda county: (county.state.name, county.name))
    return counties


def _county(fips: str, name: str, state: State, population: int, rng: random.Random) -> County:
    latitude = round(state.latitude + rng.uniform(-1.2, 1.2), 8)
    longitude = round(state.longitude + rng.uniform(-1.5, 1.5), 8)
    return County(fips, name, state, latitude, longitude, population)


# Cities and groups of islands that a source reports as counties, without a code of their own.
KANSAS_CITY = County("", "Kansas City", STATE_BY_FIPS["29"], 39.0997, -94.5786, 492_000)
DUKES_AND_NANTUCKET = County("", "Dukes and Nantucket", STATE_BY_FIPS["25"], 41.4, -70.4, 28_600)

# In the county population table beside the counties with cases: the boroughs behind New York City, two municipios.
POPULATION_ONLY = (
    ("36005", "Bronx", "New York", 1_432_000),
    ("36047", "Kings", "New York", 2_582_000),
    ("36081", "Queens", "New York", 2_278_000),
    ("36085", "Richmond", "New York", 476_000),
    ("72127", "San Juan Municipio", "Puerto Rico", 320_900),
    ("72153", "Yauco Municipio", "Puerto Rico", 33_800),
)


def _countries() -> tuple[Country, ...]:
    table = """
        Thailand;;TH;THA;764;15;100;-6;2900|Japan;;JP;JPN;392;36;138;14;16800|Singapore;;SG;SGP;702;1.3667;103.8;20;32000
        Korea, South;Korea, Republic of;KR;KOR;410;37;127.5;22;11400|Vietnam;Viet Nam;VN;VNM;704;16;106;0;330
        Taiwan*;Taiwan, Province of China;TW;TWN;158;23.5;121;4;440|Malaysia;;MY;MYS;458;2.5;112.5;24;7800
        Nepal;;NP;NPL;524;28;84;70;9000|Cambodia;;KH;KHM;116;13;105;10;125|Sri Lanka;;LK;LKA;144;7;81;12;1600
        Philippines;;PH;PHL;608;13;122;38;17000|India;;IN;IND;356;20;77;60;190000|Italy;;IT;ITA;380;42.8333;12.8333;24;231000
        Spain;;ES;ESP;724;40;-4;30;236000|France;;FR;FRA;250;46;2;30;149000|Germany;;DE;DEU;276;51;9;30;181000
        United Kingdom;;GB;GBR;826;54;-2;28;272000|Iran;Iran, Islamic Republic of;IR;IRN;364;32;53;22;146000
        Belgium;;BE;BEL;56;50.8333;4;36;58000|Netherlands;;NL;NLD;528;52.5;5.75;34;46000
        Switzerland;;CH;CHE;756;47;8;30;30800
        Austria;;AT;AUT;40;47.3333;13.3333;30;16600|Sweden;;SE;SWE;752;62;15;36;36000|Norway;;NO;NOR;578;62;10;32;8400
        Finland;;FI;FIN;246;64;26;30;6800|Greece;;GR;GRC;300;39;22;36;2900
        Czechia;Czech Republic;CZ;CZE;203;49.75;15.5;38;9200
        Romania;;RO;ROU;642;46;25;42;19000|Russia;Russian Federation;RU;RUS;643;60;100;46;390000
        Azerbaijan;;AZ;AZE;31;40.5;47.5;30;5000|Egypt;;EG;EGY;818;27;30;40;23000|Algeria;;DZ;DZA;12;28;3;38;9200
        Nigeria;;NG;NGA;566;10;8;44;10000|South Africa;;ZA;ZAF;710;-29;24;50;32000|Namibia;;NA;NAM;516;-22;17;56;120
        Cote d'Ivoire;Côte d'Ivoire;CI;CIV;384;8;-5;50;2800|Brazil;;BR;BRA;76;-10;-55;50;470000
        Mexico;;MX;MEX;484;23;-102;48;87000|Peru;;PE;PER;604;-10;-76;48;155000|Ecuador;;EC;ECU;218;-2;-77.5;40;38000
        Bolivia;Bolivia, Plurinational State of;BO;BOL;68;-17;-65;56;10000|Israel;;IL;ISR;376;31.5;34.75;34;17000
        Lebanon;;LB;LBN;422;33.8333;35.8333;32;1200|Bahamas;;BS;BHS;44;24.25;-76;56;102
    """
    countries = []
    for entry in table.replace("\n", "|").split("|"):
        if entry.strip():
            name, listed_as, iso2, iso3, numeric, latitude, longitude, first_day, size = entry.strip().split(";")
            place = (float(latitude), float(longitude), int(first_day), int(size))
            countries.append(Country(name, listed_as or name, iso2, iso3, numeric, *place))
    return tuple(countries)


COUNTRIES = _countries()

# Countries that report by province: province, first day, size of the first wave.
PROVINCES: dict[str, tuple[tuple[str, int, int], ...]] = {
    "China": (
        *(("Hubei", -48, 67800), ("Guangdong", -40, 1360), ("Henan", -38, 1270), ("Zhejiang", -39, 1210)),
        *(("Hunan", -38, 1010), ("Anhui", -36, 985), ("Jiangxi", -36, 930), ("Shandong", -35, 760)),
        *(("Jiangsu", -36, 630), ("Chongqing", -38, 570), ("Sichuan", -36, 540), ("Beijing", -37, 410)),
        *(("Shanghai", -36, 350), ("Hong Kong", -2, 980)),
    ),
    "Australia": (("New South Wales", 8, 3050), ("Victoria", 18, 1600), ("Queensland", 16, 1050)),
    "Canada": (("Ontario", 20, 26000), ("Quebec", 36, 50000), ("British Columbia", 24, 2500), ("Alberta", 40, 6900)),
}
PROVINCE_COUNTRIES = (
    Country("China", "China", "CN", "CHN", "156", 35, 105, 0, 0),
    Country("Australia", "Australia", "AU", "AUS", "36", -27, 133, 0, 0),
    Country("Canada", "Canada", "CA", "CAN", "124", 60, -95, 0, 0),
    Country("US", "United States", "US", "USA", "840", 38, -97, 0, 0),
)

# The country table lists some codes twice, under two names.
SECOND_COUNTRY_NAMES = {"Korea, Republic of": "South Korea", "Taiwan, Province of China": "Taiwan"}
