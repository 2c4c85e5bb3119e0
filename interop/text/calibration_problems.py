"""Templates of the word problems for calibration.

A template is a function of a random source and gives the question, the steps of the solution and the answer.
"""

from people import one, plural, three, two

TEMPLATES = []


def template(function):
    TEMPLATES.append(function)
    return function


@template
def fruit_stand(r):
    p = one(r)
    fruit, other = r.sample(["apples", "oranges", "pears", "lemons", "peaches", "melons"], 2)
    n, m, a, b = r.randint(5, 30), r.randint(4, 20), r.randint(2, 5), r.randint(2, 6)
    q = (
        f"{p.name} sells fruit at the market. On Saturday {p.he} sold {n} {fruit} for ${a} each and {m} {other} for ${b} each. "
        f"How much money did {p.name} make on Saturday?"
    )
    return (
        q,
        [
            f"{p.name} made {n} * ${a} = ${n * a} from the {fruit}.",
            f"{p.he.capitalize()} made {m} * ${b} = ${m * b} from the {other}.",
            f"In total, {p.name} made ${n * a} + ${m * b} = ${n * a + m * b}.",
        ],
        n * a + m * b,
    )


@template
def twice_as_many(r):
    a, b, c = three(r)
    thing = r.choice(["stickers", "marbles", "books", "toy cars", "stamps", "shells"])
    k, d, n = r.randint(2, 5), r.randint(3, 12), r.randint(6, 20)
    q = (
        f"{a.name} has {k} times as many {thing} as {b.name}. {c.name} has {d} fewer {thing} than {a.name}. "
        f"If {b.name} has {n + d} {thing}, how many {thing} do the three of them have in total?"
    )
    x, y = k * (n + d), k * (n + d) - d
    return (
        q,
        [
            f"{a.name} has {k} * {n + d} = {x} {thing}.",
            f"{c.name} has {x} - {d} = {y} {thing}.",
            f"The three of them have {n + d} + {x} + {y} = {n + d + x + y} {thing}.",
        ],
        n + d + x + y,
    )


@template
def weekly_pay(r):
    p = one(r)
    rate, hours, days = r.randint(9, 25), r.randint(4, 9), r.randint(3, 6)
    weeks = r.randint(2, 4)
    day, week = rate * hours, rate * hours * days
    q = (
        f"{p.name} earns ${rate} per hour. {p.he.capitalize()} works {hours} hours a day, {days} days a week. "
        f"How much does {p.name} earn in {weeks} weeks?"
    )
    return (
        q,
        [
            f"Every day {p.name} earns {rate} * {hours} = ${day}.",
            f"Every week {p.he} earns {day} * {days} = ${week}.",
            f"In {weeks} weeks {p.he} earns {week} * {weeks} = ${week * weeks}.",
        ],
        week * weeks,
    )


@template
def discount(r):
    p = one(r)
    thing = r.choice(["jacket", "bicycle", "lamp", "chair", "camera", "table"])
    price, percent = r.choice([40, 60, 80, 120, 160, 200, 240]), r.choice([5, 10, 15, 20, 25, 30])
    off = price * percent // 100
    paid = price - off
    change = r.choice([c for c in (50, 100, 200, 300) if c >= paid])
    q = (
        f"{p.name} wants to buy a {thing} that costs ${price}. The store gives a discount of {percent}%. "
        f"If {p.he} pays with ${change}, how much change does {p.he} get?"
    )
    return (
        q,
        [
            f"The discount is {percent}/100 * ${price} = ${off}.",
            f"So the {thing} costs ${price} - ${off} = ${paid}.",
            f"{p.name} gets ${change} - ${paid} = ${change - paid} in change.",
        ],
        change - paid,
    )


