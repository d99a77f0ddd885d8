"""The words a question may be made of, as data: what is meant, and how people write it."""

from locales import mark as N_
from models.due import DUE, NOT_YET, OVERDUE, SATISFIED, SUSPENDED
from models.progress import ALL, NOT_MET, TO_GO

STATE_MARKS = {OVERDUE: "🔴", DUE: "🟡", NOT_YET: "▫️", SATISFIED: "🟢", SUSPENDED: "⏸"}
LIST_NAMES = {
    ALL: N_("Everybody"),
    TO_GO: N_("Still to visit"),
    OVERDUE: N_("Overdue"),
    DUE: N_("Due now"),
    SATISFIED: N_("Visited"),
    SUSPENDED: N_("Suspended"),
    NOT_MET: N_("Not met"),
}
WHICH = {
    ALL: ("名单", "都有谁", "有哪些人", "everybody"),
    TO_GO: ("还差谁", "差谁", "还差", "还没去", "没去过", "没去", "没走访", "没有去", "未走访",
            "未访", "没访", "没看", "谁没去", "没完成", "still to visit", "not visited",
            "who is left", "left"),
    OVERDUE: ("逾期", "超期", "过期", "拖期", "overdue"),
    DUE: ("到期", "该去", "该走访", "due now"),
    SATISFIED: ("已访", "已走访", "去过", "去了", "走访过", "完成了", "visited"),
    SUSPENDED: ("停访", "暂停", "暂停走访", "suspended"),
    NOT_MET: ("没见到", "没见着", "未遇", "敲不开", "没人应", "not met"),
}  # fmt: skip
STATUS, CASES, REPORT, HISTORY, PHONE, WHY, PICTURE = (
    "status", "cases", "report", "history", "phone", "why", "picture",
)  # fmt: skip
TOPICS = {
    STATUS: ("情况", "进度", "怎么样", "完成情况", "走访情况", "how is", "status"),
    CASES: ("未办结", "没办结", "没办完", "个案", "问题", "open cases", "cases"),
    REPORT: ("报表", "月报", "报告", "统计表", "report"),
    HISTORY: ("最近", "近况", "近来", "历史", "记录", "recent", "lately"),
    PHONE: ("电话", "手机", "联系方式", "phone"),
    WHY: ("为什么", "为啥", "why"),
    PICTURE: ("图", "图表", "日历", "picture"),
}
TOPIC_NAMES = {
    STATUS: N_("how it stands"),
    CASES: N_("open cases"),
    REPORT: N_("report"),
    HISTORY: N_("lately"),
    PHONE: N_("telephone"),
    WHY: N_("why"),
    PICTURE: N_("pictures"),
}
THIS, PAST = "this", "past"
WINDOWS = {
    THIS: ("这半月", "本半月", "本期", "这期", "这一期", "这次", "现在", "目前", "this window"),
    PAST: ("上半期", "上期", "上一期", "上次", "前半月", "上个半月", "last window"),
}
WINDOW_NAMES = {THIS: N_("this window"), PAST: N_("window before")}
LAST_MONTH = ("上月", "上个月", "last month")
THIS_MONTH = ("本月", "这个月", "这月", "当月", "this month")
FILLERS = ("的", "谁", "哪些", "哪几个", "哪个", "有", "还有", "还", "吗", "呢", "呀", "啊", "一下",
           "看看", "看下", "请", "请问", "帮我", "给我", "多少", "几个", "几位", "人", "老人",
           "老干部", "是", "of", "the", "in", "who")  # fmt: skip
STAFF_BEFORE = ("小", "老", "阿")
STAFF_BEHIND = ("姐", "哥", "师傅", "同志", "老师")
PLACE_ENDS = ("镇", "乡", "街道", "村", "社区", "县", "办")
