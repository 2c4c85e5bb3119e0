"""Fingerprint of a checkpoint folder, from the description of io.moetool.formats.checkpoint.Fingerprint.

    python fingerprint.py ../examples/tinymoe-6d

A second implementation to hold the first against; needs the standard library only.
"""

import decimal
import hashlib
import json
import pathlib
import struct
import sys

VOLATILE = ("_name_or_path", "transformers_version")
WHOLE = 65_536
BLOCK = 16_384


def number(value):
    """As java.math.BigDecimal.stripTrailingZeros().toString() prints it."""
    sign, digits, exponent = decimal.Decimal(value).normalize().as_tuple()
    text = "".join(map(str, digits))
    if not any(digits):
        return "0"
    adjusted = exponent + len(text) - 1
    if exponent <= 0 and adjusted >= -6:
        if exponent < 0:
            text = text.rjust(1 - exponent, "0")
            text = text[:exponent] + "." + text[exponent:]
    else:
        text = text[0] + ("." + text[1:] if len(text) > 1 else "") + "E%+d" % adjusted
    return "-" * sign + text


def canonical(value):
    if isinstance(value, dict):
        keys = sorted(key for key in value if key not in VOLATILE)
        return "{" + ",".join(canonical(key) + ":" + canonical(value[key]) for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if value is None or isinstance(value, (bool, str)):
        return json.dumps(value, ensure_ascii=False)
    return number(value)


def tensors(folder):
    """Name, dtype, shape and bytes, in the order of the names."""
    index = folder / "model.safetensors.index.json"
    names = ["model.safetensors"]
    if index.exists():
        names = sorted(set(json.loads(index.read_text())["weight_map"].values()))
    found = []
    for name in names:
        content = (folder / name).read_bytes()
        start = 8 + struct.unpack("<Q", content[:8])[0]
        for tensor, entry in json.loads(content[8:start]).items():
            if tensor != "__metadata__":
                begin, end = entry["data_offsets"]
                found.append((tensor, entry["dtype"], entry["shape"], content[start + begin : start + end]))
    return sorted(found)


def sample(content):
    if len(content) <= WHOLE:
        return content
    middle = (len(content) - BLOCK) // 2
    return content[:BLOCK] + content[middle : middle + BLOCK] + content[-BLOCK:]


def fingerprint(folder):
    digest = hashlib.sha256()

    def add_number(value):
        digest.update(struct.pack("<q", value))

    def add_text(text):
        add_number(len(text.encode()))
        digest.update(text.encode())

    add_text("moetool-fingerprint-1")
    config = (folder / "config.json").read_text()
    add_text(canonical(json.loads(config, parse_float=decimal.Decimal)))
    found = tensors(folder)
    add_number(len(found))
    for name, dtype, shape, content in found:
        add_text(name)
        add_text(dtype)
        add_number(len(shape))
        for extent in shape:
            add_number(extent)
        digest.update(sample(content))
    return "sha256:" + digest.hexdigest()


if __name__ == "__main__":
    print(fingerprint(pathlib.Path(sys.argv[1])))
