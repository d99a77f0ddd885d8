"""The sheets and columns of a roster: what they are called, what may stand in them.

One table serves reading, the template and its page of explanations.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from handlers.documents.roster_values import squeezed
from locales import gettext as _
from locales import language
from locales import mark as N_
from models.calendar import LUNAR, SOLAR
from models.elder import LIXIU, RETIRED
from models.roster_types import ELDERS, PAIRS, STAFF, UNITS
from models.staff import COORDINATOR, DUTY, LEADER, LIAISON

NAME, TEXT, CODE, PHONE, DATE, CHOICE, YES_NO, PEOPLE, WORDS = (
    "name", "text", "code", "phone", "date", "choice", "yes_no", "people", "words",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """A coded answer: its code and label are accepted, and the other words people write."""

    code: str
    label: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """`names` are the headings people use besides the title; `in_template` is false for
    columns that are understood but not offered."""

    field: str
    title: str
    names: tuple[str, ...]
    kind: str = TEXT
    choices: tuple[Choice, ...] = ()
    required: bool = False
    hint: str = ""
    example: str = ""
    width: int = 12
    in_template: bool = True


SEXES = (
    Choice("m", N_("male"), ("男", "男性", "man")),
    Choice("f", N_("female"), ("女", "女性", "woman")),
)
STATUSES = (
    Choice(RETIRED, N_("retired cadre"), ("退休", "退休干部", "retired")),
    Choice(LIXIU, N_("lixiu cadre"), ("离休", "离休干部", "lixiu")),
)
TIERS = (
    Choice("A", N_("Tier A"), ("A", "A类", "甲", "甲类", "一类", "身体好", "健康")),
    Choice("B", N_("Tier B"), ("B", "B类", "乙", "乙类", "二类")),
    Choice("C", N_("Tier C"), ("C", "C类", "丙", "丙类", "三类")),
    Choice("D", N_("Tier D"), ("D", "D类", "丁", "丁类", "四类")),
)
FLAG_CHOICES = (
    Choice("lives_alone", N_("lives alone"), ("独居", "独居老人", "living alone", "alone")),
    Choice("empty_nest", N_("empty nest"), ("空巢", "空巢老人")),
    Choice("widowed", N_("widowed"), ("丧偶", "bereaved", "widow", "widower")),
    Choice("disabled", N_("dependent"), ("失能", "半失能", "不能自理", "disabled")),
    Choice("mobility_limited", N_("mobility-limited"), ("行动不便", "limited mobility")),
    Choice("bedridden", N_("bedridden"), ("卧床", "长期卧床")),
    Choice("illness", N_("ill"), ("患病", "慢性病", "illness")),
    Choice("cancer", N_("cancer"), ("癌症", "患癌", "患癌症", "肿瘤")),
    Choice("long_stay_inpatient", N_("long hospital stay"), ("长期住院",)),
    Choice("critical", N_("critically ill"), ("病危", "critical")),
)
CALENDARS = (
    Choice(SOLAR, N_("solar"), ("公历", "阳历", "新历", "阳", "公", "gregorian")),
    Choice(LUNAR, N_("lunar"), ("农历", "阴历", "旧历", "阴", "农")),
)
RESIDENCES = (
    Choice("local", N_("local"), ("本地", "在本县")),
    Choice("relocated", N_("relocated"), ("易地安置", "异地安置", "异地", "易地", "外地")),
)
ROLES = (
    Choice(LIAISON, N_("liaison"), ("联络员", "包联干部", "包联人")),
    Choice(COORDINATOR, N_("coordinator"), ("协调员", "管理员", "administrator")),
    Choice(DUTY, N_("duty officer"), ("值班员", "值班", "服务组", "duty")),
    Choice(LEADER, N_("leader"), ("领导", "分管领导", "局长")),
)
GROUP_CHOICES = (
    Choice("medical", N_("medical group"), ("医疗保健", "医疗保健组", "医疗", "医疗组")),
    Choice("comfort", N_("comfort group"), ("精神慰藉", "精神慰藉组", "慰藉组")),
    Choice("housekeeping", N_("housekeeping group"), ("家政服务", "家政服务组", "家政", "家政组")),
    Choice("legal", N_("legal group"), ("法律维权", "法律维权组", "法律", "法律组")),
    Choice("hardship", N_("hardship aid"), ("特困帮扶", "帮扶组", "帮扶")),
    Choice("entitlement", N_("bureau office"), ("待遇落实", "局办公室", "办公室")),
    Choice("emergency", N_("emergency duty"), ("应急", "应急值班", "紧急", "应急组")),
)
LOCALES = (
    Choice("zh_CN", N_("Chinese"), ("中文", "汉语", "zh")),
    Choice("en", N_("English"), ("英文", "英语")),
)
PAIR_ROLES = (
    Choice("primary", N_("primary"), ("主要", "主", "主责", "联络员")),
    Choice("backup", N_("backup"), ("后备", "备", "后备联络员", "b角")),
)
YES = ("是", "有", "√", "✓", "✔", "y", "yes", "1", "true", "对")
NO = ("否", "无", "没有", "×", "✗", "x", "n", "no", "0", "false", "不是")

_COUNTY = Column(
    "county", N_("County"), ("县", "县区", "区县", "县(市、区)", "所属县"),
    hint=N_("May be left out when the office serves one county."), example=N_("Wanglan County"),
)  # fmt: skip
_TOWN = Column(
    "town", N_("Town"),
    ("镇", "乡镇", "乡", "街道", "镇街", "乡镇街道", "乡(镇)", "镇(街道)", "乡镇(街道)", "镇办",
     "所属乡镇", "所在乡镇", "township", "subdistrict"),
    hint=N_("The name of the town or subdistrict, as on the sheet of units."),
    example=N_("Lanqiao Town"), width=14,
)  # fmt: skip
_VILLAGE = Column(
    "village", N_("Village"),
    ("村", "村社区", "村(社区)", "社区", "村居", "行政村", "所属村", "所在村", "community"),
    hint=N_("The village or community; blank when it is not known."),
    example=N_("Shigou Village"), width=14,
)  # fmt: skip

UNIT_COLUMNS = (_COUNTY, _TOWN, _VILLAGE)

STAFF_COLUMNS = (
    Column(
        "code", N_("Code"), ("编号", "工号", "代码", "人员编号", "staff code", "id"), CODE,
        hint=N_("Leave it blank: the bot gives one. Write \"new\" for a new person who looks like "
                "one already known."),
    ),
    Column(
        "name", N_("Name"), ("姓名", "名字", "名称", "人员姓名", "联络员姓名", "full name"), NAME,
        required=True, example=N_("Zhou Ming"),
    ),
    Column(
        "role", N_("Role"), ("角色", "身份", "职责", "岗位", "职务"), CHOICE, ROLES,
        hint=N_("Blank means liaison."), example=N_("liaison"),
    ),
    _COUNTY,
    Column(
        "town", N_("Town"), (*_TOWN.names, "单位", "所在单位", "unit"), width=14,
        hint=N_("Where the person works; blank means the whole county."),
        example=N_("Lanqiao Town"),
    ),
    _VILLAGE,
    Column(
        "service_group", N_("Service group"), ("服务组", "工作组", "组别", "小组", "group"), CHOICE,
        GROUP_CHOICES, hint=N_("Only for duty officers."), width=16,
    ),
    Column(
        "phone", N_("Phone"), ("电话", "手机", "联系电话", "手机号", "手机号码", "电话号码",
                               "联系方式", "telephone", "mobile"),
        PHONE, example="+86 000 0000 0001", width=20,
    ),
    Column(
        "locale", N_("Language spoken"), ("语言", "language"), CHOICE, LOCALES,
        hint=N_("In which language the bot speaks to this person; blank means the office's own."),
    ),
)  # fmt: skip

ELDER_COLUMNS = (
    Column(
        "code", N_("Code"), ("编号", "代码", "人员编号", "老干部编号", "elder code", "id"), CODE,
        hint=N_("Leave it blank: the bot gives one. Write \"new\" for a new person who looks like "
                "one already known."),
    ),
    Column(
        "name", N_("Name"),
        ("姓名", "名字", "老干部姓名", "老人姓名", "老同志姓名", "full name"), NAME,
        required=True, example=N_("Gao Yongchang"),
    ),
    Column(
        "sex", N_("Sex"), ("性别", "gender"), CHOICE, SEXES, example=N_("male"), width=8,
    ),
    Column(
        "birth", N_("Birth date"),
        ("出生日期", "出生年月日", "出生年月", "生日", "出生", "出生时间", "date of birth", "born",
         "birthday", "birth", "dob"), DATE,
        hint=N_("With a four-digit year: 1941-03-05. "
                "A lunar date is written 农历1941年闰六月初五."),
        example="1941-03-05", width=20,
    ),
    Column(
        "birth_calendar", N_("Calendar"), ("历法", "阴历阳历", "阴阳历", "公历农历", "农历公历",
                                           "阳历阴历", "日期类型"),
        CHOICE, CALENDARS, hint=N_("The calendar of the birth date; blank means solar."),
    ),
    Column(
        "keeps_calendar", N_("Birthday kept"),
        ("过生日", "生日过法", "过生日历法", "生日历法", "过阴历还是阳历生日", "birthday calendar"),
        CHOICE, CALENDARS, width=14,
        hint=N_("Which birthday the family keeps; blank means the calendar of the birth date."),
    ),
    Column(
        "status", N_("Status"), ("身份", "干部类别", "离退休", "离退休类别", "人员性质"), CHOICE,
        STATUSES, hint=N_("Blank means retired cadre."), example=N_("retired cadre"),
    ),
    Column(
        "work_unit", N_("Former work unit"),
        ("原单位", "原工作单位", "工作单位", "单位", "原单位及职务", "退休单位"), width=20,
    ),
    Column(
        "party_member", N_("Party member"), ("党员", "是否党员", "中共党员"), YES_NO,
    ),
    _COUNTY,
    Column(
        "town", N_("Town"), _TOWN.names, required=True, width=14, hint=_TOWN.hint,
        example=N_("Lanqiao Town"),
    ),
    _VILLAGE,
    Column(
        "address", N_("Address"), ("住址", "地址", "家庭住址", "现住址", "详细地址", "居住地址",
                                   "家庭地址", "居住地点", "home address"),
        width=28, example=N_("No. 3 (example)"),
    ),
    Column(
        "phone", N_("Phone"), ("电话", "联系电话", "手机", "手机号", "手机号码", "电话号码",
                               "本人电话", "联系方式", "telephone", "mobile"),
        PHONE, example="+86 000 0000 0002", width=20,
    ),
    Column(
        "contact_name", N_("Contact person"),
        ("联系人", "家属", "家属姓名", "紧急联系人", "家属联系人", "emergency contact", "contact"),
        NAME, hint=N_("Somebody of the family or a neighbour who can be reached."), width=14,
    ),
    Column(
        "contact_phone", N_("Contact's phone"),
        ("联系人电话", "家属电话", "紧急联系人电话", "家属联系电话", "contact phone"),
        PHONE, width=20,
    ),
    Column(
        "residence", N_("Residence"), ("居住地", "安置", "安置方式", "居住情况"), CHOICE,
        RESIDENCES, hint=N_("Blank means local."),
    ),
    Column(
        "primary", N_("Liaison"),
        ("联络员", "联系人员", "包联人", "包联干部", "包联人员", "结对人", "结对人员", "结对干部",
         "帮扶人", "责任人", "包保人", "联络员姓名", "primary liaison", "primary"),
        PEOPLE, width=16, example=N_("Zhou Ming"),
        hint=N_("The name or code from the sheet of staff. Of two people of one name write the "
                "code, or the name with the town: 周明(岚桥镇)."),
    ),
    Column(
        "backup", N_("Backup liaison"),
        ("后备联络员", "备用联络员", "后备", "b角", "替补联络员", "backup"), PEOPLE, width=16,
        hint=N_("Who stands in; several are separated by 、"),
    ),
    Column(
        "tier", N_("Tier"), ("服务类别", "分层", "层级", "等级"), CHOICE, TIERS,
        hint=N_("Blank: worked out from age and flags. A well, B mobility-limited or 80 and over, "
                "C widowed, bedridden or alone, D long in hospital, cancer or critical."),
    ),
    *(
        Column(
            choice.code, choice.label, choice.words, YES_NO,
            hint=N_("yes or no; blank leaves it as it is."),
        )
        for choice in FLAG_CHOICES
    ),
    Column(
        "allergies", N_("Drug allergies"),
        ("药物过敏", "过敏", "过敏史", "药物过敏史", "allergies"), width=16,
    ),
    Column(
        "conditions", N_("Chronic illness"),
        ("常见病史", "慢性病", "慢病", "既往病史", "病史", "健康档案", "chronic conditions"),
        width=20,
        hint=N_("A few words; no diagnosis and no report."),
    ),
    Column(
        "family", N_("Family life"), ("家庭情况", "家庭成员", "家庭生活情况", "子女情况"), width=20,
    ),
    Column("hobbies", N_("Hobbies"), ("爱好", "个人爱好", "兴趣爱好", "特长"), width=16),
    Column(
        "party_branch", N_("Party branch"), ("党支部", "所在党支部", "党组织", "组织关系"),
        width=20,
    ),
    Column("needs", N_("Needs"), ("需求", "现实需求", "困难", "个性化需求"), width=20),
    Column("visit_wish", N_("Wish about visits"), ("走访意愿", "走访要求"), width=16),
    Column(
        "primary_phone", N_("Liaison's phone"),
        ("联络员电话", "包联人电话", "联络员联系电话", "结对人电话", "liaison phone"), PHONE,
        in_template=False,
    ),
    Column(
        "flags", N_("Special circumstances"),
        ("特殊情况", "身体及家庭情况", "特殊类型", "标签", "flags"), WORDS, FLAG_CHOICES,
        in_template=False,
    ),
    Column(
        "category", N_("Category"),
        ("类别", "人员类别", "老干部类别", "分类", "类型", "人员类型"), WORDS,
        (*TIERS, *STATUSES, *FLAG_CHOICES), in_template=False,
    ),
)  # fmt: skip

PAIR_COLUMNS = (
    Column("code", N_("Elder's code"), ("老干部编号", "老人编号", "编号", "elder code"), CODE),
    Column(
        "elder",
        N_("Elder"),
        ("老干部", "老人", "老干部姓名", "老人姓名", "服务对象", "姓名", "elder name"),
        TEXT,
    ),
    _VILLAGE,
    Column(
        "liaison",
        N_("Liaison"),
        ("联络员", "包联人", "包联干部", "结对人", "联络员姓名", "工作人员", "staff"),
        TEXT,
        required=True,
    ),
    Column("pair_role", N_("Role"), ("角色", "主备", "类型"), CHOICE, PAIR_ROLES),
    Column("from_on", N_("Begins on"), ("起", "开始日期", "起始日期", "自", "from date"), DATE),
)

COLUMNS: Mapping[str, tuple[Column, ...]] = {
    ELDERS: ELDER_COLUMNS,
    STAFF: STAFF_COLUMNS,
    UNITS: UNIT_COLUMNS,
    PAIRS: PAIR_COLUMNS,
}
SHEETS: Mapping[str, tuple[str, ...]] = {
    ELDERS: (N_("Elders"), "老干部", "老人", "离退休", "名册", "花名册", "名单"),
    STAFF: (N_("Staff"), "工作人员", "联络员", "人员"),
    UNITS: (N_("Units"), "单位", "机构", "乡镇"),
    PAIRS: (N_("Assignments"), "结对", "包联", "分工"),
}
EXPLANATION = (N_("Explanation"), "说明", "填表说明", "readme", "instructions")
SERIAL = ("序号", "序", "no", "no.", "#", "行号")
ID_NUMBERS = ("身份证", "公民身份号码", "id card", "id number")


def codes(column: Column) -> Mapping[str, str]:
    """Every word the column accepts, squeezed -> the code it stands for."""
    return _codes(column.choices, language())


@cache
def _codes(choices: tuple[Choice, ...], _language: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for choice in choices:
        for word in (choice.code, choice.label, _(choice.label), *choice.words):
            found.setdefault(squeezed(word), choice.code)
    return found


def headings(kind: str) -> Mapping[str, Column]:
    """Every heading that is understood on this kind of sheet, squeezed."""
    return _titles(kind, language())


@cache
def _titles(kind: str, _language: str) -> dict[str, Column]:
    found: dict[str, Column] = {}
    for column in COLUMNS[kind]:
        for name in (column.title, _(column.title), column.field, *column.names):
            found.setdefault(squeezed(name), column)
    return found


def label(code: str) -> str:
    """The English label of a coded answer, to be translated when it is shown."""
    return _LABELS.get(code, code)


_LABELS = {
    choice.code: choice.label
    for column in (*ELDER_COLUMNS, *STAFF_COLUMNS, *PAIR_COLUMNS)
    for choice in column.choices
}


def offered(kind: str) -> list[Column]:
    return [column for column in COLUMNS[kind] if column.in_template]
