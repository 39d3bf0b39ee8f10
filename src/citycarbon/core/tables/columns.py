"""The columns that several tables share: one name, one kind and one unit each.

Comes in: nothing. Goes out: :class:`Column` objects, of which tables are composed by name, never by position: a column that is
added to one table is in no other. Not for: columns that one table alone has, which are declared there.
"""

from __future__ import annotations

from citycarbon.core.dimensions import BASES, DISTRIBUTIONS, SCOPES
from citycarbon.core.schema import Column

OBSERVED = "observed"
"""Scenario of what really happened."""

PLACE = Column("place", required=True, empty=False, meaning=("where it happens", "地点"))
TIME = Column("time", "period", required=True, empty=False, meaning=("year, month or day", "时期：年、月或日"))
SECTOR = Column("sector", required=True, empty=False, meaning=("sector of one code list", "部门（单一代码表）"))
ACTIVITY = Column(
    "activity", required=True, empty=False, meaning=("carrier, process or service", "能源品种、过程或服务")
)
SCENARIO = Column("scenario", default=OBSERVED, meaning=("scenario; observed if not stated", "情景；未注明为 observed"))
AMOUNT = Column("value", "number", required=True, empty=False, low=0, meaning=("amount, in unit", "数量，单位见 unit"))
UNIT = Column("unit", required=True, empty=False, meaning=("unit of the figures of the row", "本行数值的单位"))
SD = Column("sd", "number", low=0, meaning=("standard deviation, in unit", "标准差，单位同 unit"))
DISTRIBUTION = Column("distribution", allowed=DISTRIBUTIONS, meaning=("shape of the uncertainty", "不确定性分布"))
ERROR_GROUP = Column("error_group", meaning=("rows with one name share their error", "同名的行共享误差"))
UNCERTAINTY = (SD, DISTRIBUTION, ERROR_GROUP)
QUALITY = Column("quality", meaning=("data quality: H, M, L or a remark", "数据质量：H、M、L 或说明"))
PROVENANCE = Column("provenance_id", meaning=("file and row that it came from", "来源文件与行号"))
SCOPE = Column("scope", required=True, empty=False, allowed=SCOPES, meaning=("GHG Protocol scope", "范围"))
GAS = Column("gas", required=True, empty=False, meaning=("gas, or CO2e", "气体，或 CO2e"))
BASIS = Column("basis", default="all", allowed=BASES, meaning=("alternative of accounting", "核算口径"))
MASS = Column("value", "number", required=True, meaning=("mass of the gas, in unit", "气体质量，单位见 unit"))
