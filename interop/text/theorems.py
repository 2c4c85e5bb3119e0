"""Theorems in the notation of Metamath, drawn from a fixed seed.

Every statement is true, and every proof follows from the lemmas it cites: it is run once before it is written.
"""

import random

import rows
from lemmas import A, B, C, CC, CH, D, LEMMAS, PH, PS, RR, TA, TH, cap, con, cup, dis, el, eq, every, iff, imp, le, lt, minus, neg, non, plus, some, sub, times, under
from metamath import Proof, Theorem, node, renamed, variables, verify, written
from rewriting import LAWS, LOGIC, NUMBERS, SETS, use

SEED = {"calibration": 41, "heldout": 42}

# Characters to write for each split.
SIZE = {"calibration": 23_500, "heldout": 9_200}

PER_SECTION = 7

# Names for the formulas of a theorem other than the first.
FORMULAS = (
    ("wps", "wch", "wth", "wta"),
    ("wps", "wch", "wth", "wta"),
    ("wch", "wps", "wta", "wth"),
    ("wth", "wps", "wch", "wta"),
)

# Letters for the class variables of a theorem, in the order in which they are declared.
LETTERS = ("ABCD", "ABCD", "XYZW", "PQRS", "KMNL", "ABTU")

AUTHORS = ("ADL", "BKM", "CHR", "EVD", "JTO", "MWS", "PRA", "TNG")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _tree(r, leaves, join):
    """A random binary expression over the leaves, in their order."""
    if len(leaves) == 1:
        return leaves[0]
    at = r.randint(1, len(leaves) - 1)
    return join(_tree(r, leaves[:at], join), _tree(r, leaves[at:], join))


def _by_laws(rules):
    laws = list(dict.fromkeys(LAWS[rule][0] for rule in rules))
    return laws[0] if len(laws) == 1 else ", ".join(laws[:-1]) + " and " + laws[-1]


def _named(prefix, rules, suffix=""):
    return prefix + "".join(dict.fromkeys(LAWS[rule][1] for rule in rules)) + suffix


# ---- families of theorems -------------------------------------------------------------------------------------------------------------
# Each gives a name, the hypotheses, a proof, a comment and the pairs of distinct variables.


def number_identity(r):
    letters = [A, B, C, D][: r.choice([2, 3, 3, 4])]

    def join(a, b):
        kind = r.choice([plus, plus, times, minus])
        result = kind(a, b)
        return neg(result) if kind is minus and r.random() < 0.3 else result

    expression = _tree(r, letters, join)
    proof, rules = NUMBERS.chain(r, expression, r.choice([1, 2, 2, 3]))
    used = variables(proof.conclusion)
    hypotheses = tuple(("." + str(i + 1), under(el(v, CC))) for i, v in enumerate((A, B, C, D)) if v[0] in used)
    opening = r.choice(
        [
            "Rearrangement of terms by",
            "An identity for complex numbers that follows from",
            "Equality of two ways to compute, by",
            "Deduction form of an identity that combines",
            "Closed terms may be rearranged by",
        ]
    )
    return _named(r.choice(["add", "num", "ar"]), rules, "d"), hypotheses, proof, f"{opening} {_by_laws(rules)}.", ()


def set_identity(r):
    expression = _tree(r, [A, B, C, D][: r.choice([3, 3, 4])], lambda a, b: r.choice([cup, cap])(a, b))
    proof, rules = SETS.chain(r, expression, r.choice([2, 3]))
    opening = r.choice(
        [
            "An identity of classes by",
            "Rearrangement of classes by",
            "Union and intersection:  an identity that follows from",
            "Equality of two classes, from",
        ]
    )
    return _named("", rules), (), proof, f"{opening} {_by_laws(rules)}.", ()


def equivalence(r):
    def join(p, q):
        made = r.choice([con, con, dis, dis, imp])(p, q)
        return non(made) if made[0] != "wi" and r.random() < 0.25 else made

    expression = _tree(r, [PH, PS, CH, TH][: r.choice([2, 3, 3, 4])], join)
    proof, rules = LOGIC.chain(r, expression, r.choice([2, 3]))
    opening = r.choice(
        [
            "Two ways to say the same, by",
            "A logical equivalence that follows from",
            "An inference-free equivalence by",
            "Rearrangement of a formula by",
        ]
    )
    return _named("", rules, r.choice(["", "bi"])), (), proof, f"{opening} {_by_laws(rules)}.", ()


