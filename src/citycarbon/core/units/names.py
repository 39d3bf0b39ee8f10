"""Every name of a unit that is read, with its size: the only source of names.

Comes in: nothing. Goes out: sizes in terms of earlier names, other spellings, Chinese names, names that are refused with what to
write instead. A name that has two sizes in use is refused and not chosen. Not for: reading texts
(:mod:`citycarbon.core.units.reading`).

Sizes are exact by definition unless said otherwise. Sources: SI brochure (bipm_si_2019) for the SI and what is used with it;
NIST SP 811 (nist_sp811_2008) for the British and American units, the calorie and the British thermal unit; gbt2589_2020 for the
coal and oil equivalents; ideal gas law for the states of a gas.
"""

from __future__ import annotations

TCE_IN_GJ = 29.3076
"""Energy of one tonne of coal equivalent [GJ]: 7000 kcal/kg × 4.1868 kJ/kcal (gbt2589_2020)."""

CALORIE = 4.1868
"""International table calorie [J]; tce and toe are multiples of it, and so are calorific values in kcal (nist_sp811_2008)."""

BTU = 1055.05585262
"""International table British thermal unit [J] (nist_sp811_2008)."""

BARREL = 158.987294928
"""Barrel of petroleum [l]: 42 US gallons of 231 cubic inches (nist_sp811_2008)."""