@template
def reading(r):
    p = one(r)
    day, days, left = r.randint(12, 35), r.randint(3, 8), r.randint(2, 9)
    total = day * days + day * 2 * left
    q = (
        f"{p.name} is reading a book with {total} pages. For the first {days} days {p.he} reads {day} pages a day. "
        f"After that {p.he} reads twice as many pages a day. How many days does it take {p.him} to finish the book?"
    )
    rest = total - day * days
    return (
        q,
        [
            f"In the first {days} days {p.name} reads {day} * {days} = {day * days} pages.",
            f"There are {total} - {day * days} = {rest} pages left.",
            f"Then {p.he} reads {day} * 2 = {day * 2} pages a day.",
            f"This takes {rest} / {day * 2} = {left} days.",
            f"So it takes {days} + {left} = {days + left} days in total.",
        ],
        days + left,
    )


@template
def garden_fence(r):
    p = one(r)
    w, extra, price = r.randint(6, 20), r.randint(2, 10), r.randint(3, 9)
    length = w + extra
    around = 2 * (w + length)
    q = (
        f"{p.name} has a garden that is {w} feet wide. The garden is {extra} feet longer than it is wide. A fence costs ${price} per foot. "
        f"How much does it cost to put a fence around the garden?"
    )
    return (
        q,
        [
            f"The garden is {w} + {extra} = {length} feet long.",
            f"The distance around it is 2 * ({w} + {length}) = {around} feet.",
            f"The fence costs {around} * ${price} = ${around * price}.",
        ],
        around * price,
    )


@template
def eggs(r):
    p = one(r)
    hens, each, eaten, price = r.randint(12, 40), r.choice([2, 3]), r.randint(3, 12), r.randint(2, 4)
    total = hens * each
    q = (
        f"{p.name} has {hens} hens, and each of them lays {each} eggs a day. {p.he.capitalize()} keeps {eaten} eggs for {p.his} family "
        f"and sells the rest for ${price} each. How much does {p.he} make in a day?"
    )
    return (
        q,
        [
            f"The hens lay {hens} * {each} = {total} eggs a day.",
            f"There are {total} - {eaten} = {total - eaten} eggs to sell.",
            f"{p.name} makes {total - eaten} * ${price} = ${(total - eaten) * price} a day.",
        ],
        (total - eaten) * price,
    )


@template
def school_bus(r):
    buses, seats, teachers, empty = r.randint(3, 9), r.randint(20, 48), r.randint(4, 12), r.randint(2, 15)
    total = buses * seats
    q = (
        f"A school hires {buses} buses for a trip. Each bus has {seats} seats. There are {teachers} teachers on the trip, "
        f"and {empty} seats stay empty. How many students go on the trip?"
    )
    return (
        q,
        [
            f"There are {buses} * {seats} = {total} seats.",
            f"{total} - {empty} = {total - empty} seats are taken.",
            f"So {total - empty} - {teachers} = {total - empty - teachers} students go on the trip.",
        ],
        total - empty - teachers,
    )


@template
def savings(r):
    p = one(r)
    week, gift, need = r.randint(6, 20), r.randint(10, 40), r.randint(5, 14)
    price = week * need + gift
    thing = r.choice(["a guitar", "a new phone", "a tent", "a watch", "a pair of skates"])
    q = (
        f"{p.name} is saving money to buy {thing} that costs ${price}. {p.his.capitalize()} grandmother gave {p.him} ${gift}, "
        f"and {p.he} saves ${week} every week. How many weeks does {p.he} have to save?"
    )
    return (
        q,
        [
            f"After the gift, {p.name} needs ${price} - ${gift} = ${price - gift}.",
            f"{p.he.capitalize()} has to save for {price - gift} / {week} = {need} weeks.",
        ],
        need,
    )


@template
def half_of_the_rest(r):
    p = one(r)
    part = r.randint(4, 15)
    given = r.randint(5, 25)
    total = 4 * part + given
    thing = r.choice(["cookies", "candies", "balloons", "cupcakes", "cards"])
    rest = total - given
    q = (
        f"{p.name} had {total} {thing}. {p.he.capitalize()} gave {given} of them to {p.his} class, half of the rest to {p.his} neighbor, "
        f"and half of what was left after that to {p.his} brother. How many {thing} does {p.name} have now?"
    )
    return (
        q,
        [
            f"After {p.he} gave {given} {thing} to {p.his} class, {p.he} had {total} - {given} = {rest} {thing}.",
            f"{p.he.capitalize()} gave {rest} / 2 = {rest // 2} {thing} to {p.his} neighbor.",
            f"That left {rest} - {rest // 2} = {rest // 2} {thing}.",
            f"So now {p.he} has {rest // 2} / 2 = {part} {thing}.",
        ],
        part,
    )