def syllogism(r):
    """Hypotheses that lead from one formula to the next, then a change of form."""
    length = r.choice([2, 3])
    formulas = [PH, PS, CH, TH][: length + 1]
    hypotheses, proof, name = [], None, []
    for i in range(length):
        both = r.random() < 0.35
        hypothesis = (iff if both else imp)(formulas[i], formulas[i + 1])
        if i == 0:
            hypothesis, both = imp(formulas[0], formulas[1]), False
        hypotheses.append((f".{i + 1}", hypothesis))
        step = Proof(node(f".{i + 1}"), hypothesis)
        proof = step if proof is None else use("sylib" if both else "syl", proof, step)
        name.append("b" if both else "i")
    last = formulas[-1]
    form = r.choice(["adantr", "adantl", "orcd", "olcd", "con3i", "imim2i", "jca", "jaoi"])
    if form in ("adantr", "adantl"):
        goal = imp(con(PH, TA), last) if form == "adantr" else imp(con(TA, PH), last)
        proof, words = use(form, proof, goal=goal), "with an antecedent added"
    elif form in ("orcd", "olcd"):
        goal = imp(PH, dis(last, TA)) if form == "orcd" else imp(PH, dis(TA, last))
        proof, words = use(form, proof, goal=goal), "with a disjunct added to the consequent"
    elif form == "con3i":
        proof, words = use(form, proof), "in contraposed form"
    elif form == "imim2i":
        proof, words = use(form, proof, goal=imp(imp(TA, PH), imp(TA, last))), "under a common antecedent"
    else:
        label = f".{length + 1}"
        extra = imp(PH, TA) if form == "jca" else imp(TA, last)
        hypotheses.append((label, extra))
        proof = use(form, proof, Proof(node(label), extra))
        words = "with its consequent joined to another" if form == "jca" else "from either of two antecedents"
    opening = r.choice(
        [
            "A syllogism inference",
            "A chain of implications",
            "An inference from a chain of premises",
            "Transitive inference",
        ]
    )
    return "syl" + "".join(name) + form, tuple(hypotheses), proof, f"{opening}, {words}.", ()


def order(r):
    """A chain of comparisons of real numbers, with a term added to both sides."""
    first, second = r.random() < 0.5, r.random() < 0.5
    hypotheses = [(f".{i + 1}", under(el(v, RR))) for i, v in enumerate((A, B, C))]
    reals = [Proof(node(label), goal) for label, goal in hypotheses]
    left, right = under((le if first else lt)(A, B)), under((le if second else lt)(B, C))
    hypotheses += [(".4", left), (".5", right)]
    join = {(True, True): "letrd", (True, False): "lelttrd", (False, True): "ltletrd", (False, False): "lttrd"}[first, second]
    proof = use(join, *reals, Proof(node(".4"), left), Proof(node(".5"), right))
    weak = first and second
    form = r.choice(["add1", "add2", "weak", "plain"])
    if form == "weak" and not weak:
        proof, weak = use("ltled", reals[0], reals[2], proof), True
        words = "The first member of a chain is at most the last."
    elif form in ("add1", "add2"):
        real = Proof(node(".6"), under(el(D, RR)))
        hypotheses.append((".6", under(el(D, RR))))
        lemma = "ltadd1dd" if not weak else "leadd1dd" if form == "add1" else "leadd2dd"
        proof, words = use(lemma, reals[0], reals[2], real, proof), "Addition to both sides of a chain of inequalities."
    else:
        words = r.choice(
            [
                "Transitive law for a chain of inequalities, in deduction form.",
                "Chaining of two inequalities with a common member.",
            ]
        )
    name = (
        ("le" if first else "lt")
        + ("le" if second else "lt")
        + {"add1": "add", "add2": "add2", "weak": "wk", "plain": "tr"}[form]
        + "d"
    )
    return name, tuple(hypotheses), proof, words, ()


def subclass(r):
    """Inclusions between unions and intersections."""
    kind = r.choice(["chain", "union", "meet", "member", "equal"])
    first, second = sub(A, B), sub(B, C)
    h1, h2 = Proof(node(".1"), first), Proof(node(".2"), second)
    if kind == "union":
        outer = r.choice(["ssun1", "ssun2"])
        goal = sub(C, cup(C, D)) if outer == "ssun1" else sub(C, cup(D, C))
        proof = use("sstri", use("sstri", h1, h2), use(outer, goal=goal))
        words = "A chain of subclasses that ends in a union."
    elif kind == "meet":
        inner = r.choice(["inss1", "inss2"])
        goal = sub(cap(A, D), A) if inner == "inss1" else sub(cap(D, A), A)
        proof = use("sstri", use(inner, goal=goal), use("sstri", h1, h2))
        words = "A chain of subclasses that starts from an intersection."
    elif kind == "member":
        proof = use("sseli", use("sstri", h1, h2), goal=imp(el(D, A), el(D, C)))
        words = "Membership is inherited along a chain of subclasses."
    elif kind == "equal":
        second = eq(B, C)
        h2 = Proof(node(".2"), second)
        outer = r.choice([cup(C, D), cup(D, C)])
        proof = use("sstri", use("sseqtri", h1, h2), use("ssun1" if outer[1] == C else "ssun2", goal=sub(C, outer)))
        words = "Substitution of equal classes in a chain of subclasses."
    else:
        proof = use("unssi", use("sstri", h1, h2), h2) if r.random() < 0.5 else use("ssini", h1, use("sstri", h1, h2))
        words = "Both classes of a chain of subclasses are taken together."
    return "ss" + kind + r.choice(["i", "tri", "lem"]), ((".1", first), (".2", second)), proof, words, ()