UNITS: tuple[tuple[str, str, str, str], ...] = (
    # name, size, other spellings, Chinese names
    ("g", "[mass]", "gram grams gramme grammes", "克"),
    ("ug", "1e-6 g", "μg microgram micrograms", "微克"),
    ("mg", "1e-3 g", "milligram milligrams", "毫克"),
    ("kg", "1e3 g", "Kg KG kgs kilogram kilograms kilogramme kilogrammes", "千克 公斤"),
    ("t", "1e6 g", "tonne tonnes metric_ton metric_tons metric_tonne metric_tonnes", "吨 公吨"),
    ("kilotonne", "1e9 g", "kt Kt kilotonnes", ""),
    ("Mt", "1e12 g", "megatonne megatonnes", ""),
    ("Gt", "1e15 g", "gigatonne gigatonnes", ""),
    ("Mg", "1e6 g", "megagram megagrams", ""),
    ("Gg", "1e9 g", "gigagram gigagrams", ""),
    ("Tg", "1e12 g", "teragram teragrams", ""),
    ("Pg", "1e15 g", "petagram petagrams", ""),
    ("lb", "453.59237 g", "lbs", "磅"),
    ("short_ton", "2000 lb", "short_tons", "短吨"),
    ("long_ton", "2240 lb", "long_tons", "长吨"),
    ("shi_jin", "500 g", "", "斤 市斤"),
    ("shi_liang", "50 g", "", "两 市两"),
    ("shi_dan", "50e3 g", "", "担 市担"),
    ("quintal", "100e3 g", "quintals", "公担"),
    ("s", "[time]", "sec second seconds", "秒"),
    ("min", "60 s", "minute minutes", "分钟"),
    ("h", "3600 s", "hr hrs hour hours", "小时 时"),
    ("day", "86400 s", "d days", "日 天"),
    ("week", "7 day", "weeks", "周 星期"),
    ("a", "365.25 day", "yr year years annum", "年"),
    ("month", "a / 12", "months", "月 个月"),
    ("m", "[length]", "meter meters metre metres", "米"),
    ("mm", "1e-3 m", "millimeter millimeters millimetre millimetres", "毫米"),
    ("cm", "1e-2 m", "centimeter centimeters centimetre centimetres", "厘米"),
    ("dm", "1e-1 m", "decimeter decimetre", "分米"),
    ("hm", "1e2 m", "hectometer hectometre", ""),
    ("km", "1e3 m", "Km KM kilometer kilometers kilometre kilometres", "千米 公里"),
    ("shi_li", "500 m", "", "华里"),
    ("inch", "0.0254 m", "inches", "英寸"),
    ("ft", "0.3048 m", "foot feet", "英尺"),
    ("yd", "0.9144 m", "yard yards", "英码"),
    ("mile", "1609.344 m", "mi miles", "英里"),
    ("nautical_mile", "1852 m", "nautical_miles nmi", "海里"),
    ("square_meter", "m ** 2", "sqm square_meters square_metre square_metres", "平方米 平米"),
    ("square_kilometer", "km ** 2", "sqkm square_kilometers square_kilometre square_kilometres", "平方公里 平方千米"),
    ("square_centimeter", "cm ** 2", "", "平方厘米"),
    ("square_foot", "ft ** 2", "sqft square_feet", "平方英尺"),
    ("ha", "1e4 m ** 2", "hectare hectares", "公顷"),
    ("mu", "(2000 / 3) m ** 2", "", "亩 市亩"),
    ("acre", "4046.8564224 m ** 2", "acres", "英亩"),
    ("cubic_meter", "m ** 3", "cbm cubic_meters cubic_metre cubic_metres", "立方米 立方"),
    ("cubic_centimeter", "cm ** 3", "cc", "立方厘米"),
    ("cubic_foot", "ft ** 3", "cubic_feet cu_ft", "立方英尺"),
    ("CCF", "100 ft ** 3", "ccf Ccf", ""),
    ("kcf", "1000 ft ** 3", "", ""),
    ("MMcf", "1e6 ft ** 3", "MMCF mmcf", ""),
    ("l", "1e-3 m ** 3", "L liter liters litre litres", "升 公升"),
    ("ml", "1e-6 m ** 3", "mL milliliter milliliters millilitre millilitres", "毫升"),
    ("hl", "0.1 m ** 3", "hL hectoliter hectolitre", ""),
    ("kl", "m ** 3", "kL KL kiloliter kiloliters kilolitre kilolitres", "千升"),
    ("ML", "1e3 m ** 3", "Ml megaliter megaliters megalitre megalitres", ""),
    ("us_gallon", "231 inch ** 3", "us_gallons us_gal US_gallon US_gallons US_gal", "美加仑 美制加仑"),
    ("imp_gallon", "4.54609 l",
     "imp_gallons imp_gal imperial_gallon imperial_gallons UK_gallon UK_gallons UK_gal", "英加仑 英制加仑"),
    ("bbl", f"{BARREL} l", "bbls barrel barrels oil_bbl oil_barrel", "桶"),
    ("kbbl", "1e3 bbl", "", ""),
    ("MMbbl", "1e6 bbl", "MMBBL mmbbl", ""),
    # One dimension of its own: n = pV/RT at 101.325 kPa, molar volume 22.414 l/mol at 0 °C.
    ("Nm3", "[gas_amount]", "NM3", "标准立方米 标立方米 标准立方 标立方 标方"),
    ("m3_15C", "0.9479437792816241 Nm3", "", ""),
    ("m3_20C", "0.9317755415316391 Nm3", "", ""),
    ("K", "[temperature]", "kelvin", "开尔文"),
    ("degC", "K; offset: 273.15", "celsius", "摄氏度"),
    ("J", "1e3 g * m ** 2 / s ** 2", "joule joules", "焦 焦耳"),
    ("kJ", "1e3 J", "KJ Kj kj kilojoule kilojoules", ""),
    ("MJ", "1e6 J", "Mj megajoule megajoules", "兆焦 兆焦耳"),
    ("GJ", "1e9 J", "Gj gj gigajoule gigajoules", "吉焦 吉焦耳"),
    ("TJ", "1e12 J", "Tj tj terajoule terajoules", "太焦 太焦耳"),
    ("PJ", "1e15 J", "Pj petajoule petajoules", "拍焦 拍焦耳"),
    ("EJ", "1e18 J", "Ej exajoule exajoules", "艾焦 艾焦耳"),
    ("W", "J / s", "watt watts", "瓦 瓦特"),
    ("kW", "1e3 W", "KW Kw kw kilowatt kilowatts", ""),
    ("MW", "1e6 W", "Mw megawatt megawatts", "兆瓦"),
    ("GW", "1e9 W", "Gw gw gigawatt gigawatts", "吉瓦"),
    ("TW", "1e12 W", "Tw tw terawatt terawatts", "太瓦"),
    ("Wh", "3600 J", "WH wh watt_hour watt_hours", "瓦时 瓦小时"),
    ("kWh", "3.6e6 J", "KWH KWh Kwh kwh kWH kilowatthour kilowatthours kilowatt_hour kilowatt_hours",
     "度 千瓦小时"),
    ("MWh", "3.6e9 J", "MWH Mwh MwH megawatthour megawatthours megawatt_hour megawatt_hours", "兆瓦时 兆瓦小时"),
    ("GWh", "3.6e12 J", "GWH Gwh gwh gigawatthour gigawatthours gigawatt_hour gigawatt_hours", "吉瓦时 吉瓦小时"),
    ("TWh", "3.6e15 J", "TWH Twh twh terawatthour terawatthours terawatt_hour terawatt_hours", "太瓦时 太瓦小时"),
    ("cal", f"{CALORIE} J", "calorie calories", "卡 卡路里"),
    ("kcal", "1e3 cal", "Kcal KCAL kCal kilocalorie kilocalories", "大卡"),
    ("Mcal", "1e6 cal", "MCAL megacalorie megacalories", "兆卡"),
    ("Gcal", "1e9 cal", "GCAL gigacalorie gigacalories", "吉卡"),
    ("Btu", f"{BTU} J", "BTU btu Btus BTUs", "英热 英热单位"),
    ("kBtu", "1e3 Btu", "kBTU kbtu KBTU", ""),
    ("MMBtu", "1e6 Btu", "MMBTU MMbtu mmBtu mmBTU mmbtu", ""),
    ("therm", "1e5 Btu", "therms", ""),
    ("quad", "1e15 Btu", "quads", ""),
    ("tce", f"{TCE_IN_GJ} GJ", "TCE tonne_of_coal_equivalent tonnes_of_coal_equivalent", "吨标准煤 吨标煤"),
    ("kgce", "1e-3 tce", "KGCE kilogram_of_coal_equivalent", "千克标准煤 公斤标准煤 千克标煤 公斤标煤"),
    ("gce", "1e-6 tce", "gram_of_coal_equivalent", "克标准煤 克标煤"),
    ("tce_calorific", "tce", "", "吨标准煤当量值 吨标煤当量值"),
    ("kgce_calorific", "kgce", "", "千克标准煤当量值 千克标煤当量值 公斤标准煤当量值"),
    ("ktce", "1e3 tce", "", ""),
    ("Mtce", "1e6 tce", "", ""),
    ("toe", "1e10 cal", "tonne_of_oil_equivalent tonnes_of_oil_equivalent", "吨标准油 吨标油 吨油当量"),
    ("kgoe", "1e-3 toe", "", "千克标准油 千克标油 千克油当量"),
    ("ktoe", "1e3 toe", "", ""),
    ("Mtoe", "1e6 toe", "", ""),
    ("USRT", "12000 Btu / h", "", "美国冷吨"),
    ("Pa", "1e3 g / m / s ** 2", "pascal pascals", "帕 帕斯卡"),
    ("hPa", "100 Pa", "", "百帕"),
    ("kPa", "1e3 Pa", "KPa", ""),
    ("MPa", "1e6 Pa", "Mpa", "兆帕"),
    ("bar", "1e5 Pa", "bars", "巴"),
    ("atm", "101325 Pa", "", "标准大气压"),
    ("person", "[person]", "persons people capita person_trip person_trips", "人 人次"),
    ("head", "[head]", "heads", "头 只 匹 羽"),
    ("household", "[household]", "households", "户"),
    ("vehicle", "[vehicle]", "vehicles", "辆"),
    ("piece", "[piece]", "pieces unit units", "台 套 件 个"),
    ("night", "[night]", "nights", ""),
    ("room_night", "[room_night]", "room_nights", "间夜"),
    ("pkm", "person * km", "passenger-km passenger_km person-km person_km", "人公里 人千米"),
    ("vkm", "vehicle * km", "vehicle-km vehicle_km", "车公里 车千米"),
    ("tkm", "t * km", "tonne-km t-km tonne_km", "吨公里 吨千米"),
    ("CNY", "[currency_CNY]", "RMB yuan", "元 人民币"),
    ("MCNY", "1e6 CNY", "", ""),
    ("USD", "[currency_USD]", "", "美元"),
    ("MUSD", "1e6 USD", "", ""),
    ("GBP", "[currency_GBP]", "", "英镑"),
    ("EUR", "[currency_EUR]", "", "欧元"),
    ("HKD", "[currency_HKD]", "", "港元 港币"),
    ("JPY", "[currency_JPY]", "", "日元"),
    ("dimensionless", "1", "", ""),
    ("percent", "0.01", "", ""),
    ("permille", "0.001", "", ""),
    ("ppm", "1e-6", "", ""),
)  # fmt: skip

