"""Every message about bad input, in English and Chinese: what is wrong, what was expected, how to mend it.

A contract test holds that each code used in the package is here, complete in both languages, and that none is unused.
``{found}`` and further names in braces are filled from the problem's facts.
"""

from __future__ import annotations

from citycarbon.core.messages.files import FILE_MESSAGES
from citycarbon.core.messages.message import Message
from citycarbon.core.messages.methods import METHOD_MESSAGES
from citycarbon.core.messages.space import SPACE_MESSAGES
from citycarbon.core.messages.strategy import STRATEGY_MESSAGES
from citycarbon.core.messages.studies import STUDY_MESSAGES
from citycarbon.core.messages.tables import TABLE_MESSAGES
from citycarbon.core.messages.workbench import WORKBENCH_MESSAGES

PLACE_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "sheet": "sheet {}", "row": "row {}", "rows": "rows {}", "column": "column {}", "item": "{}", "join": ", ",
        "nowhere": "input", "where": "where", "found": "found", "expected": "expected", "fix": "fix",
    },
    "zh": {
        "sheet": "工作表 {}", "row": "第 {} 行", "rows": "第 {} 行", "column": "列 {}", "item": "{}", "join": "，",
        "nowhere": "输入", "where": "位置", "found": "发现", "expected": "应为", "fix": "改法",
    },
}  # fmt: skip

MESSAGES: dict[str, Message] = {
    **FILE_MESSAGES,
    **TABLE_MESSAGES,
    **METHOD_MESSAGES,
    **STUDY_MESSAGES,
    **SPACE_MESSAGES,
    **STRATEGY_MESSAGES,
    **WORKBENCH_MESSAGES,
}
