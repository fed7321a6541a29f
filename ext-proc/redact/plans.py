"""Writes src/recognizers/plans.tsv: which numbers the numbering plans of the world allow, from libphonenumber's metadata.

    pip install phonenumbers==9.0.43 && python plans.py > src/recognizers/plans.tsv

Each of libphonenumber's patterns (Apache-2.0) becomes the pairs of its first two digits and its length, so a number that
the table refuses is refused by libphonenumber too; one that it takes may still not be in use.
"""

import collections
import re._parser as parser

import phonenumbers
from phonenumbers import PhoneMetadata

LEADING = 2
# E.164's most; inside of some countries there are longer ones.
MOST = 15
KINDS = ["fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "uan", "pager", "voicemail"]


def joined(heads, tails):
    """What comes of one after the other: (leading digits, length)."""
    lengths = {length for _, length in tails}
    whole = {(digits, length + more) for digits, length in heads if len(digits) == LEADING for more in lengths}
    return whole | {((digits + next)[:LEADING], length + more) for digits, length in heads if len(digits) < LEADING for next, more in tails}


def shapes(pattern):
    """The (leading digits, length) of all that a parsed pattern matches."""
    found = {("", 0)}
    for operation, argument in pattern:
        match str(operation):
            case "LITERAL":
                found = joined(found, {(chr(argument), 1)})
            case "IN":
                found = joined(found, {(digit, 1) for digit in "0123456789" if any(in_class(entry, digit) for entry in argument)})
            case "MAX_REPEAT":
                least, most, inner = argument
                once, so_far, any_of = shapes(inner), {("", 0)}, set()
                for times in range(most + 1):
                    if times >= least:
                        any_of |= so_far
                    so_far = joined(so_far, once)
                found = joined(found, any_of)
            case "SUBPATTERN":
                found = joined(found, shapes(argument[3]))
            case "BRANCH":
                found = joined(found, set().union(*map(shapes, argument[1])))
            case other:
                raise ValueError(other)
    return found


def in_class(entry, digit):
    kind, value = str(entry[0]), entry[1]
    return kind == "CATEGORY" or kind == "LITERAL" and chr(value) == digit or kind == "RANGE" and value[0] <= ord(digit) <= value[1]


def of(kind):
    pattern = kind and kind.national_number_pattern
    return shapes(parser.parse(pattern)) if pattern and pattern != "NA" else set()


def written(found):
    """`20-28:10 80:8-9,12`: leading digits, lengths."""
    lengths = collections.defaultdict(set)
    for digits, length in found:
        if length <= MOST:
            lengths[digits].add(length)
    ranges = []
    for digits in sorted(lengths):
        if ranges and ranges[-1][2] == lengths[digits] and int(ranges[-1][1]) + 1 == int(digits):
            ranges[-1][1] = digits
        else:
            ranges.append([digits, digits, lengths[digits]])
    return " ".join((first if first == last else f"{first}-{last}") + ":" + ",".join(map(str, sorted(some))) for first, last, some in ranges)


def main():
    plans = {}
    for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items():
        found, trunk = set(), ""
        for region in regions:
            world = region == "001"
            data = PhoneMetadata.metadata_for_nongeo_region(code) if world else PhoneMetadata.metadata_for_region(region)
            found |= set().union(*(of(getattr(data, kind)) for kind in KINDS))
            trunk = trunk or data.national_prefix or ""
        plans[code] = (trunk, found)
    print(f"# Made by plans.py from libphonenumber {phonenumbers.__version__} (Apache-2.0, https://github.com/google/libphonenumber).")
    print("# Calling code, trunk prefix, numbers: two leading digits and the lengths that they come with.")
    for code, (trunk, found) in sorted(plans.items()):
        print(code, trunk or "-", written(found) or "-", sep="\t")


if __name__ == "__main__":
    main()