LENGTHS = ("mm", "cm", "dm", "m", "hm", "km", "inch", "ft", "yd", "mile")
"""Names that are squared and cubed by a digit behind them: ``m2``, ``ft3``, ``hm2`` (a hectare)."""

GASES = ("CO2", "CO2e", "CO2eq", "CH4", "N2O", "SF6", "NF3")
"""Written behind a mass, they name the gas and not the unit; :mod:`citycarbon.core.units.gases` holds them against the row."""

MASSES = ("ug", "mg", "g", "kg", "t", "kt", "Mt", "Gt", "Mg", "Gg", "Tg", "Pg", "lb")
"""Masses that a gas may be written to without a blank: ``kgCO2e``."""

POWERS = {
    "十": "1e1", "百": "1e2", "千": "1e3", "万": "1e4", "十万": "1e5", "百万": "1e6", "千万": "1e7", "亿": "1e8",
    "十亿": "1e9", "百亿": "1e10", "千亿": "1e11", "万亿": "1e12",
}  # fmt: skip
"""Powers that stand before any unit."""

_HEAT_TON = "kW, or USRT (3.517 kW)"
_LIGHT_GAS = "ft^3 or m^3 (no state), or Nm3, m3@15C, m3@20C (0, 15, 20 °C at 101.325 kPa)"
_POWER = "kW (1 hp is 0.7457 or 0.7355 kW)"
_CARBON = "t (a carbon content: t/TJ; carbon as CO2: × 44/12)"