@template
def trip(r):
    p = one(r)
    s1, h1, s2, h2 = r.randint(40, 60), r.randint(2, 4), r.randint(61, 75), r.randint(2, 5)
    back = r.randint(5, 60)
    d1, d2 = s1 * h1, s2 * h2
    q = (
        f"{p.name} drives for {h1} hours at {s1} miles per hour, and then for {h2} hours at {s2} miles per hour. "
        f"The city is {d1 + d2 + back} miles from {p.his} home. How many more miles does {p.he} have to drive?"
    )
    return (
        q,
        [
            f"In the first {h1} hours {p.name} drives {s1} * {h1} = {d1} miles.",
            f"In the next {h2} hours {p.he} drives {s2} * {h2} = {d2} miles.",
            f"So far {p.he} has driven {d1} + {d2} = {d1 + d2} miles.",
            f"There are {d1 + d2 + back} - {d1 + d2} = {back} miles left.",
        ],
        back,
    )


@template
def ages(r):
    a, b, c = three(r)
    x, k, d, later = r.randint(4, 12), r.randint(2, 4), r.randint(1, 6), r.randint(3, 10)
    q = (
        f"{a.name} is {x} years old. {b.name} is {k} times as old as {a.name}, and {c.name} is {d} years younger than {b.name}. "
        f"How old will {c.name} be in {later} years?"
    )
    return (
        q,
        [
            f"{b.name} is {x} * {k} = {x * k} years old.",
            f"{c.name} is {x * k} - {d} = {x * k - d} years old.",
            f"In {later} years {c.name} will be {x * k - d} + {later} = {x * k - d + later} years old.",
        ],
        x * k - d + later,
    )


@template
def tickets(r):
    adult, child = r.randint(8, 16), r.randint(3, 7)
    n, m = r.randint(2, 6), r.randint(2, 9)
    place = r.choice(["zoo", "museum", "circus", "aquarium", "theater"])
    total = n * adult + m * child
    q = (
        f"A ticket for the {place} costs ${adult} for adults and ${child} for children. A group with {n} adults paid ${total} in all. "
        f"How many children were in the group?"
    )
    return (
        q,
        [
            f"The adults paid {n} * ${adult} = ${n * adult}.",
            f"So the children paid ${total} - ${n * adult} = ${m * child}.",
            f"There were {m * child} / {child} = {m} children in the group.",
        ],
        m,
    )


@template
def bakery(r):
    morning, evening, trays, each = r.randint(10, 40), r.randint(10, 40), r.randint(5, 12), r.choice([12, 15, 20])
    made = trays * each
    left = made - morning - evening
    if left <= 0:
        return bakery(r)
    q = (
        f"A bakery made {trays} trays of rolls with {each} rolls on each tray. It sold {morning} rolls in the morning "
        f"and {evening} rolls in the afternoon. How many rolls were left?"
    )
    return (
        q,
        [
            f"The bakery made {trays} * {each} = {made} rolls.",
            f"It sold {morning} + {evening} = {morning + evening} rolls.",
            f"There were {made} - {morning + evening} = {left} rolls left.",
        ],
        left,
    )


@template
def water_tank(r):
    inflow, outflow, minutes, start = r.randint(8, 20), r.randint(2, 7), r.randint(10, 40), r.randint(20, 100)
    net = inflow - outflow
    q = (
        f"A tank holds {start} liters of water. A pipe brings {inflow} liters into it every minute, and {outflow} liters a minute run out "
        f"through a hole. How much water is in the tank after {minutes} minutes?"
    )
    return (
        q,
        [
            f"Every minute the tank gains {inflow} - {outflow} = {net} liters.",
            f"In {minutes} minutes it gains {net} * {minutes} = {net * minutes} liters.",
            f"Then there are {start} + {net * minutes} = {start + net * minutes} liters in the tank.",
        ],
        start + net * minutes,
    )


