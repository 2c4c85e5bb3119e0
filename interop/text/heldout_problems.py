"""Templates of the held-out word problems.

A template is a function of a random source and gives the question, the steps of the solution and the answer.
"""

from people import one, three, two

TEMPLATES = []


def template(function):
    TEMPLATES.append(function)
    return function


@template
def library_shelves(r):
    p = one(r)
    shelves, books, lent, back = r.randint(6, 15), r.randint(18, 40), r.randint(20, 60), r.randint(5, 19)
    total = shelves * books
    q = (
        f"A library has {shelves} shelves with {books} books on each. On Tuesday {p.name} lent {lent} books to the readers, "
        f"and {back} books came back. How many books were in the library on Tuesday evening?"
    )
    return (
        q,
        [
            f"At first there were {shelves} * {books} = {total} books in the library.",
            f"After lending there were {total} - {lent} = {total - lent} books.",
            f"On Tuesday evening there were {total - lent} + {back} = {total - lent + back} books.",
        ],
        total - lent + back,
    )


@template
def flower_beds(r):
    a, b = two(r)
    red, k, white = r.randint(6, 18), r.randint(2, 4), r.randint(5, 20)
    q = (
        f"{a.name} planted {red} red tulips. {b.name} planted {k} times as many yellow tulips as {a.name} planted red ones, and {white} white tulips. "
        f"How many more tulips did {b.name} plant than {a.name}?"
    )
    y = red * k
    return (
        q,
        [
            f"{b.name} planted {red} * {k} = {y} yellow tulips.",
            f"In total {b.he} planted {y} + {white} = {y + white} tulips.",
            f"{b.name} planted {y + white} - {red} = {y + white - red} more tulips than {a.name}.",
        ],
        y + white - red,
    )


@template
def taxi(r):
    p = one(r)
    start, mile, n, tip = r.randint(3, 6), r.randint(2, 4), r.randint(5, 20), r.randint(2, 6)
    fare = start + mile * n
    q = (
        f"A taxi costs ${start} for the start and ${mile} for each mile. {p.name} took a taxi for {n} miles and gave the driver a tip of ${tip}. "
        f"How much did {p.he} spend?"
    )
    return (
        q,
        [
            f"The miles cost {n} * ${mile} = ${n * mile}.",
            f"With the start, the taxi cost ${n * mile} + ${start} = ${fare}.",
            f"{p.name} spent ${fare} + ${tip} = ${fare + tip}.",
        ],
        fare + tip,
    )


@template
def sheep(r):
    p = one(r)
    sheep_, wool, price, keep = r.randint(10, 30), r.randint(3, 7), r.randint(4, 9), r.randint(5, 20)
    total = sheep_ * wool
    q = (
        f"A farmer named {p.name} has {sheep_} sheep. Each sheep gives {wool} pounds of wool. {p.he.capitalize()} keeps {keep} pounds "
        f"and sells the rest at ${price} per pound. How many dollars does {p.he} earn?"
    )
    return (
        q,
        [
            f"The sheep give {sheep_} * {wool} = {total} pounds of wool.",
            f"{p.name} sells {total} - {keep} = {total - keep} pounds.",
            f"{p.he.capitalize()} earns {total - keep} * ${price} = ${(total - keep) * price}.",
        ],
        (total - keep) * price,
    )


@template
def photos(r):
    a, b = two(r)
    days, each, deleted = r.randint(3, 9), r.randint(8, 25), r.randint(5, 20)
    total = days * each
    q = (
        f"During a holiday of {days} days {a.name} took {each} photos a day. {b.name} deleted {deleted} of them by mistake, and one half of the rest "
        f"were printed. How many photos were printed?"
    )
    if (total - deleted) % 2 or total <= deleted:
        return photos(r)
    return (
        q,
        [
            f"{a.name} took {days} * {each} = {total} photos.",
            f"After {b.name} deleted some, there were {total} - {deleted} = {total - deleted} photos.",
            f"So {total - deleted} / 2 = {(total - deleted) // 2} photos were printed.",
        ],
        (total - deleted) // 2,
    )


@template
def carpet(r):
    p = one(r)
    w, h, price, off = r.randint(3, 9), r.randint(4, 12), r.randint(5, 15), r.randint(10, 40)
    area = w * h
    q = (
        f"The floor of {p.name}'s living room is {w} meters wide and {h} meters long. A carpet costs ${price} per square meter, and {p.name} has a coupon for ${off}. "
        f"How much does {p.he} have to pay for the carpet?"
    )
    return (
        q,
        [
            f"The area of the floor is {w} * {h} = {area} square meters.",
            f"The carpet costs {area} * ${price} = ${area * price}.",
            f"With the coupon {p.name} pays ${area * price} - ${off} = ${area * price - off}.",
        ],
        area * price - off,
    )


