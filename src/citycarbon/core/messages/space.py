"""Messages about layers, grids, rasters and proxies.

Comes in: nothing. Goes out: templates by code, in English and Chinese. Not for: files as such (``files``).
"""

from __future__ import annotations

from citycarbon.core.messages.message import Message, message

SPACE_MESSAGES: dict[str, Message] = {
    "layer_crs_mixed": message(
        "schema",
        ("Two layers stand in different coordinate systems", "两个图层的坐标系不同"),
        ("{expected_crs}, as the other layer", "与另一图层相同：{expected_crs}"),
        ("set 'to_crs' of the layer in the study", "在研究文件中为该图层设置 'to_crs'"),
    ),
    "layer_in_degrees": message(
        "schema",
        (
            "A layer stands in degrees or feet, in which areas and lengths are none in metres",
            "图层坐标为经纬度或英尺，面积与长度不是以米计",
        ),
        ("a projected system in metres, here for example {better}", "以米为单位的投影坐标系，此处例如 {better}"),
        (
            "set 'to_crs' of the layer in the study; for a call, save the layer in that system (QGIS: Reproject layer; "
            "ogr2ogr -t_srs)",
            "在研究文件中为该图层设置 'to_crs'；用于 call 时先将图层另存为该坐标系（QGIS：重投影图层；ogr2ogr -t_srs）",
        ),
    ),
    "layer_scale": message(
        "schema",
        (
            "The system of a layer does not keep areas: there they are this many times those of the ground",
            "图层坐标系不保持面积：该处面积为实地面积的此倍数",
        ),
        (
            "a system whose areas are within 1 % of the ground there, for example {better}",
            "在该处面积误差不超过 1% 的坐标系，例如 {better}",
        ),
        (
            "set 'to_crs: {better}' of the layer in the study; for a call, save the layer in that system (QGIS: Reproject layer; "
            "ogr2ogr -t_srs {better})",
            "在研究文件中为该图层设置 'to_crs: {better}'；用于 call 时先将图层另存为该坐标系（QGIS：重投影图层；"
            "ogr2ogr -t_srs {better}）",
        ),
    ),
    "layer_geometry_mixed": message(
        "schema",
        ("A layer mixes points, lines and polygons", "图层混有点、线和面"),
        ("features of one kind", "同一类要素"),
        ("split the layer by kind of geometry", "按几何类型拆分图层"),
    ),
    "layer_not_areas": message(
        "schema",
        ("The layer that receives has no areas", "接收图层不是面"),
        ("polygons", "多边形"),
        ("take a layer of polygons, or buffer the lines or points", "使用面图层，或对点、线做缓冲"),
    ),
    "feature_without_extent": message(
        "schema",
        ("Features have no area or length, so nothing can be shared by it", "要素面积或长度为零，无法据此分摊"),
        ("an extent above zero", "大于零的范围"),
        ("delete or redraw these features", "删除或重绘这些要素"),
    ),
    "layer_no_grid": message(
        "schema",
        ("The layer is no square grid", "图层不是方格网"),
        ("a layer that the study makes with 'grid'", "由研究文件 'grid' 生成的图层"),
        (
            "declare the layer with 'grid: {{of: …, size: …}}', or write grid:250:FILE in a call",
            "用 'grid: {{of: …, size: …}}' 声明该图层，或在调用中写 grid:250:文件",
        ),
    ),
    "grid_wrong": message(
        "input",
        ("The grid has no sound size", "格网尺寸无效"),
        ("a size above zero and at least one cell", "大于零的边长，至少一个格"),
        ("state the side of a cell in metres", "以米给出格网边长"),
    ),
    "grid_too_large": message(
        "input",
        ("The grid would have too many cells", "格网单元过多"),
        ("at most {limit} cells", "至多 {limit} 个单元"),
        ("take larger cells, or a raster", "增大格网边长，或使用栅格"),
    ),
    "cells_across": message(
        "input",
        (
            "Cells lie across the antimeridian, at a pole or beyond the system: not supported",
            "格网单元跨越 180° 经线、位于极点或超出坐标系：不支持",
        ),
        (
            "a coordinate system that holds the cells whole, or ends at 180° as degrees do",
            "能完整容纳单元的坐标系，或与经纬度一样止于 180° 的坐标系",
        ),
        (
            "bring the layer to a system of its own region by 'to_crs', for example EPSG:3460 for Fiji",
            "用 'to_crs' 将图层转到所在区域的坐标系，例如斐济用 EPSG:3460",
        ),
    ),
    "geometry_collection": message(
        "schema",
        ("A feature is a collection of several kinds of shapes, or of arcs", "要素是多种图形的集合，或集合中含有弧线"),
        ("points, lines or polygons alone", "只有点、只有线或只有面"),
        (
            "take the collection apart: ogr2ogr -explodecollections -nlt CONVERT_TO_LINEAR out.gpkg in.gpkg",
            "拆开集合：ogr2ogr -explodecollections -nlt CONVERT_TO_LINEAR out.gpkg in.gpkg",
        ),
    ),
    "raster_nodata": message(
        "schema",
        ("A raster holds what looks like nodata and does not declare it", "栅格含有疑似无数据值，但未声明"),
        ("values, and gaps that the file or the study declares", "数值，以及由文件或研究声明的无数据值"),
        (
            "state it: 'nodata: {value}' of the layer in the study, --nodata {value} in a call; or 'none' if it is a true value",
            "请写明：研究文件图层中 'nodata: {value}'，调用时 --nodata {value}；若为真实数值则写 none",
        ),
    ),
    "raster_offset": message(
        "input",
        ("A raster in the offset of Chinese web maps cannot be put right here", "带有网络地图偏移的栅格无法在此纠正"),
        ("a raster in a surveyed system", "测绘坐标系中的栅格"),
        (
            "ask its publisher for WGS 84 or CGCS2000, or give its cells as points or polygons, of which the offset is taken off",
            "请向发布者索取 WGS 84 或 CGCS2000 版本，或将单元转为点或面图层，其偏移可以去除",
        ),
    ),
    "bands_several": message(
        "input",
        ("The raster has several bands and none is named", "栅格有多个波段，但未指定"),
        ("the number of one band", "其中一个波段的序号"),
        (
            "'band: 2' of the layer in the study; in a call '#2' after the file",
            "在研究的图层中写明 'band: 2'；在 call 中于文件名后加 '#2'",
        ),
    ),
    "grid_text": message(
        "input",
        ("An ASCII grid has not one number for each cell", "ASCII 栅格的数值个数与单元数不符，或含有文字"),
        ("{wanted} numbers, one for each of ncols × nrows cells", "{wanted} 个数值，每个单元（ncols × nrows）一个"),
        (
            "get the whole file again, or correct ncols, nrows and what is no number",
            "重新获取完整的文件，或改正 ncols、nrows 以及不是数字的内容",
        ),
    ),
    "raster_turned": message(
        "schema",
        ("The cells of the raster are turned or upside down", "栅格单元旋转或上下颠倒"),
        ("north up, no rotation", "北向上、无旋转"),
        ("warp it first: gdalwarp in.tif out.tif", "先用 gdalwarp in.tif out.tif 校正"),
    ),
    "proxy_unknown": message(
        "coverage",
        ("A rule names a proxy that has no amounts", "规则引用了没有数量的代理变量"),
        ("one of: {known}", "以下之一：{known}"),
        ("correct the name, or give amounts of the proxy", "更正名称，或提供该代理变量的数量"),
    ),
    "proxy_several": message(
        "schema",
        ("The table holds several proxies", "表中有多个代理变量"),
        ("one proxy", "一个代理变量"),
        ("filter the table to the proxy that is meant", "只保留所需的代理变量"),
    ),
    "proxy_zero": message(
        "coverage",
        ("A proxy is zero at every place", "代理变量在所有地点均为零"),
        ("an amount above zero at some place", "至少一个地点大于零"),
        ("leave the proxy out, or check how its places are named", "删去该代理变量，或检查地点名称是否一致"),
    ),
    "land_use_unknown": message(
        "schema",
        ("A land-use code is not in the stated scheme", "用地代码不在所注明的分类中"),
        ("a code of {scheme}: {known} …", "{scheme} 的代码：{known} …"),
        ("correct the code, or state the scheme that the layer uses", "更正代码，或注明图层所用的分类"),
    ),
    "land_use_scheme_unknown": message(
        "input",
        ("No scheme of land-use codes has this name", "没有此名称的用地分类"),
        ("one of: {known}", "以下之一：{known}"),
        ("take one of these names", "使用其中一个名称"),
    ),
    "land_use_missing": message(
        "schema",
        ("The parcels have no land-use code", "地块没有用地代码"),
        ("a column land_use; found are: {found}", "列 land_use；现有：{found}"),
        (
            "declare 'land_use: {{column: …, scheme: …}}' of the layer",
            "为图层声明 'land_use: {{column: …, scheme: …}}'",
        ),
    ),
    "floor_area_missing": message(
        "coverage",
        ("Parcels whose use counts floor area have none", "按建筑面积计的地块没有建筑面积"),
        ("a floor area or a floor area ratio", "建筑面积或容积率"),
        (
            "name the column with ratio_column or floor_column; write 0 for a bare parcel",
            "用 ratio_column 或 floor_column 指明列；空地填 0",
        ),
    ),
    "element_unknown": message(
        "coverage",
        ("A land use stands for no spatial element", "该用地没有对应的空间要素"),
        ("a use that the translation lists", "转译表所列的用地"),
        ("add a row to the translation table and give it as 'rules'", "在转译表中增加一行，并作为 'rules' 提供"),
    ),
    "element_unit": message(
        "unit",
        ("The intensity is per another unit than the element is counted in", "强度的分母单位与要素的计量单位不同"),
        ("an element counted in: {known}", "要素以下列单位计量：{known}"),
        (
            "give an intensity per that unit, or count the element in the other",
            "提供对应单位的强度，或改用该单位计量要素",
        ),
    ),
    "element_factor_missing": message(
        "coverage",
        ("An element has no intensity", "要素没有强度"),
        ("an intensity of this element, climate zone and age", "该要素、气候区与年代的强度"),
        (
            "add one with its source, or leave such elements out with 'skip_missing: true'",
            "补充强度并注明来源，或设 'skip_missing: true' 跳过",
        ),
    ),
    "element_factors_several": message(
        "coverage",
        ("An element has several intensities of one carrier", "同一要素同一品种有多个强度"),
        ("one intensity; these sources give one each: {sources}", "一个强度；以下来源各有一个：{sources}"),
        ("keep the row of one source", "只保留一个来源的行"),
    ),
    "element_unnamed": message(
        "coverage",
        ("Emissions come from no named element", "排放没有对应的空间要素"),
        (
            "emissions that element_activity or element_emissions stand behind",
            "由 element_activity 或 element_emissions 得到的排放",
        ),
        ("compute the emissions from the elements of the plan", "由规划要素计算排放"),
    ),
    "measure_unknown": message(
        "coverage",
        ("No elasticity is known for this measure of form", "该形态指标没有弹性证据"),
        ("one of: {known}", "以下之一：{known}"),
        ("take a listed measure, or give own elasticities with their source", "使用所列指标，或提供注明来源的弹性"),
    ),
    "plan_unknown": message(
        "coverage",
        ("A change of the plan names what is not there", "规划变更引用了不存在的内容"),
        ("a {column} of the present: {known} …", "现有的 {column}：{known} …"),
        ("correct the name", "更正名称"),
    ),
    "plan_change_wrong": message(
        "input",
        ("A change of the plan is not complete", "规划变更不完整"),
        (
            "a factor, or a new element (with new_ratio if it counts floor area)",
            "倍数，或新要素（按建筑面积计时须有 new_ratio）",
        ),
        ("fill exactly one of 'factor' and 'new_element'", "'factor' 与 'new_element' 只填一个"),
    ),
    "level_wrong": message(
        "schema",
        ("A place stands below one of its own or a finer level", "地点位于同级或更细级别的地点之下"),
        ("parents of a wider level: {known}", "上级应更宽：{known}"),
        ("correct 'parent' or 'level'", "更正 'parent' 或 'level'"),
    ),
    "datum_suspect": message(
        "schema",
        (
            "A layer fits its boundary only once the offset of a web map is taken off",
            "去掉互联网地图偏移后图层才与边界吻合",
        ),
        (
            "a layer in the datum that it states; shares inside the boundary: {found}",
            "图层与所注明的基准一致；位于边界内的比例：{found}",
        ),
        ("write 'crs: {datum}' if its publisher says so", "若发布方说明如此，请写 'crs: {datum}'"),
    ),
    "outside_boundary": message(
        "schema",
        ("Most of a layer lies outside its boundary", "图层大部分位于边界之外"),
        ("features inside {boundary}", "要素位于 {boundary} 之内"),
        ("check the coordinate system, or take another boundary", "检查坐标系，或更换边界"),
    ),
    "places_missing": message(
        "coverage",
        ("A table has no number for places of the layer", "表中缺少图层中部分地点的数值"),
        ("a number for each place: {table}", "每个地点都有数值：{table}"),
        (
            "add the rows, writing 0 where there is none, or set 'missing_is_zero: true' if absent rows mean zero; what is not"
            " known wants a layer without these features",
            "补充这些行，确实为零时填写 0；若缺行表示零，设 'missing_is_zero: true'；数值未知时请使用不含这些要素的图层",
        ),
    ),
    "bandwidth_narrow": message(
        "input",
        (
            "The bandwidth is narrow beside the places: their middles would miss the mass",
            "带宽相对地点过窄，中心点将漏掉质量",
        ),
        ("at least {least} m", "至少 {least} 米"),
        ("take a wider bandwidth, or smaller cells", "增大带宽，或缩小格网"),
    ),
    "too_few_places": message(
        "coverage",
        ("There are too few places for this", "地点数量不足"),
        ("at least {needed}", "至少 {needed} 个"),
        ("take smaller blocks or fewer folds or proxies, or more places", "减小分块、折数或代理变量，或增加地点"),
    ),
}