def quantified(r):
    """An equivalence carried below one or two connectives and a quantifier."""
    hypothesis = under(iff(PS, CH))
    proof = Proof(node(".1"), hypothesis)
    used = r.sample(["notbid", "anbi1d", "anbi2d", "imbi1d", "imbi2d"], r.choice([1, 2]))
    for lemma in used:
        before, after = sides_below(proof)
        goal = {
            "notbid": lambda: iff(non(before), non(after)),
            "anbi1d": lambda: iff(con(before, TH), con(after, TH)),
            "anbi2d": lambda: iff(con(TH, before), con(TH, after)),
            "imbi1d": lambda: iff(imp(before, TH), imp(after, TH)),
            "imbi2d": lambda: iff(imp(TH, before), imp(TH, after)),
        }[lemma]()
        proof = use(lemma, proof, goal=under(goal))
    before, after = sides_below(proof)
    all_, quantifier = (True, every) if r.random() < 0.5 else (False, some)
    proof = use("ralbidv" if all_ else "rexbidv", proof, goal=under(iff(quantifier(before), quantifier(after))))
    turned = r.random() < 0.4
    if turned:
        proof = use("bicomd", proof)
    kind = "universal" if all_ else "existential"
    words = r.choice(
        [
            f"Formula-building rule for restricted {kind} quantifier",
            f"An equivalence may be used below a {kind} quantifier",
            f"Substitution of equivalent formulas in a restricted {kind} quantification",
            f"Deduction form of a rule for the {kind} quantifier over a class",
        ]
    )
    words += (
        "; the sides are exchanged."
        if turned
        else r.choice([" (deduction form).", ".", ", where ` x ` is not free in the antecedent."])
    )
    name = ("ral" if all_ else "rex") + "".join(x[:3] for x in used) + ("bic" if turned else "bi") + "dv"
    return name, ((".1", hypothesis),), proof, words, ("x ph",)


def sides_below(proof):
    """Both sides of an equivalence that stands under the antecedent."""
    return proof.conclusion[2][1], proof.conclusion[2][2]


# Each with the heading of its section in the calibration text and in the held-out text.
FAMILIES = (
    (number_identity, ("Rearranging sums and products", "More about addition and multiplication")),
    (set_identity, ("Classes, unions and intersections", "Equal classes")),
    (equivalence, ("Equivalent formulas", "Further laws of logic")),
    (syllogism, ("Chains of implications", "Inferences by syllogism")),
    (order, ("Ordering of real numbers", "Comparing numbers")),
    (subclass, ("Subclasses", "Inclusion")),
    (quantified, ("Restricted quantifiers", "Quantifiers over a class")),
)


# ---- writing --------------------------------------------------------------------------------------------------------------------------


def _credit(r):
    return f"(Contributed by {r.choice(AUTHORS)}, {r.randint(1, 28)}-{r.choice(MONTHS)}-{r.randint(2019, 2025)}.)"


def _heading(title):
    return f"$(\n=-=-=-=-=-=\n  {title}\n=-=-=-=-=-=\n$)"


def _theorem(r, family, names, statements):
    """A theorem of the family that was not stated before, under a name that was not used before."""
    while True:
        stem, hypotheses, proof, words, distinct = family(r)
        letters = {"c" + old: "c" + new for old, new in zip("ABCD", r.choice(LETTERS))}
        letters.update(zip(("wps", "wch", "wth", "wta"), r.choice(FORMULAS)))
        hypotheses = tuple((label, renamed(e, letters)) for label, e in hypotheses)
        proof = Proof(renamed(proof.tree, letters), renamed(proof.conclusion, letters))
        says_something_new = proof.tree[0] not in LAWS and (hypotheses, proof.conclusion) not in statements
        if says_something_new:
            break
    statements.add((hypotheses, proof.conclusion))
    name, n = stem, 1
    while name in names:
        n += 1
        name = stem + str(n)
    names.add(name)
    return Theorem(name, hypotheses, proof, words + "  " + _credit(r), distinct)


def _fresh(r, family, names, statements, taken):
    """The text of a theorem that shares no stretch with the texts whose stretches are taken."""
    while True:
        theorem = _theorem(r, family, names, statements)
        verify(theorem, LEMMAS)
        text = written(theorem)
        if taken.isdisjoint(rows.stretches(text)):
            return text


def sections(split):
    """Long stretches of database text, each a heading and some theorems; the splits share no statement, no name and no sentence."""
    names, statements, taken = set(LEMMAS), set(), set()
    made = {}
    for each in SEED:
        r = random.Random(SEED[each])
        made[each] = []
        while sum(map(len, made[each])) < SIZE[each]:
            number = len(made[each])
            main, titles = FAMILIES[number % len(FAMILIES)]
            parts = [_heading(titles[0 if each == "calibration" else 1])]
            for i in range(PER_SECTION):
                family = main if i % 2 == 0 else r.choice(FAMILIES)[0]
                parts.append(_fresh(r, family, names, statements, taken))
            made[each].append("\n\n".join(parts))
        taken = set().union(*map(rows.stretches, made[each]))
    return made[split]
