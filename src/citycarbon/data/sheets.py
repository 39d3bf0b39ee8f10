"""Raw cells: csv and workbooks as frames of text, with the row number that the user sees.

Comes in: a checked path. Goes out: :class:`RawSheet`, all text, header read but not interpreted. Not for: types and meaning
of columns (:mod:`citycarbon.data.typed`).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path

import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.data import safety
from citycarbon.data.cell_values import trimmed
from citycarbon.data.printed.headings import (
    LOOKED_AT,
    delimiter_of,
    last_lines,
    notes_below,
    refuse_notes,
    refuse_titles,
    separator,
    text_lines,
)
from citycarbon.data.workbooks.loading import Workbook

ROW = "\x00row"
_SYLLABLES = (
    "가강거경고공과관구군금기김나남내노달담당대덕도동둔등라로리마면명목무문미밀발백보봉부북사산삼상서석선성세송수순"
    "시신아안양여역연영예오옥완용우운울원월위유은을읍의이인일임자작장전정제주중종지진창천철청추춘충태통특평포하함합"
    "항해향현호홍화황휘"
)
"""Syllables of Korean names of places, sectors and fuels."""
_HAN = (
    "丁七三上下丘丙东中丰临丹丽义乌乐乙九乡二于云五井亳仁从仓伊伦何余佛佳依侯保信傣儋元光克六兰关兴内冯凉凤刘则勒包"
    "化北华南即历原厦双口古台叶合吉同吐吕吴呈周呼和咸哈唐商喀善嘉嘴四固坂坊坝坡坪坻城埔堆堡塔塘墅增墨壁夏外多大天太"
    "央头奉姑威娄孙孜孝宁安宋官定宜宝宣家宿密富察寨封尔尾屏屯山屿岗岛岩岭岳岸峡峪峰崂崇崖川州巴市布常平庄庆庐店度延"
    "建开张当彦彭徐德心忠怀思恩惠感成房扬抚拉拱掖揭攀斯新施族日昆昌明昭普景曲曹曾望朝木未本朱李村杜来杨杭松林枝枣柏"
    "柔柳栖株桂桃桐桥梁梅梧梨楚楼槐武毕水永汇汉汕江池沂沈沙沟沧河治泉波泰泽洛津洪洱洲流济浑浦海淀淄淖淮淳清渝渡温港"
    "湖湘湟湾源溧溪滁滨漯漳潍潘潭潼濮灞灵烟焦照熟版牛牡犁玄玉王玛珠理甘田甲番白百皇益盐盘盟相眉石硚碑碚磨福禺秀秦程"
    "章管米红纳绍绥绵罗羊美翔聊肇肥胡胶自舟良色节芙芜芦花苏茂荆荔荫莆莱莲菏萍营萧萨董葫蒋蓉蓟蔡虎虹蚌行街衢袁襄西许"
    "谢谷贝贡贤贵贺贾资赣赤赵越辰边辽达迁远连通遂道遵邑邓邵邺郑郫郭郴都鄂鄠酒里金钦钱铁铜银锡锦镇长门闵阎阜阳阴阿陀"
    "陇陈陵随雁雄雅集雨霞青靖静鞍韩韶顺饶香马驻驿高魏鲁鸡鸭鹏鹤鹰麓黄鼓齐龙"
)
"""Signs of Chinese names of cities and districts."""
_KANJI = (
    "東京都道府県市区町村郡北海大阪名古屋横浜神戸川崎福岡広島仙台千葉山口田島長野新潟静岡愛知三重滋賀兵庫奈良和歌鳥"
    "取根香媛高佐熊本分宮崎鹿児沖縄電力産業燃料家庭"
)
"""Signs of Japanese names of places, sectors and fuels."""
BOOKS = (".xlsx", ".xlsm")
ENCODINGS = (
    "utf-8-sig", "utf-8", "gb18030", "gbk", "gb2312", "utf-16", "utf-16-le", "utf-16-be", "big5", "big5hkscs", "euc-kr", "cp949",
    "shift-jis", "cp932", "euc-jp", "cp1252", "iso-8859-1", "iso-8859-15", "cp1251",
)  # fmt: skip
"""Encodings that may be stated; only the Unicode ones and GB18030 are told by looking."""
_DELIMITERS = {".tsv": "\t", ".csv": ",", ".txt": ","}
_FORMULA = (
    r"^\s*[=@]|^\s*[+\-][\s+\-]*(?:[(@=\"'$]|\$?[A-Za-z]{1,3}\$?\d+(?:$|[^\w\- ])|[A-Za-z][\w.]*\s*(?:\(.*\)|[|!]))"
)
"""A formula that came as text; a name that begins with a hyphen, such as -East-wing, is none."""
_DISARMED = r"^'([=+\-@\t\r])"
_NO_FORMULA = r"(?i)^\s*[+\-](inf|infinity|nan)\s*$"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class RawSheet:
    """Header and rows of one sheet.

    Column ``\\x00row`` holds the row number, ``numbers`` exact workbook floats, ``top`` the row of the header,
    ``delimiter`` what parts the cells of a text file.
    """

    file: str
    sheet: str
    header: tuple[str, ...]
    rows: pl.DataFrame
    encoding: str = ""
    numbers: pl.DataFrame | None = None
    top: int = 1
    delimiter: str = ","

    def where(self, column: str | None = None, rows: tuple[int, ...] = ()) -> Where:
        """Give a place inside this sheet."""
        return Where(file=self.file, sheet=self.sheet or None, rows=rows, column=column)


@safety.netted
def read_text(path: Path, shown: str, encoding: str | None = None, *, notes: bool = False) -> RawSheet:
    """Read a csv, tsv or txt file; the encoding is the stated one, or UTF-8, or else GB18030 if the text proves it.

    With ``notes`` lines of one text below the table are kept as rows; without it they are refused, as a title is.
    """
    safety.text_lines(path, shown)
    text, used = decode(path.read_bytes(), shown, encoding)
    text = text if "\n" in text else text.replace("\r", "\n")
    stated = separator(text)
    blank = re.match(r"(?:[\s,;]*\n)?", text) if stated is None else re.match(r"[^\n]*\n(?:[\s,;]*\n)?", text)
    start = blank.end() if blank else 0
    above, text = text[:start].count("\n"), text[start:]
    first = text[: text.find("\n")] if "\n" in text else text
    if not first.strip(" \t\r,;"):
        raise InputError("file_empty", Where(file=shown), "")
    where = Where(file=shown)
    delimiter = stated or delimiter_of(
        first, text.split("\n", LOOKED_AT)[1:LOOKED_AT], _DELIMITERS[path.suffix.lower()]
    )
    head = text_lines(text, delimiter, above)
    refuse_titles(head, where)
    last, width = last_lines(text, delimiter, above), len(head[0][1]) if head else 1
    if notes:
        text = _widened(text, delimiter, width, len(notes_below(last, width)))
    else:
        refuse_notes(last, width, where)
    try:
        frame = pl.read_csv(
            io.BytesIO(text.encode("utf-8")),
            has_header=False,
            infer_schema=False,
            separator=delimiter,
            raise_if_empty=False,
        )
    except pl.exceptions.PolarsError as error:
        raise _ragged(text, shown, delimiter, above) or _stray_quote(text, shown, above) from error
    if frame[:, -1].null_count() and not _even(text, delimiter, frame.width):
        # The fast reader fills up rows that are too short; a lost cell would move its neighbours into wrong columns.
        short = _ragged(text, shown, delimiter, above)
        if short is not None:
            raise short
    header = tuple(str(cell or "") for cell in frame.row(0))
    frame.columns = [f"column_{index + 1}" for index in range(frame.width)]
    frame = frame.with_row_index(ROW, offset=1 + above).slice(1)
    return tidy(RawSheet(shown, "", header, frame, used, None, 1 + above, delimiter))


def _widened(text: str, delimiter: str, width: int, notes: int) -> str:
    """Make of each note below a table one cell, and as many empty ones as its rows have: a comma in a sentence parts nothing."""
    if not notes:
        return text
    table, *lines = text.rstrip().rsplit("\n", notes)
    texts = [line.strip().strip(delimiter).strip().strip('"').replace('"', "'") for line in lines]
    return "\n".join([table, *(f'"{note}"' + delimiter * (width - 1) for note in texts)])


def decode(data: bytes, shown: str, encoding: str | None = None) -> tuple[str, str]:
    """Decode bytes and say how: the stated encoding must fit; otherwise UTF-8 (with or without mark), UTF-16, GB18030."""
    where = Where(file=shown)
    if encoding is not None:
        name = encoding.lower().replace("_", "-")
        if name not in ENCODINGS:
            raise InputError("encoding_unsupported", where, encoding, known=", ".join(ENCODINGS))
        codec = {"utf-8": "utf-8-sig", "utf-16": _sixteen(data)}.get(name, name)
        return _decoded(data, codec, name, shown), name
    for name, mark in (("utf-16", (b"\xff\xfe", b"\xfe\xff")), ("utf-8-sig", b"\xef\xbb\xbf")):
        if data.startswith(mark):
            return _decoded(data, name, name, shown), name
    if b"\x1b" in data:
        # Shift marks of ISO 2022: every byte is ASCII, and no text.
        raise InputError("encoding_unknown", _line_of(data, data.index(b"\x1b"), shown), "0x1b")
    if b"\x00" in data:
        raise InputError("file_binary", _line_of(data, data.index(b"\x00"), shown), "NUL")
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        bad = error.start
    place = _line_of(data, bad, shown)
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError as error:
        found = f"0x{data[error.start : error.start + 2].hex()}"
        raise InputError("encoding_unknown", _line_of(data, error.start, shown), found) from error
    if not looks_chinese(text) or looks_korean(data, text) or looks_japanese(data, text):
        raise InputError("encoding_unknown", place, f"0x{data[bad : bad + 2].hex()}")
    return text, "gb18030"


def _sixteen(data: bytes) -> str:
    """Give the order of bytes of UTF-16 without a mark: ASCII has its zero before or behind."""
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    return "utf-16" if marked else "utf-16-be" if data[::2].count(0) > data[1::2].count(0) else "utf-16-le"


def _decoded(data: bytes, codec: str, name: str, shown: str) -> str:
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        found = f"0x{data[error.start : error.start + 2].hex()}"
        raise InputError("encoding_wrong", _line_of(data, error.start, shown), found, encoding=name) from error
    except UnicodeError as error:
        raise InputError("encoding_wrong", Where(file=shown), str(error), encoding=name) from error
    if "\x00" in text:
        raise InputError("file_binary", Where(file=shown), "NUL")
    return text


def _line_of(data: bytes, position: int, shown: str) -> Where:
    return Where(file=shown, rows=(data.count(b"\n", 0, position) + 1,))


def looks_chinese(text: str) -> bool:
    """Tell whether text decoded as GB18030 reads as Chinese: nearly all of its non-ASCII marks are common Han characters."""
    marks = [mark for mark in text[:200_000] if ord(mark) > 127]
    common = sum(
        1
        for mark in marks
        if "\u4e00" <= mark <= "\u9fff" or "\uff00" <= mark <= "\uffef" or mark in "。、“”‘’（）《》—…·℃㎡×°"
    )
    # Level-1 GB 2312 characters (the 3,755 common ones) have lead bytes B0-D7; random bytes seldom stay there.
    level1 = sum(1 for mark in marks if "\u4e00" <= mark <= "\u9fff" and 0xB0 <= _lead(mark) <= 0xD7)
    return bool(marks) and common / len(marks) > 0.9 and level1 / len(marks) > 0.6


@cache
def _known_signs() -> frozenset[str]:
    """Han characters of the names that the product itself ships: headers, activities, regions, sectors."""
    names = ("headers.csv", "library/activities.csv", "library/regions.csv", "classifications/lists/city.csv",
             "classifications/lists/energy_balance_rows.csv")  # fmt: skip
    there = [files("citycarbon.data").joinpath(name) for name in names]
    return frozenset(_HAN + "".join(each.read_text("utf-8") for each in there if each.is_file()))


def looks_korean(data: bytes, text: str) -> bool:
    """Tell whether bytes that can be read as Chinese are rather EUC-KR: all of it Hangul, and the Chinese reading hardly a word.

    Both encodings use the same pairs of bytes, so that only what is said can tell; a doubt is answered by stating the encoding.
    """
    try:
        other = data.decode("cp949")
    except UnicodeDecodeError:
        return False
    marks = [mark for mark in other[:200_000] if ord(mark) > 127]
    if any(not "\uac00" <= mark <= "\ud7a3" for mark in marks):
        return False
    # A name or two tell little: 鼓楼 is a district, and two syllables besides; then what stands in many names decides.
    signs = {mark for mark in text[:200_000] if "\u4e00" <= mark <= "\u9fff"}
    known = len(signs & _known_signs()) / max(len(signs), 1)
    most = 0.65 if len(signs) >= 4 else 0.5
    return (len(signs) >= 4 and known <= 0.25) or (len(signs) > 1 and known <= most < _share(marks, _SYLLABLES))


def looks_japanese(data: bytes, text: str) -> bool:
    """Tell whether bytes that can be read as Chinese are rather EUC-JP, by the signs that names of places have."""
    try:
        other = data.decode("euc_jp")
    except UnicodeDecodeError:
        return False
    marks = [mark for mark in other[:200_000] if ord(mark) > 127]
    signs = [mark for mark in text[:200_000] if "\u4e00" <= mark <= "\u9fff"]
    return (
        len(set(signs)) > 1
        and _share(signs, _known_signs()) <= 0.5
        and _share(marks, frozenset(_KANJI) | _known_signs()) > 0.6
    )


def _share(marks: Sequence[str], known: Collection[str]) -> float:
    """Give the share of distinct marks that are known."""
    distinct = set(marks)
    return len(distinct & set(known)) / max(len(distinct), 1)


def _lead(mark: str) -> int:
    return mark.encode("gb18030")[0]


def _even(text: str, delimiter: str, width: int) -> bool:
    """Tell at a glance whether every row has the same number of cells; quoted cells need the slow look."""
    if '"' in text:
        return False
    lines = pl.Series(text.split("\n")).str.strip_chars()
    counts = lines.str.count_matches(delimiter, literal=True)
    return not ((counts != width - 1) & (lines != "")).any()


def _ragged(text: str, shown: str, delimiter: str, above: int) -> InputError | None:
    """Find the rows whose cell count differs; only called when the fast reader has refused or padded the file."""
    problems = Problems()
    csv.field_size_limit(safety.LONGEST_LINE)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    width, before = 0, 0
    try:
        for cells in reader:
            width = width or len(cells)
            if cells and len(cells) != width and any(cell.strip() for cell in cells) and len(problems) < 20:
                where = Where(file=shown, rows=(above + before + 1,))
                problems.add("row_ragged", where, len(cells), expected_cells=width)
            before = reader.line_num
    except csv.Error:
        # The reader runs to the end of the file in search of the closing mark: the fault is where the row began.
        return InputError("quote_open", Where(file=shown, rows=(above + before + 1,)), text.splitlines()[before][:60])
    return InputError.several(problems) if len(problems) else None


def _stray_quote(text: str, shown: str, above: int) -> InputError:
    """Find the first line whose quotation marks make no pairs."""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.count('"') % 2:
            return InputError("quote_open", Where(file=shown, rows=(above + number,)), line[:60])
    return InputError("file_broken", Where(file=shown), "", kind="csv")


@safety.netted
def read_workbook(
    path: Path, shown: str, sheet: str | None = None, *, corner: bool = False, notes: bool = False
) -> RawSheet:
    """Read one sheet of an xlsx workbook; a workbook in which several sheets can be seen needs a name.

    With ``corner`` the first column may have no name and a line of units may follow, as in a matrix whose rows and columns are
    both named; with ``notes`` notes below the table are kept as rows.
    """
    book = Workbook.open(path, shown)
    sheet = book.sheet(sheet)
    where = Where(file=shown, sheet=sheet)
    cells, numbers = book.cells(sheet)
    if cells.height == 0:
        raise InputError("file_empty", where, "")
    top = cells.select(pl.any_horizontal(pl.all().is_not_null())).to_series().arg_true()
    if not len(top):
        raise InputError("file_empty", where, "")
    start = int(top[0])
    lines = list(enumerate(cells.slice(start, LOOKED_AT).rows(), start=start + 1))
    refuse_titles(lines, where, corner=corner)
    if not notes:
        last = max(start + 1, cells.height - LOOKED_AT)
        refuse_notes(list(enumerate(cells.slice(last).rows(), start=last + 1)), cells.width, where)
    header = tuple(str(cell or "") for cell in cells.row(start))
    body = cells.with_row_index(ROW, offset=1).slice(start + 1)
    exact = numbers.with_row_index(ROW, offset=1).slice(start + 1)
    exact.columns = body.columns = [ROW, *[f"column_{index + 1}" for index in range(len(header))]]
    return tidy(RawSheet(shown, sheet, header, body, "xlsx", exact, start + 1), corner=corner)


def tidy(sheet: RawSheet, *, corner: bool = False) -> RawSheet:
    """Trim cells, drop blank rows, and refuse broken headers, endless cells and formulas that came as text."""
    header = tuple(_CONTROL.sub("", name).strip().strip("\ufeff").strip() for name in sheet.header)
    cells = [name for name in sheet.rows.columns if name != ROW]
    rows = sheet.rows.with_columns(trimmed(pl.col(cells)))
    keep = pl.any_horizontal(pl.col(cells).is_not_null())
    numbers = sheet.numbers.filter(rows.select(keep).to_series()) if sheet.numbers is not None else None
    rows = rows.filter(keep)
    tidy = replace(sheet, header=header, rows=rows, numbers=numbers)
    problems = Problems()
    if not rows.height:
        problems.add("file_empty", sheet.where(), "")
    _check_names(tidy, corner, problems)
    odd = _odd_columns(rows, cells)
    for index, cell in enumerate(cells):
        if cell not in odd:
            continue
        name = header[index] if index < len(header) else ""
        _check_cells(tidy, name or ("—" if corner and index == 0 else ""), cell, problems)
    rows = rows.with_columns(pl.col(cells).str.replace(_DISARMED, "$1"))
    tidy = replace(tidy, rows=rows)
    lowered = [name.casefold() for name in header if name]
    for name in dict.fromkeys(name for name in header if lowered.count(name.casefold()) > 1):
        problems.add("column_duplicate", sheet.where(name, (sheet.top,)), name)
    problems.raise_all()
    return tidy


def _odd_columns(rows: pl.DataFrame, cells: list[str]) -> set[str]:
    """Tell at one glance which columns may hold endless cells or formulas; nearly always none does."""
    begin = pl.col(cells).str.head(_GLANCE).str.strip_chars_start().str.head(1)
    marked = begin.is_in(list("=@+-")) | (pl.col(cells).str.len_bytes() > safety.LONGEST_CELL)
    found = rows.select(marked.any()).row(0) if rows.height and cells else ()
    return {cell for cell, there in zip(cells, found, strict=False) if there}


_GLANCE = 100
"""Characters of a cell in which what is no blank is looked for."""


def _check_cells(sheet: RawSheet, name: str, cell: str, problems: Problems) -> None:
    rows = sheet.rows
    long = rows.filter(pl.col(cell).str.len_bytes() > safety.LONGEST_CELL)
    long = long.filter(pl.col(cell).str.len_chars() > safety.LONGEST_CELL)
    if long.height:
        place = sheet.where(name, tuple(long[ROW].head(5).to_list()))
        problems.add("cell_too_long", place, long[cell].str.len_chars().max(), limit=safety.LONGEST_CELL)
        return
    text = pl.col(cell)
    formulas = rows.filter(text.str.contains(_FORMULA) & ~text.str.contains(_NO_FORMULA))
    if formulas.height:
        problems.add("formula_cell", sheet.where(name, tuple(formulas[ROW].head(5).to_list())), formulas[cell][0])


def _check_names(sheet: RawSheet, corner: bool, problems: Problems) -> None:
    """Name all columns with data and no name in one problem: they have one cause."""
    cells = [name for name in sheet.rows.columns if name != ROW]
    bare = [
        index for index, cell in enumerate(cells)
        if not (sheet.header[index] if index < len(sheet.header) else "") and not (corner and index == 0)
        and sheet.rows[cell].null_count() < sheet.rows.height
    ]  # fmt: skip
    if bare:
        shown = ", ".join(str(sheet.rows[cells[index]].drop_nulls()[0]) for index in bare[:5])
        problems.add("column_unnamed", sheet.where(", ".join(str(index + 1) for index in bare), (sheet.top,)), shown)