TWO_READINGS: dict[str, str] = {
    **dict.fromkeys(
        ("ton", "tons", "kton", "ktons", "Mton", "Mtons", "Gton", "Gtons", "kiloton", "kilotons", "megaton", "megatons"),
        "t (1000 kg), kt, Mt, short_ton (907 kg) or long_ton (1016 kg)",
    ),
    **dict.fromkeys(("mt", "MT"), "t (1000 kg) or Mt (a million tonnes)"),
    "T": "t", "KT": "kt",
    **dict.fromkeys(
        ("gal", "gals", "gallon", "gallons", "加仑"), "us_gallon (3.785 l) or imp_gallon (4.546 l)"
    ),
    **dict.fromkeys(("MBtu", "MBTU", "Mbtu", "mBtu", "mbtu", "MBtus"), "kBtu (a thousand) or MMBtu (a million)"),
    **dict.fromkeys(("Mcf", "MCF", "mcf"), "kcf (a thousand cubic feet) or MMcf (a million)"),
    **dict.fromkeys(("Mbbl", "MBBL", "mbbl"), "kbbl (a thousand barrels) or MMbbl (a million)"),
    **dict.fromkeys(("scf", "Scf", "SCF", "Sm3", "sm3", "scm", "Mscf", "MMscf", "cf"), _LIGHT_GAS),
    **dict.fromkeys(("hp", "HP", "horsepower", "PS", "马力"), _POWER),
    **dict.fromkeys(("RT", "TR", "ton_TR", "ton_of_refrigeration", "冷吨"), _HEAT_TON),
    **dict.fromkeys(("pound", "pounds"), "lb (mass) or GBP (money)"),
    **dict.fromkeys(("mwh", "mWh", "mWH"), "MWh"),
    **dict.fromkeys(("mw", "mW"), "MW"),
    **dict.fromkeys(("mj", "mJ"), "MJ"),
    **dict.fromkeys(("mpa", "mPa"), "MPa"),
    **dict.fromkeys(("Cal", "CAL"), "cal or kcal"),
    **dict.fromkeys(("gcal",), "Gcal or cal"),
    **dict.fromkeys(("nm3",), "Nm3"),
    **dict.fromkeys(("degree", "degrees"), "kWh (度) or degC"),
    **dict.fromkeys(("M", "MM"), "万, 百万, 1e6 or Mt, MJ, month, m"),
    **dict.fromkeys(("boe", "BOE"), "GJ (5.7 to 6.1 GJ, by who counts)"),
    **dict.fromkeys(("mpg", "MPG"), "l/(100 km) or km/l"),
    **dict.fromkeys(("里",), "公里 (1 km) or 华里 (0.5 km)"),
    **dict.fromkeys(("顷",), "公顷 (10 000 m^2) or 亩 (1 市顷 = 100 亩)"),
    **dict.fromkeys(("方",), "立方米, 标方 or 平方米"),
    **dict.fromkeys(("tC", "kgC", "gC", "MtC", "GtC", "ktC", "tonC"), _CARBON),
    **dict.fromkeys(("ounce", "ounces", "oz"), "g"),
    **dict.fromkeys(("billion", "trillion"), "1e9, 1e12 or 十亿, 万亿"),
}  # fmt: skip
"""Names with two sizes in use, or two meanings, with what is written instead."""