@template
def choir(r):
    boys, k, row = r.randint(5, 12), r.choice([2, 3]), r.choice([4, 5, 6])
    girls = boys * k
    total = boys + girls
    if total % row:
        return choir(r)
    q = f"There are {boys} boys in a choir and {k} times as many girls. At the concert they stand in rows of {row}. How many rows are there?"
    return (
        q,
        [
            f"There are {boys} * {k} = {girls} girls in the choir.",
            f"In total there are {boys} + {girls} = {total} children.",
            f"They stand in {total} / {row} = {total // row} rows.",
        ],
        total // row,
    )


@template
def lemonade(r):
    a, b = two(r)
    cups, price, lemons, sugar = r.randint(20, 60), r.choice([2, 3]), r.randint(6, 15), r.randint(3, 9)
    gain = cups * price - lemons - sugar
    if gain % 2:
        return lemonade(r)
    q = (
        f"{a.name} and {b.name} sold {cups} cups of lemonade for ${price} a cup. They had paid ${lemons} for lemons and ${sugar} for sugar. "
        f"They divided the profit equally. How much money did each of them get?"
    )
    return (
        q,
        [
            f"They got {cups} * ${price} = ${cups * price} for the lemonade.",
            f"They had spent ${lemons} + ${sugar} = ${lemons + sugar}.",
            f"Their profit was ${cups * price} - ${lemons + sugar} = ${gain}.",
            f"Each of them got ${gain} / 2 = ${gain // 2}.",
        ],
        gain // 2,
    )


@template
def battery(r):
    p = one(r)
    hours, video, music = r.randint(2, 5), r.choice([8, 10, 12]), r.choice([3, 4, 5])
    listen = r.randint(2, 6)
    left = 100 - hours * video - listen * music
    q = (
        f"The battery of {p.name}'s phone is full. Watching videos uses {video}% of the battery every hour, and music uses {music}% every hour. "
        f"{p.he.capitalize()} watches videos for {hours} hours and listens to music for {listen} hours. What percent of the battery is left?"
    )
    return (
        q,
        [
            f"The videos use {hours} * {video}% = {hours * video}%.",
            f"The music uses {listen} * {music}% = {listen * music}%.",
            f"There is 100% - {hours * video}% - {listen * music}% = {left}% left.",
        ],
        left,
    )


@template
def ladder(r):
    a, b, c = three(r)
    h, d, k = r.choice([60, 62, 64, 66, 68, 70]), r.randint(2, 9), 2
    q = (
        f"{a.name} is {h} inches tall. {b.name} is {d} inches shorter than {a.name}. The ladder is {k} times as tall as {b.name}, "
        f"and {c.name} can reach {h + d} inches from the ground. How many inches taller is the ladder than the place {c.name} can reach?"
    )
    lad = k * (h - d)
    return (
        q,
        [
            f"{b.name} is {h} - {d} = {h - d} inches tall.",
            f"The ladder is {h - d} * {k} = {lad} inches tall.",
            f"It is {lad} - {h + d} = {lad - h - d} inches taller than the place {c.name} can reach.",
        ],
        lad - h - d,
    )


@template
def factory(r):
    day, days, broken = r.choice([50, 80, 100, 120, 200]), r.choice([5, 6]), r.choice([5, 10, 20])
    total = day * days
    bad = total * broken // 100
    q = f"A factory makes {day} clocks a day and works {days} days a week. If {broken}% of the clocks don't work, how many clocks that work does it make in a week?"
    return (
        q,
        [
            f"The factory makes {day} * {days} = {total} clocks in a week.",
            f"Of these, {total} * {broken}/100 = {bad} clocks don't work.",
            f"So it makes {total} - {bad} = {total - bad} clocks that work.",
        ],
        total - bad,
    )


@template
def unknown_days(r):
    p = one(r)
    per, start, days = r.randint(3, 12), r.randint(10, 40), r.randint(4, 15)
    total = start + per * days
    q = f"{p.name} had {start} coins in a jar. {p.he.capitalize()} put {per} coins into it every day for x days. Now there are {total} coins in the jar. What is the value of x?"
    return (
        q,
        [
            f"In x days {p.name} put {per} * x = {per}x coins into the jar.",
            f"So {start} + {per}x = {total}.",
            f"{per}x = {total} - {start} = {total - start}",
            f"x = {total - start} / {per} = {days}",
        ],
        days,
    )
