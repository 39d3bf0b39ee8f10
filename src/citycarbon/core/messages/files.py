"""Messages about files, layers and data sets."""

from __future__ import annotations

from citycarbon.core.messages.message import Message, message

FILE_MESSAGES: dict[str, Message] = {
    "file_missing": message(
        "input",
        ("The file is not there", "找不到文件"),
        ("an existing file", "已存在的文件"),
        ("check the name and folder; names are case-sensitive", "检查文件名和文件夹；文件名区分大小写"),
    ),
    "shape_idle": message(
        "schema",
        ("Rows and columns cannot be chosen in this kind of file", "此类文件不能筛选行或列"),
        (
            "'only', 'words' and 'wide' with csv, text or a workbook; 'wide' alone with a layer",
            "'only'、'words'、'wide' 用于 csv、文本或工作簿；图层仅可用 'wide'",
        ),
        ("save the table as csv, or choose the rows before", "将表另存为 csv，或事先筛选"),
    ),
    "title_row": message(
        "schema",
        (
            "Row {rows} looks like a title; the header may be in row {header}",
            "第 {rows} 行像是标题；表头可能在第 {header} 行",
        ),
        ("the names of the columns in the first row", "第一行为列名"),
        ("delete what stands above the names of the columns", "删去列名以上的内容"),
    ),
    "unit_row": message(
        "schema",
        ("Row {row} looks like a line of units below the header", "第 {row} 行像是表头下的单位行"),
        ("data from the row below the header on", "表头下一行起即为数据"),
        (
            "put each unit into its header, as in 'value (MWh)', or into a column 'unit', and delete the row",
            "将单位写入表头，如“用电量（万千瓦时）”，或写入 unit 列，并删去该行",
        ),
    ),
    "notes_below": message(
        "schema",
        ("Row {rows} looks like a note below the table", "第 {rows} 行像是表下的注释"),
        ("data down to the last row", "直到最后一行都是数据"),
        ("delete the notes, or keep them in a file of their own", "删去注释，或另存于其他文件"),
    ),
    "option_idle": message(
        "schema",
        ("What is stated here has no effect on this file", "此处的说明对该文件不起作用"),
        ("only what the reader of {reader} heeds", "只写 {reader} 读取方式所用的选项"),
        (
            "leave it out, or give the file in a form for which it counts (see the study-file page)",
            "删去该选项，或改用能使用它的文件形式（见研究文件一页）",
        ),
    ),
    "rows_none_wanted": message(
        "coverage",
        ("No row of the file is wanted", "文件中没有符合条件的行"),
        ("rows that meet 'only'", "符合 'only' 的行"),
        ("correct the words or the range in 'only' of the study", "改正研究文件 'only' 中的文字或范围"),
    ),
    "file_empty": message(
        "schema",
        ("The file or sheet is empty", "文件或工作表为空"),
        ("a header row and at least one data row", "一行表头和至少一行数据"),
        ("put the data in, or remove the table from the study", "填入数据，或从研究中删去该表"),
    ),
    "file_is_folder": message(
        "input",
        ("A folder stands where a file was named", "此处应为文件，实为文件夹"),
        ("a file", "文件"),
        ("name the file inside the folder", "写出文件夹内的文件名"),
    ),
    "file_unreadable": message(
        "input",
        ("The file may not be read", "文件不可读"),
        ("a plain file with the right to read it", "有读取权限的普通文件"),
        ("check its rights, and whether another program keeps it locked", "检查权限，以及文件是否被其他程序占用"),
    ),
    "file_kind_unknown": message(
        "input",
        ("This kind of file cannot be read", "无法读取此类文件"),
        ("one of {kinds}", "以下之一：{kinds}"),
        ("save the table in one of these formats", "将表另存为其中一种格式"),
    ),
    "file_broken": message(
        "input",
        ("The file cannot be read as {kind}", "文件无法按 {kind} 读取"),
        ("an intact {kind} file", "完好的 {kind} 文件"),
        (
            "open it in the program that made it and save it again, or save it in another of the formats that are read",
            "用生成它的程序打开并重新保存，或另存为其他可读格式",
        ),
    ),
    "file_too_large": message(
        "input",
        ("The file is too large for a safe read", "文件过大，无法安全读取"),
        ("at most {limit}", "不超过 {limit}"),
        ("split the file, or give it as parquet", "拆分文件，或改用 parquet"),
    ),
    "archive_bomb": message(
        "input",
        ("The compressed file would unpack to far too much", "压缩文件解开后过大"),
        ("at most {limit} unpacked and a ratio below {ratio}", "解开后不超过 {limit}，压缩比低于 {ratio}"),
        ("save the workbook again without embedded objects, or use csv", "去掉嵌入对象后重新保存，或改用 csv"),
    ),
    "cell_too_long": message(
        "schema",
        ("A cell holds far too much text", "单元格内容过长"),
        ("at most {limit} characters in a cell", "每个单元格不超过 {limit} 个字符"),
        ("look for an unclosed quotation mark before this row", "检查此行之前是否有未闭合的引号"),
    ),
    "path_outside": message(
        "input",
        ("The path leads outside the study folder", "路径超出研究文件夹"),
        ("a path inside {folder}", "{folder} 内的路径"),
        ("copy the file into the study folder, or name a data set", "将文件复制到研究文件夹，或引用数据集"),
    ),
    "encoding_unknown": message(
        "input",
        ("The text encoding cannot be told", "无法判定文本编码"),
        ("UTF-8 or GB18030 (GBK)", "UTF-8 或 GB18030（GBK）"),
        ("save the file as UTF-8, or state its encoding", "另存为 UTF-8，或注明编码"),
    ),
    "encoding_wrong": message(
        "input",
        ("The bytes do not fit the stated encoding", "字节与注明的编码不符"),
        ("text in {encoding}", "{encoding} 编码的文本"),
        ("state the right encoding, or leave it out to have it detected", "改正编码，或不写以便自动识别"),
    ),
    "encoding_doubtful": message(
        "input",
        (
            "The .cpg file names an encoding, and the bytes read as Chinese in another",
            ".cpg 所写编码可疑：文字按另一编码读为中文",
        ),
        ("a .cpg file that fits the text, perhaps {encoding}", "与文字相符的 .cpg，可能是 {encoding}"),
        (
            "correct the .cpg file, or delete it so that the encoding is detected, or state 'encoding' of the layer",
            "改正 .cpg 文件，或删除它以便自动识别，或为图层写明 'encoding'",
        ),
    ),
    "encoding_unsupported": message(
        "input",
        ("The stated encoding is not one that can be read", "注明的编码不受支持"),
        ("one of {known}", "以下之一：{known}"),
        ("correct 'encoding', or leave it out to have it detected", "改正 'encoding'，或不写以便自动识别"),
    ),
    "file_binary": message(
        "input",
        ("A text file holds NUL bytes, which no text has", "文本文件含有 NUL 字节，不是普通文本"),
        ("text in UTF-8 or GB18030 (GBK), or UTF-16 with its mark", "UTF-8、GB18030（GBK）或带标记的 UTF-16 文本"),
        (
            "save the table as csv in UTF-8; if it is UTF-16, state 'encoding: utf-16'",
            "另存为 UTF-8 的 csv；若为 UTF-16，请写明 'encoding: utf-16'",
        ),
    ),
    "sheet_missing": message(
        "input",
        ("The workbook has no such sheet", "工作簿中没有该工作表"),
        ("one of {sheets}", "以下之一：{sheets}"),
        ("correct the sheet name", "改正工作表名称"),
    ),
    "sheet_ambiguous": message(
        "input",
        ("The workbook has several sheets and none is named", "工作簿有多个工作表，但未指定"),
        ("the name of one of {sheets}", "以下之一的名称：{sheets}"),
        (
            "add 'sheet: NAME' to the table in the study, or '#NAME' after the file",
            "在研究中写明 'sheet: 名称'，或在文件名后加 '#名称'",
        ),
    ),
    "layer_missing": message(
        "input",
        ("The file has no such layer", "文件中没有该图层"),
        ("one of {layers}", "以下之一：{layers}"),
        ("correct the layer name", "改正图层名称"),
    ),
    "layer_ambiguous": message(
        "input",
        ("The file has several layers and none is named", "文件有多个图层，但未指定"),
        ("the name of one of {layers}", "以下之一的名称：{layers}"),
        (
            "in the study 'layer: NAME', or 'sheet: NAME' of a table of attributes; in a call '#NAME' after the file",
            "在研究的图层中写明 'layer: 名称'，用作属性表时写 'sheet: 名称'；在 call 中于文件名后加 '#名称'",
        ),
    ),
    "layer_empty": message(
        "schema",
        ("The layer has no features", "图层没有要素"),
        ("at least one feature", "至少一个要素"),
        ("export the layer again, or remove it from the study", "重新导出图层，或从研究中删去"),
    ),
    "archive_layers": message(
        "input",
        ("The zip does not hold exactly one layer file", "压缩包内应恰好有一个图层文件"),
        ("one file of {kinds}, with its side files", "一个 {kinds} 文件及其附属文件"),
        ("leave one layer in the zip", "压缩包内只保留一个图层"),
    ),
    "formula_cell": message(
        "schema",
        ("A cell starts like a spreadsheet formula", "单元格以电子表格公式的形式开头"),
        ("a plain value", "普通数值或文字"),
        ("replace the formula by its value (paste as values)", "将公式替换为数值（选择性粘贴为数值）"),
    ),
    "workbook_macros": message(
        "input",
        ("The workbook holds macros", "工作簿含有宏"),
        ("an xlsx workbook without macros", "不含宏的 xlsx 工作簿"),
        (
            "open it in a spreadsheet program and save it as .xlsx; macros are never run here",
            "用表格软件另存为 .xlsx；本程序不运行宏",
        ),
    ),
    "notation_unknown": message(
        "schema",
        ("A notation key is not one of the GPC's", "标记不是 GPC 的标记"),
        ("NO, NE, IE or C; {word} may stand for: {origin}", "NO、NE、IE 或 C；{word} 可能表示：{origin}"),
        ("say what it means, for example --notation {word}=NO", "说明其含义，例如 --notation {word}=NO"),
    ),
    "gpc_unknown": message(
        "coverage",
        ("A figure stands under no known GPC number", "数值所在的 GPC 编号未知"),
        ("a number of the GPC: {known}", "GPC 编号：{known}"),
        ("correct the number in the file", "在文件中改正编号"),
    ),
    "gas_unit_open": message(
        "unit",
        ("The unit of the gas columns of a row is not settled", "某些行的气体列单位未定"),
        ("gases that add to the stated total, or a stated unit", "气体之和等于合计，或注明单位"),
        (
            "correct the row, or state the unit when reading: --gas-unit 't CO2e'",
            "改正该行，或读入时注明单位：--gas-unit 't CO2e'",
        ),
    ),
    "export_not_yearly": message(
        "schema",
        ("The account has times that are no years", "账户中有不是整年的时期"),
        ("whole years for {format}", "{format} 需要整年数据"),
        (
            "add the months to years in the study's data; parts of a year are not added here, as some may be missing",
            "在研究数据中将各月合并为年；此处不合并，因为可能缺月",
        ),
    ),
    "view_missing": message(
        "coverage",
        ("The study does not name a view that is needed", "研究没有写明所需的视角"),
        ("a result whose study names the view {view}", "研究中写明视角 {view} 的结果"),
        (
            "add 'views: [{{to: {view}}}]' to study.yaml and run it again",
            "在 study.yaml 中加入 'views: [{{to: {view}}}]' 后重新运行",
        ),
    ),
    "table_changed": message(
        "input",
        ("A table of the result is not the one that the run wrote", "结果中的表与运行时写出的不一致"),
        ("the file with the SHA-256 that result.json states", "与 result.json 所列 SHA-256 一致的文件"),
        ("run the study again; a result is not edited by hand", "重新运行研究；结果不可手工修改"),
    ),
    "exchange_unknown": message(
        "input",
        ("This exchange format is not known or cannot do this", "未知的交换格式，或该格式不支持此操作"),
        ("one of {known}", "以下之一：{known}"),
        ("correct the name of the format", "改正格式名称"),
    ),
    "cell_error": message(
        "schema",
        ("A cell holds a spreadsheet error", "单元格为电子表格错误值"),
        ("a value", "数值"),
        ("mend the formula in the workbook and save it again", "修正工作簿中的公式并重新保存"),
    ),
    "cell_merged": message(
        "schema",
        (
            "A cell is part of merged cells, of which only the first one holds the value",
            "单元格属于合并单元格，仅首格有值",
        ),
        ("a value in every row", "每一行都有值"),
        ("unmerge the cells and fill the value into each row", "取消合并，并将数值填入每一行"),
    ),
    "formula_uncomputed": message(
        "schema",
        ("A formula has no stored result, or one that may be old", "公式没有保存的计算结果，或结果可能已过期"),
        ("a value, or a formula that a spreadsheet program has computed", "数值，或已由电子表格程序计算过的公式"),
        (
            "open the workbook with automatic calculation, let it compute, and save it again, or paste as values",
            "以自动计算方式打开工作簿，重新计算后保存，或粘贴为数值",
        ),
    ),
    "crs_missing": message(
        "schema",
        ("The layer does not say its coordinate system", "图层未注明坐标系"),
        ("a coordinate system such as EPSG:4490 (CGCS2000)", "坐标系，例如 EPSG:4490（CGCS2000）"),
        ("state 'crs: EPSG:…' for this layer; it is never guessed", "为该图层写明 'crs: EPSG:…'；系统从不猜测"),
    ),
    "crs_unknown": message(
        "schema",
        ("The coordinate system is not known", "未知的坐标系"),
        ("an EPSG code, a WKT string, GCJ-02 or BD-09", "EPSG 代码、WKT 文本、GCJ-02 或 BD-09"),
        ("correct it, for example EPSG:4490 or EPSG:4547", "改正，例如 EPSG:4490 或 EPSG:4547"),
    ),
    "crs_conflict": message(
        "schema",
        ("The stated coordinate system is not that of the file", "注明的坐标系与文件不一致"),
        ("{expected_crs}, which the file itself states", "文件自带的 {expected_crs}"),
        ("drop 'crs' from the study, or correct the file", "从研究中删去 'crs'，或改正文件"),
    ),
    "coordinates_out_of_range": message(
        "schema",
        ("Coordinates lie outside the range of the coordinate system", "坐标超出坐标系的范围"),
        (
            "a place inside the area that {crs} is made for (longitudes, latitudes: {area})",
            "位于 {crs} 的适用范围内（经度、纬度：{area}）",
        ),
        (
            "state the true 'crs' of the layer; a projected system, x and y exchanged, or a zone before the easting (38500000 "
            "for 500000) are causes",
            "写明图层真实的 'crs'；常见原因是实为投影坐标、x 与 y 颠倒，或横坐标多出、缺少带号（38500000 与 500000）",
        ),
    ),
    "geometry_missing": message(
        "schema",
        ("A feature has no geometry", "要素没有几何"),
        ("a geometry in every feature", "每个要素都有几何"),
        ("delete or draw these features", "删除或补绘这些要素"),
    ),
    "geometry_invalid": message(
        "schema",
        ("A shape is not valid: a ring that crosses itself, or too few points", "图形无效：多边形自相交，或点数不足"),
        ("valid polygons", "有效的多边形"),
        (
            "repair the layer (in QGIS: Fix geometries), or set 'repair: true' of the layer in the study",
            "修复图层（QGIS 中：修复几何图形），或在研究文件中为该图层设置 'repair: true'",
        ),
    ),
    "extra_missing": message(
        "input",
        ("An optional part of citycarbon is not installed", "citycarbon 的可选组件未安装"),
        ("the extra citycarbon[{extra}]", "可选组件 citycarbon[{extra}]"),
        ("install it: pip install 'citycarbon[{extra}]'", "安装：pip install 'citycarbon[{extra}]'"),
    ),
    "output_exists": message(
        "input",
        ("The target is not empty and holds no earlier result of this kind", "目标文件夹非空，且不是先前的结果"),
        ("a new folder, or one that holds earlier results", "新文件夹，或存有先前结果的文件夹"),
        ("choose another --out", "另选 --out"),
    ),
    "output_unwritable": message(
        "input",
        ("The result cannot be written", "无法写入结果"),
        ("a folder that may be written", "可写的文件夹"),
        ("check rights and free space, or choose another --out", "检查权限和剩余空间，或另选 --out"),
    ),
    "text_unwritable": message(
        "schema",
        ("A text cannot be written in this format without loss", "文字无法无损写入此格式"),
        ("characters of {encoding}, at most {bytes} bytes a cell", "{encoding} 字符，每格至多 {bytes} 字节"),
        (
            "write gpkg, parquet or geojson instead of {kind}, or change the text",
            "改写 gpkg、parquet 或 geojson 而非 {kind}，或修改文字",
        ),
    ),
    "number_unwritable": message(
        "schema",
        ("A number has more digits than this format can hold", "数值的位数超出此格式所能容纳"),
        ("numbers below {limit}", "小于 {limit} 的数值"),
        (
            "write gpkg, parquet or geojson instead of {kind}, or check the figure",
            "改写 gpkg、parquet 或 geojson 而非 {kind}，或检查数值",
        ),
    ),
    "dataset_unknown": message(
        "input",
        ("No data set has this name", "没有这个名称的数据集"),
        ("one of {known}", "以下之一：{known}"),
        ("see 'citycarbon data list'", "见 'citycarbon data list'"),
    ),
    "dataset_missing": message(
        "coverage",
        ("The data set is not on this machine", "本机没有该数据集"),
        ("its files in CITYCARBON_DATA, or in the shared data folder", "文件位于 CITYCARBON_DATA 或共享数据文件夹"),
        (
            "'citycarbon data get {name}' fetches it from its public source",
            "'citycarbon data get {name}' 可从公开来源获取",
        ),
    ),
    "dataset_changed": message(
        "input",
        ("A file of the data set is not the recorded one", "数据集文件与记录不符"),
        ("SHA-256 {sha256}", "SHA-256 为 {sha256}"),
        ("fetch the data set again", "重新获取数据集"),
    ),
    "dataset_not_fetchable": message(
        "coverage",
        ("The data set could not be fetched", "无法获取数据集"),
        ("a reachable public source: {origin}", "可访问的公开来源：{origin}"),
        ("copy it from there by hand and set CITYCARBON_DATA", "手工复制并设置 CITYCARBON_DATA"),
    ),
}
