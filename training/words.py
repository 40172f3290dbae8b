"""Plain English words for training, and others that only look like English."""

from collections import Counter, defaultdict
from functools import cache
from random import Random

from training import lists
from training.evaluation.spoken import SPOKEN

PLAIN = """about above accept across action active actual adult advice after again age agree ahead air alive allow almost alone along already also
although always among amount ancient angle angry another any anyone anything appear area argue arm army around arrive art aside ask asleep
attack aunt autumn available average avoid awake award away awful baby back bad badly bake balance band bank bare bark barn base basic bath bay
be bean bear beat beautiful become bed before begin behind believe bell below belt bend beneath beside best better between beyond big bird birth bit
bite bitter blind blood blow boat body bold bone book boot border bore born both bottom bowl boy brain brave break breath breathe brick bridge brief bright
bring broad broken brother brush build building bunch burn burst business busy but butterfly buy cake calm camp cap captain care careful carry catch cause cave
center central certain chain chance chapter cheap check cheerful cheese chest chief child children chin church circle claim class clean clear clever
cliff close cloth clothes coal coast cold common complain corn corner cost cotton cough could count couple courage cousin cow crack crash crazy cream
creature crime crop crowd cruel cry culture curious curve custom cut daily damage dance danger dangerous dare dark date daughter dawn day dead deaf dear
death debt decade deep degree delay depend depth desert despite detail devil diamond dice die difference different difficult dig dinner direct dirt dirty
dish distance dive do doubt down dozen drag drop dry dull dumb during dust duty each ear early earth easily east easy edge education effect effort eight either
eleven else empty end enemy energy enjoy enough equal even event ever every evil exact example excellent except excited expect expensive expert explain
extra extreme eye face fact fade fail faint fair fairy fall false fame familiar family famous fancy far fast fat father fault favor fear fellow
female few fifteen fifty fight figure fill final find finger first fit five fix flame flat flesh float flood flow fold folk food fool foot forever
forget forgive forty forward found four fox free fresh friend friendly from front frown fruit full fun funny fur further future gain gas gentle
gentleman ghost giant girl give glad glass glory go goat god gold good goose grand grandmother grass grave great greedy ground grow half hall hand handle
happen happy harbor hard hardly harm hate have he head health hear heart heaven heavy height hello help hen here hero herself hidden high hill himself
history hit hold hole holiday hollow holy home honest hope horn horrible hot hour however huge human humble hundred hungry hurry hurt husband
ice idea idle if ill important impossible inch indeed inside instead interest into itself jaw jealous jelly joke joy juice jump jungle just keen keep
kind kiss knee kneel knight knock know knowledge lady lake lamb lane language large last late laugh law lay lazy lead leaf lean learn least leather leave left
leg lend less lie life lift light like limb lip liquid listen little live lonely long look loose lord lose lost loud love lovely luck lucky lung mad magic
maid main make male man many march mass master matter may maybe mean meat meet member memory men merry metal method middle midnight might mile
mind mine minor miss mist mistake modern moment money monster month mood moral more most mother mouth move much mud murder muscle music must mystery
naked narrow nasty nation native natural nature near nearly neat neck need neighbor neither nerve nest never new next nice nine ninety nobody noise none noon nor
normal north nose nothing notice now nowhere oak object obvious odd off often oil old once one only open or ordinary other ought our out outside
over owl own ox pain pair palace pale palm pardon parent part party pass past path patch pattern peace people perfect perhaps period person pet
photograph physical piece pig pile pill pine pink pipe pity plain plan planet plant play pleasant please plenty pocket poet poison pole polite poor popular
port possible power powerful prefer pretty price pride priest prince princess prison private prize probably problem proper proud public pull pure push put
queer quick quickly quiet quite rabbit rage rare rather raw reach read ready real reason red remain repeat rest rich ride right ripe rise risk rock
rod roll rough round royal rude ruin run rush rusty sad safe sail salt same sand save say scale scared scene science sea season seat second secret see
seem seldom self sell send sense serious servant seven several severe shade shadow shallow shame shape share sharp shell shelter shine shiny shock shore
short should shoulder shout show shy sick side sight silence silent silk silly silver similar simple since sing single sink sister sit six size
skill skin sky sleep sleepy slight slim slip slope slow slowly small smart smell smile smoke smooth snake soap social soft soil soldier solid some someone
something sometimes son soon sore sorrow sorry sort soul sound sour south space spare speak special speech speed spell spend spider spirit splendid spoil
sport spot spread square stairs stand start steady steal steam steel steep stem step stick stiff still sting stomach stop storm strange stranger
straw stream strength strict strike string strong stupid such sudden suddenly suffer sum sunny sunshine sure surface surprise swallow sweet swim sword
tail take tale talk tall tame tea teach tear teeth tell ten term terrible than that their them then there these they thick thief thin thing think third
thirsty thirty this those though thought thousand three throat through throw thumb thunder thus tide tight time tin tiny tired title today together tomorrow
tongue tonight too tooth top torn total tough toward towel town treasure treat trouble true truly trust truth try turn twelve twenty twice twin two ugly
uncle under understand until up upon upper upset upward useful useless usual valley value various vast very victory view violent visible voice voyage wait wake
walk wall wander want war warm wash waste watch water wave wax way we weak wealth weapon wear weather week weep weight welcome well west wet what wheat when
where which while whip whole whose why wicked wide widow wife wild wing wire wisdom wise wish witch with within without woman wonder wonderful wood wooden wool
work worker world worm worry worse worst worth wound wrong yard year yell yes yesterday yet young youth zebra zero zone""".split()
LONGEST = 11


def look_alike(random: Random) -> str:
    """Letters that follow each other as they do in words."""
    chain = _chain()
    while True:
        word = "^^"
        while not word.endswith("$"):
            following = chain[word[-2:]]
            word += random.choices(list(following), list(following.values()))[0]
        if 4 <= len(word) - 3 <= LONGEST and word[2:-1] not in SPOKEN:
            return word[2:-1]


@cache
def _chain() -> dict[str, Counter[str]]:
    """Which letters follow two, and how often."""
    known = (*PLAIN, *lists.NOUNS, *lists.ADJECTIVES, *lists.VERBS, *lists.DEEDS, *lists.OBJECTS, *lists.DEFINING, *lists.ANIMALS)
    chain: dict[str, Counter[str]] = defaultdict(Counter)
    for word in known:
        if word.isalpha() and word.islower():
            spelled = f"^^{word}$"
            for place in range(2, len(spelled)):
                chain[spelled[place - 2 : place]][spelled[place]] += 1
    return chain