@template
def fraction_of_class(r):
    groups = r.randint(2, 6)
    total = 12 * groups
    q = (
        f"There are {total} students in a class. One third of them play football and one fourth of them play chess. The others sing in the choir. "
        f"Nobody does two things. How many students sing in the choir?"
    )
    a, b = total // 3, total // 4
    return (
        q,
        [
            f"{total} / 3 = {a} students play football.",
            f"{total} / 4 = {b} students play chess.",
            f"So {total} - {a} - {b} = {total - a - b} students sing in the choir.",
        ],
        total - a - b,
    )


@template
def rent(r):
    a, b = two(r)
    rent_, power, share = (
        r.choice([600, 720, 840, 900, 960, 1200]),
        r.choice([60, 80, 90, 120]),
        r.choice([25, 40, 50, 75]),
    )
    total = rent_ + power
    part = total * share // 100
    if total * share % 100:
        return rent(r)
    q = (
        f"{a.name} and {b.name} share a house. The rent is ${rent_} a month and they pay ${power} a month for power. "
        f"{a.name} pays {share}% of everything. How much does {b.name} pay each month?"
    )
    return (
        q,
        [
            f"Together they pay ${rent_} + ${power} = ${total} a month.",
            f"{a.name} pays {share}/100 * ${total} = ${part}.",
            f"{b.name} pays ${total} - ${part} = ${total - part}.",
        ],
        total - part,
    )


@template
def paint(r):
    p = one(r)
    rooms, walls, per, cans_price = r.randint(2, 6), r.choice([3, 4]), r.choice([2, 4, 6]), r.randint(12, 30)
    total = rooms * walls * per
    cans = total // 4 if total % 4 == 0 else None
    if cans is None:
        return paint(r)
    q = (
        f"{p.name} is painting {p.his} house. There are {rooms} rooms with {walls} walls each, and every wall takes {per} cups of paint. "
        f"A can holds 4 cups and costs ${cans_price}. How much does {p.name} spend on paint?"
    )
    return (
        q,
        [
            f"There are {rooms} * {walls} = {rooms * walls} walls.",
            f"They take {rooms * walls} * {per} = {total} cups of paint.",
            f"{p.name} needs {total} / 4 = {cans} cans.",
            f"{p.he.capitalize()} spends {cans} * ${cans_price} = ${cans * cans_price}.",
        ],
        cans * cans_price,
    )


@template
def fishing(r):
    a, b, c = three(r)
    n, k, lost = r.randint(4, 12), r.randint(2, 3), r.randint(1, 4)
    q = (
        f"{a.name}, {b.name} and {c.name} went fishing. {a.name} caught {n} fish. {b.name} caught {k} times as many as {a.name}, "
        f"but {lost} of them jumped back into the water. {c.name} caught half as many as {a.name} and {b.name} have together. "
        f"How many fish did {c.name} catch?"
    )
    kept = n * k - lost
    if (n + kept) % 2:
        return fishing(r)
    return (
        q,
        [
            f"{b.name} caught {n} * {k} = {n * k} fish.",
            f"{b.he.capitalize()} kept {n * k} - {lost} = {kept} of them.",
            f"Together, {a.name} and {b.name} have {n} + {kept} = {n + kept} fish.",
            f"{c.name} caught {n + kept} / 2 = {(n + kept) // 2} fish.",
        ],
        (n + kept) // 2,
    )


@template
def boxes(r):
    small, large, k, shelves = r.randint(6, 15), r.randint(2, 9), r.randint(2, 4), r.randint(3, 7)
    big = small * k
    per = shelves * (small + big)
    q = (
        f"A shop keeps its nails in boxes. A small box holds {small} nails and a large box holds {k} times as many. "
        f"On each shelf there is one box of each kind, and there are {shelves} shelves. {large} nails are rusty. How many good nails are there?"
    )
    return (
        q,
        [
            f"A large box holds {small} * {k} = {big} nails.",
            f"There are {small} + {big} = {small + big} nails on each shelf.",
            f"On all shelves there are {small + big} * {shelves} = {per} nails.",
            f"So there are {per} - {large} = {per - large} good nails.",
        ],
        per - large,
    )


