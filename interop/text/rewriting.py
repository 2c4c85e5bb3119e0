"""Chains of rewriting steps: an expression is turned into another, one lemma at a time, and the chain is the proof that they are equal."""

from dataclasses import dataclass

from lemmas import CC, LEMMAS, PH, el, eq, iff, under
from metamath import Proof, apply, match, node, substitute


def use(label, *subproofs, goal=None):
    return apply(LEMMAS[label], subproofs, goal)


@dataclass(frozen=True)
class Rewriting:
    """A kind of equality: which lemmas rewrite an expression, which carry a rewriting into a part of it, which turn and join steps."""

    rules: tuple
    congruences: tuple  # of (label of the expression, number of the part, lemma)
    back: str
    join: str
    join3: str
    deduced: bool  # whether every equality stands under the antecedent ph

    def steps(self, expression):
        """Every single step from the expression: the rule and a proof that the expression equals another."""
        for label in self.rules:
            left, right = sides(LEMMAS[label].conclusion)
            yield from self._applied(label, left, expression, backwards=False)
            if "com" not in label:
                yield from self._applied(label, right, expression, backwards=True)
        for kind, part, congruence in self.congruences:
            if expression[0] == kind:
                for label, inner in self.steps(expression[part]):
                    _, after = sides(inner.conclusion)
                    changed = expression[:part] + (after,) + expression[part + 1 :]
                    yield label, use(congruence, inner, goal=self._equality(expression, changed))

    def _applied(self, label, side, expression, backwards):
        values = {}
        lemma = LEMMAS[label]
        if match(side, expression, values):
            if self.deduced:
                values.setdefault("wph", PH)
            proof = use(
                label,
                *(closed(substitute(h, values)) for h in lemma.hypotheses),
                goal=substitute(lemma.conclusion, values),
            )
            yield label, use(self.back, proof) if backwards else proof

    def _equality(self, before, after):
        if self.deduced:
            return under(eq(before, after))
        return iff(before, after) if before[0] in ("wn", "wi", "wa", "wo", "wb") else eq(before, after)

    def chain(self, r, expression, length):
        """A proof that the expression equals another one some steps away, and the rules of the steps."""
        seen = {expression}
        proofs, rules = [], []
        for _ in range(length):
            choices = [step for step in self.steps(expression) if sides(step[1].conclusion)[1] not in seen]
            by_rule = sorted({rule for rule, _ in choices})
            if not by_rule:
                break
            rule = r.choice([x for x in by_rule if x not in rules] or by_rule)
            proof = r.choice([p for x, p in choices if x == rule])
            expression = sides(proof.conclusion)[1]
            seen.add(expression)
            proofs.append(proof)
            rules.append(rule)
        while len(proofs) > 1:
            last = 3 if len(proofs) == 3 else 2
            proofs[-last:] = [use(self.join3 if last == 3 else self.join, *proofs[-last:])]
        return proofs[0], rules


def sides(conclusion):
    """Both sides of an equality or an equivalence, with or without the antecedent."""
    body = conclusion[2] if conclusion[0] == "wi" else conclusion
    return body[1], body[2]


CLOSURE = {"caddc": "addcld", "cmul": "mulcld", "cmin": "subcld"}


def closed(goal):
    """A proof that an expression built from the variables A to D is a complex number, where the variables are."""
    value = goal[2][1]
    if value[0] == "cneg":
        return use("negcld", closed(under(el(value[1], CC))))
    if value[0] == "co":
        return use(CLOSURE[value[3][0]], closed(under(el(value[1], CC))), closed(under(el(value[2], CC))))
    return Proof(node("." + str("ABCD".index(value[0][1]) + 1)), goal)


NUMBERS = Rewriting(
    ("addcomd", "mulcomd", "addassd", "mulassd", "adddid", "adddird", "subdid", "negsubd", "negsubdi2d", "mulneg1d"),
    (("co", 1, "oveq1d"), ("co", 2, "oveq2d"), ("cneg", 1, "negeqd")),
    "eqcomd",
    "eqtrd",
    "3eqtrd",
    True,
)
SETS = Rewriting(
    ("uncom", "incom", "unass", "inass", "indi", "undi"),
    (("cun", 1, "uneq1i"), ("cun", 2, "uneq2i"), ("cin", 1, "ineq1i"), ("cin", 2, "ineq2i")),
    "eqcomi",
    "eqtri",
    "3eqtri",
    False,
)
LOGIC = Rewriting(
    ("ancom", "orcom", "anass", "orass", "andi", "ordi", "ianor", "ioran", "imor", "con34b"),
    (
        ("wa", 1, "anbi1i"),
        ("wa", 2, "anbi2i"),
        ("wo", 1, "orbi1i"),
        ("wo", 2, "orbi2i"),
        ("wi", 1, "imbi1i"),
        ("wi", 2, "imbi2i"),
        ("wn", 1, "notbii"),
    ),
    "bicomi",
    "bitri",
    "3bitri",
    False,
)

# What a rule is called in a comment, and in the name of a theorem.
LAWS = {
    "addcomd": ("the commutative law for addition", "com"),
    "mulcomd": ("the commutative law for multiplication", "mulcom"),
    "addassd": ("the associative law for addition", "ass"),
    "mulassd": ("the associative law for multiplication", "mulass"),
    "adddid": ("the distributive law", "di"),
    "adddird": ("the distributive law, from the right", "dir"),
    "subdid": ("the distributive law for subtraction", "subdi"),
    "negsubd": ("the relationship between subtraction and negative", "negsub"),
    "negsubdi2d": ("the negative of a difference", "negdi"),
    "mulneg1d": ("the product with a negative", "mulneg"),
    "uncom": ("the commutative law for union", "uncom"),
    "incom": ("the commutative law for intersection", "incom"),
    "unass": ("the associative law for union", "unass"),
    "inass": ("the associative law for intersection", "inass"),
    "indi": ("the distributive law for intersection over union", "indi"),
    "undi": ("the distributive law for union over intersection", "undi"),
    "ancom": ("the commutative law for conjunction", "ancom"),
    "orcom": ("the commutative law for disjunction", "orcom"),
    "anass": ("the associative law for conjunction", "anass"),
    "orass": ("the associative law for disjunction", "orass"),
    "andi": ("the distributive law for conjunction", "andi"),
    "ordi": ("the distributive law for disjunction", "ordi"),
    "ianor": ("De Morgan's law for conjunction", "ian"),
    "ioran": ("De Morgan's law for disjunction", "ior"),
    "imor": ("implication in terms of disjunction", "imor"),
    "con34b": ("contraposition", "con"),
}
