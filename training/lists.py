"""Word lists for training. The evaluation has its own lists and shares no filler with these."""

NAMES = """Alice Bob Carol David Emma Frank Grace Henry Isabel Jack Karen Liam Maria Nathan Olivia Paul Quinn Rachel
Samuel Tina Uma Victor Wendy Xavier Yara Zoe Adam Bella Carlos Diana Ethan Fiona George Hannah Ivan Julia Kevin Laura
Martin Nina Oscar Petra Robert Sarah Thomas Ursula Vera Walter Anna Ben Clara Daniel Eva Felix Greta Hugo Ines James
Kate Leo Mia Noah Otto Pia Ralf Sofia Tom Ulla Vince Will Amir Bao Chen Deepa Elif Farid Gita Hiro Indira Jamal Kofi
Lena Mei Nadia Omar Priya Rosa Sven Tariq Yuki Zara Aisha Boris Celia Dmitri Esther Flora Gloria Helga Igor Jonas Kim
Lucas Mark Nora Peter Simon Steve Susan Tim Andrew Charlie Max Sam Jane John Mary Michael Linda Jessica Ashley Emily
Sophie Lucy Ella Chloe Oliver Harry Arthur Theo Ravi Anil Sunita Fatima Hassan Ibrahim Layla Pedro Luis Ana Marta
Pablo Diego Elena Giulia Marco Luca Paolo Pierre Claire Amelie Louis Hans Fritz Karl Heidi Ingrid Lars Astrid""".split()

CITIES = """Paris London Berlin Madrid Rome Vienna Lisbon Dublin Oslo Prague Warsaw Athens Cairo Nairobi Lagos Tokyo Osaka
Beijing Shanghai Seoul Delhi Mumbai Bangkok Hanoi Manila Jakarta Sydney Melbourne Auckland Toronto Montreal Vancouver
Chicago Boston Seattle Denver Austin Houston Dallas Miami Atlanta Phoenix Portland Lima Bogota Quito Santiago Havana
Hamburg Munich Cologne Frankfurt Stuttgart Zurich Geneva Basel Milan Turin Naples Venice Florence Lyon Nice Bordeaux
Barcelona Seville Valencia Porto Brussels Antwerp Amsterdam Rotterdam Utrecht Copenhagen Stockholm Helsinki Riga
Budapest Bucharest Sofia Belgrade Zagreb Kiev Moscow Istanbul Ankara Tehran Baghdad Dubai Riyadh Doha Karachi Lahore
Dhaka Singapore Perth Brisbane Glasgow Edinburgh Cardiff Belfast Leeds Bristol Oxford Cambridge Liverpool Manchester
San_Francisco New_York Los_Angeles Las_Vegas Mexico_City Buenos_Aires Rio_de_Janeiro Cape_Town New_Delhi Hong_Kong
Kuala_Lumpur Tel_Aviv San_Diego Salt_Lake_City New_Orleans St_Petersburg Saint_Louis San_Jose El_Paso Abu_Dhabi""".split()
CITIES = [city.replace("_", " ") for city in CITIES]

COUNTRIES = """France Germany Spain Italy Portugal Ireland Norway Sweden Denmark Finland Poland Austria Hungary Greece
Turkey Egypt Kenya Nigeria Japan China Korea India Thailand Vietnam Indonesia Australia Canada Mexico Brazil Argentina
Chile Peru Colombia Cuba Belgium Russia Iran Iraq Morocco Ghana""".split()

COLOURS = """red blue green yellow orange purple pink brown black white grey gray violet turquoise silver gold beige crimson
teal navy maroon cyan magenta lime""".split()

ANIMALS = """cat dog horse cow pig sheep goat chicken duck rabbit mouse lion tiger bear wolf fox deer elephant giraffe
monkey snake turtle frog fish shark whale dolphin eagle owl parrot penguin hamster squirrel camel zebra""".split()

FOODS = """pizza pasta bread cheese rice soup salad sushi cake chocolate apples bananas oranges tacos burgers noodles
pancakes eggs beans potatoes tomatoes carrots mushrooms ice_cream cookies yogurt honey curry chips waffles""".split()
FOODS = [food.replace("_", " ") for food in FOODS]

NOUNS = """table chair lamp window door house garden river mountain forest ocean island bridge road train car bicycle boat
plane engine wheel hammer nail rope bucket basket bottle cup plate spoon knife fork pencil paper book letter word story
song picture camera clock watch phone computer keyboard screen robot rocket star moon sun cloud rain snow wind storm
fire water stone sand tree leaf flower grass seed root apple pear peach plum grape lemon cherry berry nut milk butter
sugar salt pepper coffee tea juice wine bread shirt shoe hat coat glove scarf sock ring coin key lock box bag ticket
map flag drum piano guitar violin trumpet ball game team school teacher student doctor nurse farmer baker pilot sailor
king queen castle tower market shop street village city country world morning evening night summer winter spring
autumn friend family brother sister mother father child baby neighbor answer question number test idea dream
secret problem language music color shape line circle square triangle corner edge middle end""".split()

ADJECTIVES = """big small old new young long short tall fast slow hot cold warm cool dry wet happy sad angry calm brave shy
quiet loud bright dark soft hard heavy light rich poor clean dirty empty full early late easy strange simple famous
friendly gentle golden green blue red wooden silver tiny huge round flat sharp smooth sweet bitter fresh lazy clever
kind strong weak wise funny serious busy free lost""".split()

