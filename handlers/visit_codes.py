"""The five observations of 一进两看三查 [S3]: codes, labels, what each answer raises and asks."""

from handlers.concern_words import Code, Detail, Observation
from locales import mark as N_
from models.visit import (
    CONCERN,
    ELSEWHERE,
    EMERGENCY,
    GOOD,
    IN_HOSPITAL,
    NO_CHILDREN,
    NOT_OBSERVED,
    SERIOUS,
    WATCH,
)

CALL_120_110 = N_("☎️ Call 120 or 110 first! Do not leave the person alone.")
CALL_120 = N_("☎️ Call 120 first! Stay with the person.")
CALL_119 = N_("☎️ Everyone out, windows open, then call 119 or 120!")
CALL_110_DOOR = N_("☎️ Call the village cadre and 110 to open the door; 120 if somebody is hurt!")
CALL_110 = N_("☎️ If there is danger now, call 110 first!")
UNSEEN = Code("9", NOT_OBSERVED, N_("Not seen"))

SPIRIT = Observation(
    "spirit",
    N_("Spirit"),
    N_("How is the elder's spirit today?"),
    N_("Spirit"),
    (
        Code("0", GOOD, N_("😀 Bright, talkative")),
        Code("1", WATCH, N_("😐 Quieter")),
        Code(
            "2",
            CONCERN,
            N_("😟 Low, lonely"),
            (("low_mood", 3),),
            N_("How does it show? Has something happened at home?"),
            (
                Detail("listless", N_("No interest in things")),
                Detail("sad", N_("Sad most days")),
                Detail("sleepless", N_("Sleeps badly")),
                Detail("lonely", N_("Misses company"), "loneliness"),
                Detail("family", N_("Trouble at home")),
            ),
        ),
        Code(
            "3",
            SERIOUS,
            N_("😵 Newly confused"),
            (("confusion", 2),),
            N_("Did it come suddenly? Fever, a fall, new medicine?"),
            (
                Detail("sudden", N_("Sudden, today")),
                Detail("gradual", N_("Bit by bit")),
                Detail("fever", N_("With fever")),
                Detail("fall", N_("After a fall")),
                Detail("medicine", N_("New medicine")),
            ),
        ),
        Code(
            "4",
            EMERGENCY,
            N_("🆘 Speaks of dying"),
            (("suicide_risk", 1), ("low_mood", 1)),
            N_("Is someone with the person now?"),
            (
                Detail("family", N_("Family is there")),
                Detail("me", N_("Only me")),
                Detail("nobody", N_("Nobody")),
            ),
            CALL_120_110,
        ),
        UNSEEN,
    ),
)

HEALTH = Observation(
    "health",
    N_("Health"),
    N_("How is the elder's health?"),
    N_("Health"),
    (
        Code("0", GOOD, N_("💪 Stable")),
        Code("1", WATCH, N_("🤧 Minor ailment")),
        Code(
            "2",
            CONCERN,
            N_("🤒 Worse, or a fall"),
            (("medical_chronic", 3),),
            N_("What is wrong, and since when?"),
            (
                Detail("worse", N_("Old illness worse")),
                Detail("new", N_("New complaint")),
                Detail("fall", N_("Fell, not hurt"), "fall"),
                Detail("injured", N_("Fell and hurt"), "fall", 2),
                Detail("medicine", N_("Medicine runs out"), "medication"),
            ),
        ),
        Code(
            "3",
            SERIOUS,
            N_("🚑 Needs a doctor"),
            (("medical_acute", 2),),
            N_("Who can go along to the hospital?"),
            (
                Detail("child", N_("A child can")),
                Detail("spouse", N_("The spouse can")),
                Detail("nobody", N_("Nobody can")),
                Detail("fast_track", N_("Fast-track wanted")),
            ),
        ),
        Code(
            "4",
            EMERGENCY,
            N_("🆘 Life in danger"),
            (("life_danger", 1),),
            N_("Has 120 been called? Who is there?"),
            (
                Detail("called", N_("120 was called")),
                Detail("not_called", N_("Not yet called")),
                Detail("family", N_("Family is there")),
            ),
            CALL_120,
        ),
        Code(
            "H",
            IN_HOSPITAL,
            N_("🏥 In hospital"),
            (),
            N_("Which hospital and ward? (may be written)"),
            (
                Detail("county_hospital", N_("County hospital")),
                Detail("city_hospital", N_("City hospital")),
                Detail("unknown", N_("Not known")),
            ),
        ),
        UNSEEN,
    ),
)

