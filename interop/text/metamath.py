"""Expressions and proofs in the notation of Metamath: what is needed to write true theorems with proofs that follow from the lemmas they cite.

An expression and a proof are both trees of tuples, (label, child, ...), whose leaves are variables, constants and hypotheses; reading a tree
from the leaves up gives the order in which Metamath wants the labels. The compressed form is that of the Metamath book, appendix B.
"""

import re
import textwrap
from dataclasses import dataclass

WIDTH = 79

# The order in which variables are declared, which is the order of the mandatory hypotheses of every statement.
WFFS = {"wph": "ph", "wps": "ps", "wch": "ch", "wth": "th", "wta": "ta"}
SETS = {"vx": "x", "vy": "y", "vz": "z"}
CLASSES = {"c" + letter: letter for letter in "ABCDPQRSTUXYZWFGKMNLJ"}
VARIABLES = {**WFFS, **SETS, **CLASSES}
DECLARED = list(VARIABLES)

CONSTANTS = {"cc": "CC", "cr": "RR", "caddc": "+", "cmul": "x.", "cmin": "-", "cle": "<_", "clt": "<"}

# How to print each kind of node; braces hold the numbers of the children.
FORMS = {
    "wn": "-. {0}",
    "wi": "( {0} -> {1} )",
    "wa": "( {0} /\\ {1} )",
    "wo": "( {0} \\/ {1} )",
    "wb": "( {0} <-> {1} )",
    "wceq": "{0} = {1}",
    "wcel": "{0} e. {1}",
    "wss": "{0} C_ {1}",
    "wbr": "{0} {2} {1}",
    "wral": "A. {1} e. {2} {0}",
    "wrex": "E. {1} e. {2} {0}",
    "co": "( {0} {2} {1} )",
    "cneg": "-u {0}",
    "cun": "( {0} u. {1} )",
    "cin": "( {0} i^i {1} )",
    "cv": "{0}",
}


def node(label, *children):
    return (label, *children)


def show(expression):
    label, *children = expression
    if label in FORMS:
        return FORMS[label].format(*map(show, children))
    return VARIABLES.get(label) or CONSTANTS[label]


def renamed(tree, names):
    """A tree with some of its variables replaced by other variables of the same kind."""
    label, *children = tree
    return (names.get(label, label), *(renamed(child, names) for child in children))


def variables(expression):
    """The labels of the variables of an expression."""
    label, *children = expression
    if label in VARIABLES:
        return {label}
    return set().union(*map(variables, children))


def substitute(expression, values):
    label, *children = expression
    if label in VARIABLES:
        return values[label]
    return (label, *(substitute(child, values) for child in children))


def match(pattern, expression, values):
    """Extends `values` so that the pattern becomes the expression; false if that is impossible."""
    label, *children = pattern
    if label in VARIABLES:
        return values.setdefault(label, expression) == expression
    return (
        label == expression[0]
        and len(pattern) == len(expression)
        and all(match(p, e, values) for p, e in zip(children, expression[1:]))
    )


@dataclass(frozen=True)
class Lemma:
    label: str
    hypotheses: tuple
    conclusion: tuple

    def mandatory(self):
        used = set().union(variables(self.conclusion), *map(variables, self.hypotheses))
        return [v for v in DECLARED if v in used]


@dataclass(frozen=True)
class Proof:
    tree: tuple
    conclusion: tuple


def apply(lemma, subproofs=(), goal=None):
    """The proof that ends in the lemma; a lemma that does not fit its subproofs or the goal is a mistake of the caller."""
    values = {}
    fits = len(subproofs) == len(lemma.hypotheses) and all(
        match(hypothesis, proof.conclusion, values) for hypothesis, proof in zip(lemma.hypotheses, subproofs)
    )
    if goal is not None:
        fits = fits and match(lemma.conclusion, goal, values)
    if not fits:
        raise ValueError(f"{lemma.label} does not prove this")
    tree = (lemma.label, *(values[v] for v in lemma.mandatory()), *(proof.tree for proof in subproofs))
    return Proof(tree, substitute(lemma.conclusion, values))


@dataclass(frozen=True)
class Theorem:
    name: str
    hypotheses: tuple  # of (label, expression), where the label lacks the name of the theorem, as in ".1"
    proof: Proof
    comment: str
    distinct: tuple = ()  # of strings such as "x A"

    def statement(self):
        return show(self.proof.conclusion)


def compressed(theorem):
    """The labels a proof needs, and its steps in letters."""
    mandatory = _mandatory_variables(theorem) + [label for label, _ in theorem.hypotheses]
    counts = {}
    _count(theorem.proof.tree, counts)
    labels, steps, saved = [], [], {}
    _steps(theorem.proof.tree, counts, mandatory, labels, steps, saved)
    number = {label: i + 1 for i, label in enumerate(mandatory + labels)}
    letters = []
    for kind, value in steps:
        if kind == "label":
            letters.append(_letters(number[value]))
        elif kind == "saved":
            letters.append(_letters(len(number) + value))
        else:
            letters.append("Z")
    return labels, "".join(letters)