OTHERWISE: dict[str, str] = {
    **dict.fromkeys(("C", "Celsius"), "degC, K for a difference, or t for a mass of carbon"),
    **dict.fromkeys(("F", "degF"), "degC"),
    **dict.fromkeys(("kVAh", "kvarh", "kVarh", "kVArh", "MVAh", "千乏时", "千伏安时"), "kWh (active energy)"),
    **dict.fromkeys(("kVA", "MVA", "kvar", "千伏安", "千乏"), "kW (active power)"),
    **dict.fromkeys(("y", "annual", "pa"), "a"),
    **dict.fromkeys(("psi", "torr", "mmHg"), "Pa, kPa, MPa, bar"),
    **dict.fromkeys(("M3", "cum", "cubm"), "m^3"),
    **dict.fromkeys(("M2",), "m^2"),
    **dict.fromkeys(("H",), "h"),
    **dict.fromkeys(("G",), "g"),
    **dict.fromkeys(("D",), "d"),
    **dict.fromkeys(("quarter", "季度"), "month"),
    **dict.fromkeys(("are", "ares", "公亩"), "m^2 (100 m^2)"),
    **dict.fromkeys(("ppb",), "1e-9"),
    **dict.fromkeys(("thousand", "million"), "1e3, 1e6 or 千, 百万"),
    **dict.fromkeys(
        ("等价值", "吨标准煤等价值", "吨标煤等价值", "千克标准煤等价值", "千克标煤等价值", "公斤标准煤等价值"),
        "kWh (等价值 ÷ kgce/kWh)",
    ),
}  # fmt: skip
"""Names that people write and that are not read, with what is written instead."""