@template
def sleep(r):
    p = one(r)
    week, weekend = r.randint(6, 8), r.randint(9, 10)
    q = (
        f"{p.name} sleeps {week} hours a night from Monday to Friday and {weekend} hours a night on Saturday and Sunday. "
        f"How many hours does {p.he} sleep in 4 weeks?"
    )
    a, b = week * 5, weekend * 2
    return (
        q,
        [
            f"From Monday to Friday {p.name} sleeps {week} * 5 = {a} hours.",
            f"On Saturday and Sunday {p.he} sleeps {weekend} * 2 = {b} hours.",
            f"In a week {p.he} sleeps {a} + {b} = {a + b} hours.",
            f"In 4 weeks {p.he} sleeps {a + b} * 4 = {(a + b) * 4} hours.",
        ],
        (a + b) * 4,
    )


@template
def running(r):
    p = one(r)
    first, more, days = r.randint(2, 6), r.randint(1, 3), 3
    dist = [first + more * i for i in range(days)]
    q = (
        f"{p.name} is training for a race. On Monday {p.he} ran {first} miles. Every day after that {p.he} ran {more} miles more than the day "
        f"before. How many miles did {p.he} run from Monday to Wednesday?"
    ).replace("1 miles", "1 mile")
    return (
        q,
        [
            f"On Tuesday {p.name} ran {dist[0]} + {more} = {dist[1]} miles.",
            f"On Wednesday {p.he} ran {dist[1]} + {more} = {dist[2]} miles.",
            f"Altogether {p.he} ran {dist[0]} + {dist[1]} + {dist[2]} = {sum(dist)} miles.",
        ],
        sum(dist),
    )


@template
def profit(r):
    p = one(r)
    n, cost, price, fee = r.randint(20, 60), r.randint(3, 8), r.randint(10, 18), r.randint(15, 60)
    thing = r.choice(["T-shirts", "mugs", "candles", "scarves", "pots"])
    gain = n * (price - cost) - fee
    q = (
        f"{p.name} makes {thing}. Each one costs {p.him} ${cost} to make and sells for ${price}. {p.he.capitalize()} paid ${fee} for a table "
        f"at the fair and sold {n} {thing}. What was {p.his} profit?"
    )
    return (
        q,
        [
            f"{p.name} makes ${price} - ${cost} = ${price - cost} on each of the {thing}.",
            f"On {n} {thing} {p.he} makes {n} * ${price - cost} = ${n * (price - cost)}.",
            f"After paying for the table, {p.his} profit is ${n * (price - cost)} - ${fee} = ${gain}.",
        ],
        gain,
    )


@template
def pizza(r):
    people, each, slices = r.randint(4, 12), r.randint(2, 4), 8
    total = people * each
    if total % slices:
        return pizza(r)
    price = r.randint(9, 16)
    q = (
        f"{people} friends order pizza. Each of them eats {each} slices, and every pizza is cut into {slices} slices. If a pizza costs ${price}, "
        f"how much do they pay when nothing is left over?"
    )
    n = total // slices
    return (
        q,
        [
            f"The friends eat {people} * {each} = {total} slices.",
            f"They need {total} / {slices} = {plural(n, 'pizza')}.",
            f"They pay {n} * ${price} = ${n * price}.",
        ],
        n * price,
    )


@template
def population(r):
    start, grow, leave = r.choice([400, 600, 800, 1000, 1500, 2000]), r.choice([10, 20, 25, 50]), r.randint(20, 90)
    more = start * grow // 100
    q = (
        f"A village had {start} people. In one year the number of people grew by {grow}%. In the next year {leave} people moved away. "
        f"How many people live in the village now?"
    )
    return (
        q,
        [
            f"In the first year the village gained {start} * {grow}/100 = {more} people.",
            f"Then there were {start} + {more} = {start + more} people.",
            f"After {leave} people moved away, there were {start + more} - {leave} = {start + more - leave} people.",
        ],
        start + more - leave,
    )


