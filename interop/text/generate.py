#!/usr/bin/env python3
"""Writes examples/text/calibration.jsonl and examples/text/heldout.jsonl.

Four domains come from the hand-written pieces under sources/, two from seeded generators. Running this again gives the same bytes.
"""

import json
import pathlib
import sys

import rows
import theorems
import word_problems

HERE = pathlib.Path(__file__).resolve().parent
TARGET = HERE.parent.parent / "examples" / "text"
SPLITS = ("calibration", "heldout")
DOMAINS = ("prose_en", "code_java", "code_python", "math_nl", "math_formal", "lang_ru")


def written(split, domain):
    """The hand-written pieces of one domain, in the order of their file names."""
    for path in sorted((HERE / "sources" / split / domain).iterdir()):
        if path.is_file():
            yield path.read_text(encoding="utf-8")


def stories(split):
    """Short pieces that share a file, each set off by a line of three equals signs."""
    for text in written(split, "lang_ru"):
        for story in text.split("\n===\n"):
            yield story.strip("\n")


def texts(split, domain):
    if domain == "math_nl":
        return rows.pack(word_problems.problems(split))
    if domain == "math_formal":
        return [row for part in theorems.sections(split) for row in rows.cut(part)]
    if domain == "lang_ru":
        return [row for story in stories(split) for row in rows.cut(story)]
    return [row for text in written(split, domain) for row in rows.cut(text)]


def shared_stretch(calibration, heldout):
    """A stretch of text that stands in rows of both, or None."""
    seen = set().union(*map(rows.stretches, calibration))
    return next((stretch for row in heldout for stretch in sorted(rows.stretches(row)) if stretch in seen), None)


def main():
    made = {split: {domain: texts(split, domain) for domain in DOMAINS} for split in SPLITS}
    for domain in DOMAINS:
        stretch = shared_stretch(made["calibration"][domain], made["heldout"][domain])
        if stretch is not None:
            sys.exit(f"{domain}: calibration and held-out text share {stretch!r}")
    TARGET.mkdir(parents=True, exist_ok=True)
    for split in SPLITS:
        with open(TARGET / f"{split}.jsonl", "w", encoding="utf-8", newline="\n") as out:
            for domain in DOMAINS:
                for text in made[split][domain]:
                    assert 0 < len(text) <= rows.LIMIT
                    out.write(json.dumps({"domain": domain, "text": text}, ensure_ascii=False) + "\n")
        sizes = ", ".join(f"{domain} {len(made[split][domain])}/{sum(map(len, made[split][domain]))}" for domain in DOMAINS)
        print(f"{split}: rows/characters {sizes}")


if __name__ == "__main__":
    main()
