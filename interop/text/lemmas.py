"""The elementary facts of logic, sets and numbers that the theorems' proofs cite, under the names by which Metamath's readers know them."""

from metamath import Lemma, node

PH, PS, CH, TH, TA = (node(v) for v in ("wph", "wps", "wch", "wth", "wta"))
A, B, C, D = (node(v) for v in ("cA", "cB", "cC", "cD"))
F = node("cF")
X = node("vx")
CC, RR = node("cc"), node("cr")


def imp(p, q):
    return node("wi", p, q)


def con(p, q):
    return node("wa", p, q)


def dis(p, q):
    return node("wo", p, q)


def iff(p, q):
    return node("wb", p, q)


def non(p):
    return node("wn", p)


def eq(a, b):
    return node("wceq", a, b)


def el(a, b):
    return node("wcel", a, b)


def sub(a, b):
    return node("wss", a, b)


def op(a, b, f):
    return node("co", a, b, f)


def plus(a, b):
    return op(a, b, node("caddc"))


def times(a, b):
    return op(a, b, node("cmul"))


def minus(a, b):
    return op(a, b, node("cmin"))


def neg(a):
    return node("cneg", a)


def cup(a, b):
    return node("cun", a, b)


def cap(a, b):
    return node("cin", a, b)


def le(a, b):
    return node("wbr", a, b, node("cle"))


def lt(a, b):
    return node("wbr", a, b, node("clt"))


def every(p):
    return node("wral", p, X, A)


def some(p):
    return node("wrex", p, X, A)


def under(q):
    return imp(PH, q)


def _lemmas(*rows):
    return {row[0]: Lemma(row[0], tuple(row[1:-1]), row[-1]) for row in rows}


A_CC, B_CC, C_CC = (under(el(v, CC)) for v in (A, B, C))
A_RR, B_RR, C_RR, D_RR = (under(el(v, RR)) for v in (A, B, C, D))