@template
def legs(r):
    p = one(r)
    spiders, dogs, birds = r.randint(2, 6), r.randint(2, 8), r.randint(3, 15)
    total = spiders * 8 + dogs * 4 + birds * 2
    q = (
        f"{p.name} counts the animals in {p.his} yard. There are {spiders} spiders with 8 legs each, {dogs} dogs and {birds} birds. "
        f"How many legs are there in the yard, not counting those of {p.name}?"
    )
    return (
        q,
        [
            f"The spiders have {spiders} * 8 = {spiders * 8} legs.",
            f"The dogs have {dogs} * 4 = {dogs * 4} legs.",
            f"The birds have {birds} * 2 = {birds * 2} legs.",
            f"There are {spiders * 8} + {dogs * 4} + {birds * 2} = {total} legs.",
        ],
        total,
    )


@template
def average(r):
    p = one(r)
    a, b, c, goal = r.randint(60, 90), r.randint(60, 90), r.randint(60, 90), r.choice([78, 80, 82])
    last = goal * 4 - a - b - c
    if not 60 <= last <= 100:
        return average(r)
    q = f"{p.name} got {a}, {b} and {c} points on {p.his} first three tests. What does {p.he} need on the fourth test to have an average of {goal} points?"
    return (
        q,
        [
            f"For an average of {goal}, {p.name} needs {goal} * 4 = {goal * 4} points in total.",
            f"So far {p.he} has {a} + {b} + {c} = {a + b + c} points.",
            f"So {p.he} needs {goal * 4} - {a + b + c} = {last} points on the fourth test.",
        ],
        last,
    )


@template
def unknown_price(r):
    p = one(r)
    n, x, m, y = r.randint(2, 6), r.randint(3, 12), r.randint(2, 5), r.randint(2, 9)
    total = n * x + m * y
    q = f"{p.name} bought {n} notebooks and {m} pens for ${total}. A pen costs ${y}. If a notebook costs x dollars, what is the value of x?"
    return (
        q,
        [
            f"The pens cost {m} * ${y} = ${m * y}.",
            f"The notebooks cost {n} * x = {n}x dollars.",
            f"So {n}x + {m * y} = {total}.",
            f"Subtracting {m * y} from both sides, we get {n}x = {total - m * y}.",
            f"Dividing both sides by {n}, we get x = {x}.",
        ],
        x,
    )


@template
def candles(r):
    hours, per_hour, n = r.randint(3, 6), r.randint(1, 2), r.randint(5, 12)
    length = hours * per_hour + r.randint(1, 4)
    left = length - hours * per_hour
    q = (
        f"A candle is {length} inches tall, and it melts {per_hour} inches every hour. {n} candles burn for {hours} hours. "
        f"If the candles that are left are put on top of each other, how tall is the tower?"
    ).replace("melts 1 inches", "melts 1 inch")
    return (
        q,
        [
            f"In {hours} hours a candle melts {hours} * {per_hour} = {hours * per_hour} inches.",
            f"Then it is {length} - {hours * per_hour} = {left} {'inch' if left == 1 else 'inches'} tall.",
            f"The tower is {n} * {left} = {n * left} inches tall.",
        ],
        n * left,
    )


@template
def chores(r):
    a, b = two(r)
    rooms, minutes, k = r.randint(3, 8), r.choice([12, 18, 24, 30]), r.choice([2, 3])
    q = (
        f"It takes {a.name} {minutes} minutes to clean a room. {b.name} is {k} times as fast. "
        f"How many minutes does {b.name} save if {b.he} cleans {rooms} rooms in place of {a.name}?"
    )
    fast = minutes // k
    return (
        q,
        [
            f"{a.name} needs {minutes} * {rooms} = {minutes * rooms} minutes for {rooms} rooms.",
            f"{b.name} cleans a room in {minutes} / {k} = {fast} minutes.",
            f"So {b.he} needs {fast} * {rooms} = {fast * rooms} minutes.",
            f"{b.name} saves {minutes * rooms} - {fast * rooms} = {(minutes - fast) * rooms} minutes.",
        ],
        (minutes - fast) * rooms,
    )
