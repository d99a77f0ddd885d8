"""The words of cases: categories with their group and usual severity, states, what may be done."""

import re
from dataclasses import dataclass
from functools import cache

from locales import gettext as _
from locales import mark as N_
from models.case import (
    ACKNOWLEDGED,
    CLOSED,
    IN_PROGRESS,
    OPEN,
    RESOLVED,
    RETURNED,
    WITHDRAWN,
)
from models.weather import COLD, HEAT


@dataclass(frozen=True)
class Category:
    """`also` is a second group that is told and may act. `words` are what a free sentence may
    name it by; `restricted` is read by the legal group and the coordinator only."""

    code: str
    label: str
    group: str
    severity: int
    words: tuple[str, ...] = ()
    also: str = ""
    restricted: bool = False

    def is_named_in(self, text: str) -> bool:
        return bool(_pattern((*self.words, *ENGLISH[self.code])).search(text))


@cache
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Chinese stands anywhere; English words are whole ones, in whatever case."""
    either = (rf"\b{re.escape(word)}\b" if word.isascii() else re.escape(word) for word in words)
    return re.compile("|".join(either), re.IGNORECASE)


CATEGORIES: dict[str, Category] = {
    one.code: one
    for one in (
        Category("medical_acute", N_("Needs a doctor"), "medical", 2,
                 ("发烧", "发热", "急病", "拉肚子", "呕吐", "头晕")),
        Category("medical_chronic", N_("Illness worse"), "medical", 3,
                 ("血压", "血糖", "旧病", "加重", "腰疼", "腿疼")),
        Category("medication", N_("Medicine"), "medical", 3, ("药吃完", "没药", "断药", "买药")),
        Category("fall", N_("A fall"), "medical", 2, ("摔", "跌倒")),
        Category("nutrition", N_("Poor appetite"), "medical", 3, ("吃不下", "变瘦", "胃口")),
        Category("confusion", N_("Confused"), "medical", 2, ("糊涂", "不认人", "认不清")),
        Category("checkup_followup", N_("Check-up result"), "medical", 3, ("体检", "复查")),
        Category("discharge", N_("After hospital"), "medical", 3, ("出院",)),
        Category("loneliness", N_("Lonely"), "comfort", 4, ("孤单", "孤独", "没人说话")),
        Category("low_mood", N_("Low spirits"), "comfort", 3, ("情绪低", "闷闷不乐", "睡不着")),
        Category("bereavement", N_("Bereavement"), "comfort", 3, ("丧偶", "老伴走了")),
        Category("family_event", N_("Family event"), "comfort", 3,
                 ("家里出事", "家中变故", "家里办丧事", "家庭变故")),
        Category("carer_lost", N_("Carer lost"), "comfort", 3,
                 ("没人照顾了", "保姆走了", "保姆不干", "陪护走了", "护工走了", "没人照料了")),
        Category("remarriage", N_("Remarriage"), "comfort", 4, ("再婚", "找了老伴", "找老伴")),
        Category("repair", N_("Repair"), "housekeeping", 4,
                 ("漏雨", "漏水", "水龙头", "修", "门坏", "窗", "堵了")),
        Category("utilities", N_("Water, power"), "housekeeping", 3,
                 ("停水", "停电", "断电", "没水")),
        Category("fire_risk", N_("Fire risk"), "housekeeping", 3, ("线路", "电线", "插座")),
        Category("heating_cooling", N_("Heat or cold"), "housekeeping", 3,
                 ("没暖气", "太冷", "空调", "取暖")),
        Category("cleaning", N_("Cleaning"), "housekeeping", 4, ("打扫", "卫生", "垃圾")),
        Category("transport", N_("Transport"), "housekeeping", 4, ("用车", "接送")),
        Category("meals_delivery", N_("Meals"), "housekeeping", 2,
                 ("没人做饭", "没饭", "断粮", "送餐")),
        Category("neglect", N_("Neglect"), "legal", 3, ("没人管", "不管老人")),
        Category("abuse", N_("Suspected abuse"), "legal", 2, ("虐待", "打老人", "挨打"),
                 restricted=True),
        Category("exploitation", N_("Money taken"), "legal", 2,
                 ("养老金卡", "工资卡", "存折", "侵占"), restricted=True),
        Category("family_dispute", N_("Family dispute"), "legal", 3, ("吵架", "纠纷")),
        Category("property_will", N_("Property, will"), "legal", 4, ("遗嘱", "房产", "过户")),
        Category("fraud", N_("Fraud"), "legal", 2, ("被骗", "诈骗", "骗子")),
        Category("hardship", N_("Hardship"), "hardship", 3, ("困难", "没钱", "救助")),
        Category("reimbursement", N_("Reimbursement"), "entitlement", 4, ("报销", "医药费")),
        Category("allowance", N_("Allowance"), "entitlement", 4, ("护理费", "补贴", "津贴")),
        Category("pension", N_("Pension"), "entitlement", 4, ("养老金", "退休金", "工资")),
        Category("policy_question", N_("Policy question"), "entitlement", 4, ("政策", "咨询")),
        Category("life_danger", N_("Life in danger"), "emergency", 1,
                 ("昏迷", "晕倒", "晕过去", "叫不醒", "没呼吸", "没气了", "不省人事", "喘不上气",
                  "喘不过气", "胸痛", "胸口疼", "心梗", "中风", "偏瘫", "大出血", "吐血",
                  "爬不起来", "动弹不得", "快不行了", "人不行了", "触电", "救命"), "medical"),
        Category("suicide_risk", N_("Speaks of dying"), "emergency", 1,
                 ("轻生", "自杀", "不想活", "寻短见", "想不开", "活着没意思", "活着没意义",
                  "活着没劲", "活够了", "死了算了", "不如死", "想死"), "comfort"),
        Category("no_contact", N_("Cannot be reached"), "emergency", 2,
                 ("联系不上", "敲门不应", "没人应门")),
        Category("missing", N_("Missing"), "emergency", 1,
                 ("走失", "走丢", "失踪", "不见了", "找不到人", "找不着人")),
        Category("fire_gas_co", N_("Fire or gas"), "emergency", 1,
                 ("煤气", "燃气", "一氧化碳", "着火", "起火", "失火", "火灾", "冒烟", "塌"),
                 "housekeeping"),
    )
}  # fmt: skip
ENGLISH = {  # beside the Chinese words
    "medical_acute": ("fever", "vomiting", "dizzy"),
    "medical_chronic": ("blood pressure", "blood sugar", "back pain"),
    "medication": ("no medicine", "out of medicine", "out of pills"),
    "fall": ("fell", "fallen", "a fall"),
    "nutrition": ("not eating", "poor appetite", "losing weight"),
    "confusion": ("confused",),
    "checkup_followup": ("check-up", "checkup"),
    "discharge": ("discharged", "out of hospital"),
    "loneliness": ("lonely", "loneliness"),
    "low_mood": ("low spirits", "depressed", "cannot sleep"),
    "bereavement": ("widowed", "bereaved"),
    "repair": ("leaks", "leaking", "leak", "dripping", "repair", "broken"),
    "utilities": ("no water", "no power", "power cut"),
    "fire_risk": ("wiring", "old wires"),
    "heating_cooling": ("no heating", "too cold", "too hot"),
    "cleaning": ("cleaning", "rubbish"),
    "transport": ("a ride", "transport"),
    "meals_delivery": ("no food", "nobody cooks"),
    "neglect": ("neglected", "nobody cares"),
    "abuse": ("abuse", "abused", "beaten", "hits her", "hits him"),
    "exploitation": ("pension card", "takes the money", "took the money"),
    "family_dispute": ("quarrel", "family dispute"),
    "property_will": ("last will", "testament"),
    "fraud": ("fraud", "swindled", "scammed", "scam"),
    "hardship": ("hardship", "no money"),
    "reimbursement": ("reimbursement", "medical bill"),
    "allowance": ("allowance",),
    "pension": ("pension",),
    "policy_question": ("policy",),
    "life_danger": ("unconscious", "not breathing", "collapsed", "chest pain", "stroke",
                    "bleeding"),
    "suicide_risk": ("suicide", "kill herself", "kill himself", "wants to die"),
    "no_contact": ("cannot be reached", "nobody answers the door"),
    "missing": ("gone missing", "is missing", "wandered off"),
    "fire_gas_co": ("coal gas", "smell of gas", "smell gas", "smells gas", "smells of gas",
                    "gas leak", "leaking gas", "carbon monoxide", "on fire", "a fire"),
    "carer_lost": ("carer has left", "carer left", "lost the carer", "nobody to care for"),
    "remarriage": ("remarried", "getting married again"),
    "family_event": ("a death in the family", "wedding"),
}  # fmt: skip
GROUP_OF = {code: one.group for code, one in CATEGORIES.items()}
HAZARDS = ("utilities", "fire_risk", "heating_cooling")  # of the home, beside what is broken
WARNED_OF = {
    HEAT: N_("🌡 Heat warning in force: a hazard in the home is urgent."),
    COLD: N_("❄️ Cold warning in force: a hazard in the home is urgent."),
}

STATES = {
    OPEN: N_("Waiting"),
    ACKNOWLEDGED: N_("Acknowledged"),
    IN_PROGRESS: N_("In progress"),
    RETURNED: N_("Returned"),
    RESOLVED: N_("Resolved"),
    CLOSED: N_("Closed"),
    WITHDRAWN: N_("Withdrawn"),
}
MARKS = {1: "🆘", 2: "⚠️", 3: "⚠️", 4: "▫️"}
BUTTONS = {  # what the moves are called on a button, in this order
    "reached": N_("🟢 Reached…"),
    "ack": N_("Acknowledge"),
    "work": N_("In progress"),
    "resolve": N_("Resolved…"),
    "close": N_("🟢 Solved: close"),
    "reopen": N_("Not solved"),
    "reopen no_contact": N_("Still not reached"),
    "refer": N_("Refer…"),
    "return": N_("Return…"),
    "note": N_("Note…"),
    "date": N_("Next date…"),
    "raise": N_("How urgent…"),
    "wish": N_("Elder's wish…"),
    "withdraw": N_("Withdraw…"),
}
DONE = {  # what somebody did, in the story of a case: who stands before it
    "opened": N_("reported it"),
    "mentioned": N_("mentioned it again"),
    "escalated": N_("reminded"),
    "told_nobody": N_("reached nobody"),
    "ack": N_("acknowledged it"),
    "work": N_("began to work on it"),
    "resolve": N_("resolved it"),
    "close": N_("closed it"),
    "reopen": N_("reopened it"),
    "refer": N_("referred it"),
    "return": N_("returned it"),
    "note": N_("noted"),
    "room": N_("about the relief room"),
    "fast": N_("about the fast-track"),
    "date": N_("set the next date"),
    "raise": N_("changed the urgency"),
    "withdraw": N_("withdrew it"),
    "retract": N_("withdrew it"),
    "unretract": N_("took back the withdrawal"),
    "reached": N_("reached the elder"),
    "unreached": N_("took back that the elder was reached"),
    "unclose": N_("took back the closing"),
    "unreopen": N_("took back the reopening"),
    "wish": N_("wrote down the elder's wish"),
    "moved": N_("moved it to the right person"),
}


def button_name(action: str, category: str) -> str:
    """What a move is called on the button of a case of this category."""
    return _(BUTTONS.get(f"{action} {category}", BUTTONS[action]))


def category_name(code: str) -> str:
    one = CATEGORIES.get(code)
    return _(one.label) if one else code