FAMILY_CARE = Observation(
    "family_care",
    N_("Family"),
    N_("How do the children care? (ask out of their hearing)"),
    N_("Family"),
    (
        Code("0", GOOD, N_("❤️ Attentive")),
        Code("1", WATCH, N_("👌 Adequate")),
        Code(
            "2",
            CONCERN,
            N_("🧊 Distant"),
            (("loneliness", 4),),
            N_("How often do they come or call?"),
            (
                Detail("weekly", N_("About weekly")),
                Detail("monthly", N_("About monthly")),
                Detail("half_year", N_("Twice a year")),
                Detail("never", N_("Hardly ever")),
            ),
        ),
        Code(
            "3",
            SERIOUS,
            N_("💢 Neglect, quarrels"),
            (("neglect", 3), ("loneliness", 3)),
            N_("What does the elder want to be done?"),
            (
                Detail("quiet", N_("Keep it quiet")),
                Detail("mediate", N_("Mediation")),
                Detail("office", N_("Office to step in")),
                Detail("unsaid", N_("Did not say")),
            ),
        ),
        Code(
            "4",
            EMERGENCY,
            N_("⚠️ Suspected abuse"),
            (("abuse", 2),),
            N_("Is the elder safe now? Agrees to a report?"),
            (
                Detail("safe", N_("Safe for now")),
                Detail("hurt", N_("There are injuries")),
                Detail("danger", N_("In danger now"), "", 1),
                Detail("unwilling", N_("Wants no report")),
            ),
            CALL_110,
        ),
        Code(
            "N",
            NO_CHILDREN,
            N_("🏠 None, or far away"),
            (),
            N_("Who can come in an emergency?"),
            (
                Detail("neighbour", N_("A neighbour")),
                Detail("village_cadre", N_("Village cadre")),
                Detail("relative", N_("A relative")),
                Detail("nobody", N_("Nobody")),
            ),
        ),
        UNSEEN,
    ),
)

LODGING = Observation(
    "lodging",
    N_("Lodging"),
    N_("How is the home? (fire, gas, electricity, floor, damp)"),
    N_("Lodging"),
    (
        Code("0", GOOD, N_("🏡 Tidy and safe")),
        Code(
            "1",
            WATCH,
            N_("🔧 Small repair"),
            (("repair", 4),),
            N_("What needs mending?"),
            (
                Detail("water", N_("Tap or pipe")),
                Detail("light", N_("Light, socket")),
                Detail("door", N_("Door, window")),
                Detail("cleaning", N_("Cleaning")),
            ),
        ),
        Code(
            "2",
            CONCERN,
            N_("⚠️ A hazard"),
            (("repair", 3),),
            N_("Where is the hazard? Can something be done today?"),
            (
                Detail("leak", N_("Leaking roof")),
                Detail("wiring", N_("Old wiring"), "fire_risk"),
                Detail("slippery", N_("Slippery floor")),
                Detail("cold", N_("No heating"), "heating_cooling"),
                Detail("hot", N_("No cooling"), "heating_cooling"),
                Detail("gas", N_("Gas or stove"), "fire_risk"),
            ),
            warned=2,
        ),
        Code(
            "3",
            SERIOUS,
            N_("🏚 Not fit to live in"),
            (("repair", 2), ("hardship", 2)),
            N_("Where will the elder sleep tonight?"),
            (
                Detail("child", N_("At a child's home")),
                Detail("neighbour", N_("At a neighbour's")),
                Detail("there", N_("Still there")),
                Detail("nowhere", N_("Nowhere yet")),
            ),
        ),
        Code(
            "4",
            EMERGENCY,
            N_("🆘 Immediate danger"),
            (("fire_gas_co", 1),),
            N_("Is everyone out and safe?"),
            (
                Detail("out", N_("Everyone is out")),
                Detail("inside", N_("Someone is inside")),
                Detail("no_line", N_("Cannot get through")),
            ),
            CALL_119,
        ),
        Code(
            "F",
            ELSEWHERE,
            N_("🏢 Lives elsewhere"),
            (),
            N_("Where does the elder live now?"),
            (
                Detail("childs_home", N_("Child's home")),
                Detail("care_home", N_("Care home")),
                Detail("hospital", N_("Hospital")),
            ),
        ),
        UNSEEN,
    ),
)

MEALS = Observation(
    "meals",
    N_("Meals"),
    N_("How does the elder eat?"),
    N_("Meals"),
    (
        Code("0", GOOD, N_("🍚 Regular meals")),
        Code("1", WATCH, N_("🥢 Plain, irregular")),
        Code(
            "2",
            CONCERN,
            N_("🥣 Poor appetite"),
            (("nutrition", 3),),
            N_("Lost weight in three months? Teeth, swallowing?"),
            (
                Detail("thinner", N_("Has lost weight")),
                Detail("same", N_("Weight the same")),
                Detail("teeth", N_("Bad teeth")),
                Detail("swallowing", N_("Hard to swallow")),
            ),
        ),
        Code(
            "3",
            SERIOUS,
            N_("🚫 Nobody cooks"),
            (("meals_delivery", 2), ("hardship", 2)),
            N_("Is there food in the house today?"),
            (
                Detail("today", N_("Enough for today")),
                Detail("none", N_("None left")),
                Detail("delivery", N_("Delivery possible")),
            ),
        ),
        Code(
            "4",
            EMERGENCY,
            N_("🆘 Not eaten a day"),
            (("life_danger", 1),),
            N_("Does the elder drink? Is the elder awake?"),
            (
                Detail("drinks", N_("Awake and drinks"), "nutrition", 2),
                Detail("no_drink", N_("Cannot drink")),
                Detail("not_awake", N_("Cannot be woken")),
            ),
            CALL_120,
        ),
        UNSEEN,
    ),
)

OBSERVED = (SPIRIT, HEALTH, FAMILY_CARE, LODGING, MEALS)
BY_NAME = {observation.name: observation for observation in OBSERVED}
