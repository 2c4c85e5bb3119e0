"""The people of the word problems, and small words about them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    name: str
    he: str
    his: str
    him: str


def _men(*names):
    return [Person(name, "he", "his", "him") for name in names]


def _women(*names):
    return [Person(name, "she", "her", "her") for name in names]


PEOPLE = _men(*"Tom James Mark Carlos Peter David Sam Jack Ben Paul Henry Luis Adam Omar Leo Victor Martin Oscar".split()) + _women(
    *"Mary Anna Lisa Emily Sarah Jane Maria Kate Rosa Julia Helen Nina Clara Alice Grace Laura Irene Sofia".split()
)


def one(r):
    return r.choice(PEOPLE)


def two(r):
    return r.sample(PEOPLE, 2)


def three(r):
    return r.sample(PEOPLE, 3)


def plural(count, noun):
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