def _mandatory_variables(theorem):
    used = variables(theorem.proof.conclusion).union(*(variables(e) for _, e in theorem.hypotheses))
    return [v for v in DECLARED if v in used]


def _count(tree, counts):
    counts[tree] = counts.get(tree, 0) + 1
    if counts[tree] == 1:
        for child in tree[1:]:
            _count(child, counts)


def _steps(tree, counts, mandatory, labels, steps, saved):
    if tree in saved:
        steps.append(("saved", saved[tree]))
        return
    for child in tree[1:]:
        _steps(child, counts, mandatory, labels, steps, saved)
    if tree[0] not in mandatory and tree[0] not in labels:
        labels.append(tree[0])
    steps.append(("label", tree[0]))
    if len(tree) > 1 and counts[tree] > 1:
        saved[tree] = len(saved) + 1
        steps.append(("save", None))


def _letters(n):
    """A number in letters: the last digit is one of A to T, those before it are U to Y."""
    n -= 1
    text = chr(ord("A") + n % 20)
    n //= 20
    while n > 0:
        n -= 1
        text = chr(ord("U") + n % 5) + text
        n //= 5
    return text


def verify(theorem, lemmas):
    """Runs the compressed proof as a reader of the database would; a proof that does not end in the statement is an error."""
    labels, letters = compressed(theorem)
    known = [(v, node(v)) for v in _mandatory_variables(theorem)] + [(label, ("|-", e)) for label, e in theorem.hypotheses]
    saved, stack = [], []
    for step in re.findall("[U-Y]*[A-T]|Z", letters):
        if step == "Z":
            saved.append(stack[-1])
            continue
        n = _number(step)
        if n < len(known):
            stack.append(known[n][1])
        elif n < len(known) + len(labels):
            _run(labels[n - len(known)], lemmas, stack)
        else:
            stack.append(saved[n - len(known) - len(labels)])
    if stack != [("|-", theorem.proof.conclusion)]:
        raise ValueError(f"the proof of {theorem.name} ends in {stack}")


def _run(label, lemmas, stack):
    """Takes what a label needs off the stack and puts what it makes on it."""
    if label in CONSTANTS:
        stack.append(node(label))
    elif label in FORMS:
        parts = 1 + max(int(digit) for digit in re.findall(r"\{(\d)\}", FORMS[label]))
        stack[-parts:] = [(label, *stack[-parts:])]
    else:
        lemma = lemmas[label]
        needed = lemma.mandatory()
        size = len(needed) + len(lemma.hypotheses)
        taken = stack[len(stack) - size :]
        values = dict(zip(needed, taken))
        if taken[len(needed) :] != [("|-", substitute(h, values)) for h in lemma.hypotheses]:
            raise ValueError(f"{label} does not apply")
        stack[len(stack) - size :] = [("|-", substitute(lemma.conclusion, values))]


def _number(letters):
    """The number that letters stand for, counted from zero."""
    high = 0
    for digit in letters[:-1]:
        high = high * 5 + ord(digit) - ord("U") + 1
    return high * 20 + ord(letters[-1]) - ord("A")


def written(theorem):
    """The theorem as it stands in a database."""
    block = bool(theorem.hypotheses or theorem.distinct)
    margin = "    " if block else "  "
    lines = ["  ${"] if block else []
    lines += [f"{margin}$d {pair} $." for pair in theorem.distinct]
    for label, expression in theorem.hypotheses:
        lines += _wrap(f"{theorem.name}{label} $e |- {show(expression)} $.", margin, margin + "   ")
    lines += _wrap(f"$( {theorem.comment} $)", margin, margin + "   ")
    lines += _wrap(f"{theorem.name} $p |- {theorem.statement()} $=", margin, margin + "   ")
    lines += _proof_lines(theorem, margin + "  ")
    return "\n".join(lines + ["  $}"] if block else lines)


def _wrap(text, first, rest):
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False, break_long_words=False
    )


def _proof_lines(theorem, margin):
    labels, letters = compressed(theorem)
    lines = _wrap("( " + " ".join(labels) + " )", margin, margin)
    line = lines.pop()
    room = WIDTH - len(line) - 1
    line, letters = (line + " " + letters[:room], letters[room:]) if room > 0 else (line, letters)
    while letters:
        lines.append(line)
        room = WIDTH - len(margin)
        line, letters = margin + letters[:room], letters[room:]
    if len(line) + 3 > WIDTH:
        lines.append(line)
        line = margin + "$."
    else:
        line += " $."
    return lines + [line]
