#!/usr/bin/env python3
"""Writes the bundled tasks (examples/tasks) from the bundled held-out text: continuations to choose from, and word problems to solve."""

import json
import pathlib
import random

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEXT = ROOT / "examples" / "text" / "heldout.jsonl"
TASKS = ROOT / "examples" / "tasks"
CONTEXT = 240
ENDING = 60
CHOICES = 4


def border(text, at):
    """The first end of a word from here on."""
    while at < len(text) and not text[at].isspace():
        at += 1
    return at


def pieces(text):
    """Contexts with what follows them, one after the other."""
    at = 0
    while at + CONTEXT + 2 * ENDING < len(text):
        middle = border(text, at + CONTEXT)
        end = border(text, middle + ENDING)
        context, ending = text[at:middle].strip(), text[middle:end].strip()
        if context and ending and "[" not in context + ending:
            yield context, ending
        at = end


def continuations(rows):
    """The true continuation among three of other places of the same domain."""
    lot = random.Random(7)
    by_domain = {}
    for row in rows:
        by_domain.setdefault(row["domain"], []).extend(pieces(row["text"]))
    for domain, found in by_domain.items():
        for number, (context, ending) in enumerate(found[:20]):
            others = [other for _, other in found if other != ending]
            endings = lot.sample(others, CHOICES - 1)
            right = lot.randrange(CHOICES)
            endings.insert(right, ending)
            yield {"id": f"{domain}-{number}", "ctx": context, "endings": endings, "label": str(right)}


def problems(rows):
    """Word problems that stand in the text whole, with their worked solutions."""
    for row in rows:
        for part in row["text"].split("Question: ")[1:]:
            question, mark, answer = part.partition("\nAnswer: ")
            lines = answer.split("\n")
            ends = [i for i, line in enumerate(lines) if line.startswith("#### ")]
            if mark and ends:
                yield {"question": question, "answer": "\n".join(lines[: ends[0] + 1])}


def write(name, rows):
    rows = list(rows)
    (TASKS / name).write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    print(name, len(rows))


def main():
    rows = [json.loads(line) for line in TEXT.read_text(encoding="utf-8").splitlines()]
    TASKS.mkdir(exist_ok=True)
    write("continuation.jsonl", continuations(rows))
    write("word-problems.jsonl", problems(rows))


if __name__ == "__main__":
    main()