VERBS = """walk run jump swim fly sing dance read write draw paint cook eat drink sleep wake work play build break open
close push pull throw catch carry drop find lose buy sell give take send bring call ask answer tell speak listen look
watch wait start stop learn teach help love like want need think know remember forget hope wish travel visit climb
plant grow wash clean fix paint count""".split()

JOBS = """teacher doctor nurse engineer baker pilot farmer lawyer writer painter singer dancer cook waiter driver
programmer designer student carpenter plumber electrician dentist scientist librarian musician mechanic""".split()

HOBBIES = """reading swimming painting chess cooking hiking cycling gardening fishing dancing singing photography
running football tennis basketball knitting skiing drawing yoga climbing sailing""".split()

MONTHS = """January February March April May June July August September October November December""".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()

CODES = "EUR USD GBP JPY CHF SEK NOK DKK CAD AUD INR CNY BRL MXN".split()

ARTIFACTS = """report.txt notes.md main.py data.csv config.json index.html photo.png backup.zip todo.txt README.md
server.log style.css invoice.pdf budget.xlsx draft.docx""".split()

SERVICES = (
    "create update remove add cancel print share copy move rename archive hire borrow lease reserve check fetch count block unblock approve "
    "reject assign merge export import restart reset refund renew publish upload download submit confirm review rate repair deliver"
).split()
RECORDS = (
    "user customer order invoice room bike flat van office account message comment payment project task meeting contract device "
    "parcel seat course member group page report folder license printer server database"
).split()
"""What programs are made to do, and with what."""
DEEDS = (
    "activate adjust allow announce apply arrange attach award ban boil bury cancel capture celebrate change charge choose climb collect combine "
    "comfort compare complete compress connect control correct cover cross decide decline decorate defend define deny describe design destroy "
    "detect dial discover discuss divide double dream dress drive earn edit elect employ encode encrypt enlarge enter erase escape examine "
    "exchange expand explore feed fight filter finish flip fold follow freeze gather grant greet grill grind group guard guess guide hang heal "
    "heat hide highlight hunt ignore improve increase inform inspect install introduce invent invite iron join judge kick knit label land launch "
    "lend lift link list load lock lower mail manage mark marry measure melt mend mention milk mix mount mute notify observe obtain offer "
    "operate order organise pack pause pay peel perform pick place point polish post pour praise prepare present press prevent print process "
    "produce promise promote protect prove punish raise rank recommend record recover recycle reduce refresh register release remind "
    "repeat replace report rescue resize resolve restore resume return reverse revoke ring roast roll rotate rub sail scan schedule score search "
    "select separate serve settle sew shake shape sharpen shoot shorten shut sign skip slice solve sort spread squeeze stamp stir stretch "
    "submit suggest summarise supply support suspend sweep swap switch tag taste test tie toggle touch track trade train transfer transform "
    "translate trim trust tune twist unlock unpack unpin update upgrade use validate verify view vote warm warn weave weigh whisper wipe wrap"
).split()
OBJECTS = (
    "alarm album answer apartment appointment archive article auction badge band barrel battery beach bench bill binder blog board bonus booking "
    "branch brand browser budget bug bundle bus button cabin cable calendar campaign candle canvas card carpet cart case chain charger chart "
    "chat client club cluster code coach collection column company concert cookie copy counter coupon crew curtain cushion dashboard deal deck delivery "
    "desk diagram dinner discount disk document domain donation drawer driver engineer entry envelope episode essay event exam factory "
    "fan farm fence field filter fine firm flight floor font form formula forum frame freezer fridge game gate gift goal grant group guest guide "
    "habit helmet hotel image insurance interview iron issue job journal kitchen lab landlord laptop lawn leader lecture lesson letter level "
    "library link list loan locker login logo lunch machine magazine manager manual market match meal medal medicine memo menu microphone model "
    "motor movie museum network newsletter note notebook offer oven package paint panel parking partner passport password path patient pension permit "
    "pipe playlist plot plug podcast poem policy poll pool portrait poster pot prescription prize process product profile proposal pump queue quiz "
    "quote race rack radio railway rate receipt recipe refund reminder repair reply request reservation result review reward roof route row rule "
    "salary sample sandwich scanner schedule schema scooter script section sensor service session shed shelf shift ship shower signal site sketch slot "
    "sofa speaker stage stamp station statue stove strategy studio subscription suit summary survey switch tablet tag tank target tax taxi team template "
    "tent theatre theme thread toilet token tool toy track tractor trailer trial trip truck tutor uniform unit vaccine van video visa visit voucher "
    "wallet wardrobe warehouse washer website wedding widget workshop yacht zone"
).split()
"""More of both, so that few words of a request are ever as familiar as a name."""
DEFINING = """current weather temperature information description properties parameters arguments function expression location required
additional string integer number boolean celsius fahrenheit degrees forecast convert multiply calculate recipient subject message
customer country favourite opposite birthday material product price stock volume title priority address conversation timer
reminder calendar currency language translate content result answer question assistant remember python afternoon minutes""".split()
"""The words of definitions and instructions: each of their pieces is a token that hardly ever stands alone."""