LEMMAS = _lemmas(
    # numbers
    ("addcld", A_CC, B_CC, under(el(plus(A, B), CC))),
    ("mulcld", A_CC, B_CC, under(el(times(A, B), CC))),
    ("subcld", A_CC, B_CC, under(el(minus(A, B), CC))),
    ("negcld", A_CC, under(el(neg(A), CC))),
    ("addcomd", A_CC, B_CC, under(eq(plus(A, B), plus(B, A)))),
    ("mulcomd", A_CC, B_CC, under(eq(times(A, B), times(B, A)))),
    ("addassd", A_CC, B_CC, C_CC, under(eq(plus(plus(A, B), C), plus(A, plus(B, C))))),
    ("mulassd", A_CC, B_CC, C_CC, under(eq(times(times(A, B), C), times(A, times(B, C))))),
    ("adddid", A_CC, B_CC, C_CC, under(eq(times(A, plus(B, C)), plus(times(A, B), times(A, C))))),
    ("adddird", A_CC, B_CC, C_CC, under(eq(times(plus(A, B), C), plus(times(A, C), times(B, C))))),
    ("subdid", A_CC, B_CC, C_CC, under(eq(times(A, minus(B, C)), minus(times(A, B), times(A, C))))),
    ("negsubd", A_CC, B_CC, under(eq(plus(A, neg(B)), minus(A, B)))),
    ("negsubdi2d", A_CC, B_CC, under(eq(neg(minus(A, B)), minus(B, A)))),
    ("mulneg1d", A_CC, B_CC, under(eq(times(neg(A), B), neg(times(A, B))))),
    ("oveq1d", under(eq(A, B)), under(eq(op(A, C, F), op(B, C, F)))),
    ("oveq2d", under(eq(A, B)), under(eq(op(C, A, F), op(C, B, F)))),
    ("negeqd", under(eq(A, B)), under(eq(neg(A), neg(B)))),
    ("eqcomd", under(eq(A, B)), under(eq(B, A))),
    ("eqtrd", under(eq(A, B)), under(eq(B, C)), under(eq(A, C))),
    ("3eqtrd", under(eq(A, B)), under(eq(B, C)), under(eq(C, D)), under(eq(A, D))),
    # sets
    ("uncom", eq(cup(A, B), cup(B, A))),
    ("incom", eq(cap(A, B), cap(B, A))),
    ("unass", eq(cup(cup(A, B), C), cup(A, cup(B, C)))),
    ("inass", eq(cap(cap(A, B), C), cap(A, cap(B, C)))),
    ("indi", eq(cap(A, cup(B, C)), cup(cap(A, B), cap(A, C)))),
    ("undi", eq(cup(A, cap(B, C)), cap(cup(A, B), cup(A, C)))),
    ("uneq1i", eq(A, B), eq(cup(A, C), cup(B, C))),
    ("uneq2i", eq(A, B), eq(cup(C, A), cup(C, B))),
    ("ineq1i", eq(A, B), eq(cap(A, C), cap(B, C))),
    ("ineq2i", eq(A, B), eq(cap(C, A), cap(C, B))),
    ("eqcomi", eq(A, B), eq(B, A)),
    ("eqtri", eq(A, B), eq(B, C), eq(A, C)),
    ("3eqtri", eq(A, B), eq(B, C), eq(C, D), eq(A, D)),
    ("ssun1", sub(A, cup(A, B))),
    ("ssun2", sub(A, cup(B, A))),
    ("inss1", sub(cap(A, B), A)),
    ("inss2", sub(cap(A, B), B)),
    ("sstri", sub(A, B), sub(B, C), sub(A, C)),
    ("unssi", sub(A, C), sub(B, C), sub(cup(A, B), C)),
    ("ssini", sub(A, B), sub(A, C), sub(A, cap(B, C))),
    ("sseqtri", sub(A, B), eq(B, C), sub(A, C)),
    ("eqsstri", eq(A, B), sub(B, C), sub(A, C)),
    ("sseli", sub(A, B), imp(el(C, A), el(C, B))),
    # logic
    ("ancom", iff(con(PH, PS), con(PS, PH))),
    ("orcom", iff(dis(PH, PS), dis(PS, PH))),
    ("anass", iff(con(con(PH, PS), CH), con(PH, con(PS, CH)))),
    ("orass", iff(dis(dis(PH, PS), CH), dis(PH, dis(PS, CH)))),
    ("andi", iff(con(PH, dis(PS, CH)), dis(con(PH, PS), con(PH, CH)))),
    ("ordi", iff(dis(PH, con(PS, CH)), con(dis(PH, PS), dis(PH, CH)))),
    ("ianor", iff(non(con(PH, PS)), dis(non(PH), non(PS)))),
    ("ioran", iff(non(dis(PH, PS)), con(non(PH), non(PS)))),
    ("imor", iff(imp(PH, PS), dis(non(PH), PS))),
    ("con34b", iff(imp(PH, PS), imp(non(PS), non(PH)))),
    ("anbi1i", iff(PH, PS), iff(con(PH, CH), con(PS, CH))),
    ("anbi2i", iff(PH, PS), iff(con(CH, PH), con(CH, PS))),
    ("orbi1i", iff(PH, PS), iff(dis(PH, CH), dis(PS, CH))),
    ("orbi2i", iff(PH, PS), iff(dis(CH, PH), dis(CH, PS))),
    ("imbi1i", iff(PH, PS), iff(imp(PH, CH), imp(PS, CH))),
    ("imbi2i", iff(PH, PS), iff(imp(CH, PH), imp(CH, PS))),
    ("notbii", iff(PH, PS), iff(non(PH), non(PS))),
    ("bicomi", iff(PH, PS), iff(PS, PH)),
    ("bitri", iff(PH, PS), iff(PS, CH), iff(PH, CH)),
    ("3bitri", iff(PH, PS), iff(PS, CH), iff(CH, TH), iff(PH, TH)),
    ("syl", imp(PH, PS), imp(PS, CH), imp(PH, CH)),
    ("sylbi", iff(PH, PS), imp(PS, CH), imp(PH, CH)),
    ("sylib", imp(PH, PS), iff(PS, CH), imp(PH, CH)),
    ("adantr", imp(PH, PS), imp(con(PH, CH), PS)),
    ("adantl", imp(PH, PS), imp(con(CH, PH), PS)),
    ("jca", imp(PH, PS), imp(PH, CH), imp(PH, con(PS, CH))),
    ("jaoi", imp(PH, PS), imp(CH, PS), imp(dis(PH, CH), PS)),
    ("orcd", imp(PH, PS), imp(PH, dis(PS, CH))),
    ("olcd", imp(PH, PS), imp(PH, dis(CH, PS))),
    ("con3i", imp(PH, PS), imp(non(PS), non(PH))),
    ("ex", imp(con(PH, PS), CH), imp(PH, imp(PS, CH))),
    ("imim2i", imp(PH, PS), imp(imp(CH, PH), imp(CH, PS))),
    # order
    ("readdcld", A_RR, B_RR, under(el(plus(A, B), RR))),
    ("letrd", A_RR, B_RR, C_RR, under(le(A, B)), under(le(B, C)), under(le(A, C))),
    ("lelttrd", A_RR, B_RR, C_RR, under(le(A, B)), under(lt(B, C)), under(lt(A, C))),
    ("ltletrd", A_RR, B_RR, C_RR, under(lt(A, B)), under(le(B, C)), under(lt(A, C))),
    ("lttrd", A_RR, B_RR, C_RR, under(lt(A, B)), under(lt(B, C)), under(lt(A, C))),
    ("ltled", A_RR, B_RR, under(lt(A, B)), under(le(A, B))),
    ("leadd1dd", A_RR, B_RR, C_RR, under(le(A, B)), under(le(plus(A, C), plus(B, C)))),
    ("leadd2dd", A_RR, B_RR, C_RR, under(le(A, B)), under(le(plus(C, A), plus(C, B)))),
    ("ltadd1dd", A_RR, B_RR, C_RR, under(lt(A, B)), under(lt(plus(A, C), plus(B, C)))),
    # quantifiers; those that end in v want x not to occur in ph
    ("ralbidv", under(iff(PS, CH)), under(iff(every(PS), every(CH)))),
    ("rexbidv", under(iff(PS, CH)), under(iff(some(PS), some(CH)))),
    ("notbid", under(iff(PS, CH)), under(iff(non(PS), non(CH)))),
    ("anbi1d", under(iff(PS, CH)), under(iff(con(PS, TH), con(CH, TH)))),
    ("anbi2d", under(iff(PS, CH)), under(iff(con(TH, PS), con(TH, CH)))),
    ("imbi1d", under(iff(PS, CH)), under(iff(imp(PS, TH), imp(CH, TH)))),
    ("imbi2d", under(iff(PS, CH)), under(iff(imp(TH, PS), imp(TH, CH)))),
    ("bicomd", under(iff(PS, CH)), under(iff(CH, PS))),
    ("bitrd", under(iff(PS, CH)), under(iff(CH, TH)), under(iff(PS, TH))),
)
