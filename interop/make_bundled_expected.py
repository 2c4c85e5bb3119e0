#!/usr/bin/env python3
"""Writes the golden numbers of the bundled model: losses, logits and token ids.

The model has its own folder under examples; only expected.json goes to the resources of the runtime's tests.
"""

import json

import numpy
import tokenizers
import torch
import transformers

import places
from make_expected import made_with
from oracle import Oracle, losses

TEXTS = {
    "prose_en": "And the king said to the watchman, What do you see from the wall? And he answered, I see a man running alone; "
    "he has a torch in his hand, and the dust of the road is on his cloak. Then they opened the gate for him.",
    "code_java": "    /** Returns the largest value, or the given one if there is none. */\n"
    "    public static int largest(int[] values, int none) {\n        int best = none;\n        for (int value : values) {\n"
    "            if (value > best) {\n                best = value;\n            }\n        }\n        return best;\n    }\n",
    "code_python": "class Counter:\n    def __init__(self, start=0):\n        self.value = start\n\n    def add(self, amount):\n"
    '        """Adds an amount and returns the new value."""\n        self.value += amount\n        return self.value\n',
    "math_nl": "Question: Vera has 12 boxes with 8 pencils each. She gives away 19 pencils. How many pencils are left?\n"
    "Answer: Vera starts with 12 * 8 = 96 pencils. After giving away 19 she has 96 - 19 = 77 pencils.\n#### 77",
    "math_formal": "$( If one thing implies another, and the other a third, the first implies the third. $)\n"
    "chain $p |- ( ph -> ch ) $= wph wps wph wch chain.1 wps wch wi wph chain.2 a1i mpd $.",
    "lang_ru": "Жила-была девочка по имени Аня. Однажды утром она нашла в саду маленького ёжика. Ёжик был грустный. "
    "«Почему ты грустишь?» — спросила Аня. «Я потерял свой красный мячик», — ответил ёжик.",
}

STRINGS = (
    "",
    " ",
    "Hello, world!",
    "The quick brown fox jumps over the lazy dog.",
    "It's a dog's life, and they'll say we've won; I'd rather not.",
    "  leading and trailing spaces  ",
    "tabs\tand\t\tmore tabs",
    "line one\nline two\n\n\nline five\r\nline six",
    "\n    \n\t\n",
    "def f(x):\n    if x > 0:\n        return x ** 2\n    return -x\n",
    "public static void main(String[] args) {\n\tSystem.out.println(\"hi\");\n}",
    "1234567890 3.14159 -42 1e-6 0xFF 1,000,000",
    "Жил-был на свете маленький ёжик. «Привет!» — сказал он.",
    "Mixed: кошка and cat, 12 мышей",
    "emoji \U0001f600\U0001f44d\U0001f3fd and flag \U0001f1eb\U0001f1ee and family \U0001f468\u200d\U0001f469\u200d\U0001f467",
    "naïve café — “quotes” … 日本語 العربية",
    "combining: e\u0301 against \u00e9, and a nul \u0000 inside",
    "<|endoftext|>",
    "before<|endoftext|>after <|endoftext|> end",
    "<|endoftext| >almost special<|end",
    "|- ( ph -> ( ps -> ch ) ) $= wph wps wch ax-1 $.",
    "snake_case camelCase SHOUTING_CASE __dunder__ a.b.c(d)[e]",
    "a" * 40 + " " * 17 + "b",
)


def main():
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    tokenizer = tokenizers.Tokenizer.from_file(str(places.BUNDLED_MODEL / "tokenizer.json"))
    oracle = Oracle(places.BUNDLED_MODEL)

    sequences, every_loss = [], []
    for domain, text in TEXTS.items():
        tokens = tokenizer.encode(text).ids
        loss = losses(oracle.logits(tokens), tokens)
        every_loss.append(loss)
        sequences.append({"domain": domain, "text": text, "tokens": tokens, "meanNll": float(loss.mean())})

    short = sequences[0]["tokens"][:12]
    last = oracle.logits(short)[-1]
    encodings = [{"text": text, "ids": tokenizer.encode(text).ids} for text in STRINGS]
    for row in encodings:
        row["decoded"] = tokenizer.decode(row["ids"])
    expected = {
        "name": places.BUNDLED_MODEL.name,
        "madeWith": made_with() | {"tokenizers": tokenizers.__version__},
        "sequences": sequences,
        "predictedTokens": sum(len(loss) for loss in every_loss),
        "meanNll": float(numpy.concatenate(every_loss).mean()),
        "lastLogits": {"tokens": short, "logits": [float(str(value)) for value in last]},
        "encodings": encodings,
    }
    folder = places.CHECKPOINTS / places.BUNDLED_MODEL.name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "expected.json").write_text(json.dumps(expected, indent=None, ensure_ascii=True) + "\n")
    for row in sequences:
        print(f"{row['domain']}: {len(row['tokens'])} tokens, loss {row['meanNll']:.5f}")
    print(f"all: {expected['meanNll']:.6f}")


if __name__ == "__main__":
    main()
