"""Parse recipes and scale them.

This module provides a class, Recipe, for lists of ingredients with
amounts, and a function, scale_amount(), which works on a single amount.
Amounts are kept as fractions, so that a third of a cup stays a third.

    >>> r = Recipe.fromstring('1 1/2 cup flour; 2 egg; 1/3 cup milk')
    >>> print(r.scaled(2))
    3 cup flour
    4 egg
    2/3 cup milk
"""

from fractions import Fraction

__all__ = ['Recipe', 'RecipeError', 'parse_amount', 'format_amount']

UNITS = frozenset(['cup', 'spoon', 'gram', 'liter', 'pinch'])


class RecipeError(Exception):
    pass


def parse_amount(words):
    """Split a list of words into (amount, rest).

    The amount may be an integer, a fraction, or an integer that is
    followed by a fraction.  If the first word isn't a number, the amount
    is None.
    """
    amount = None
    for i, word in enumerate(words):
        if i == 2:
            break
        try:
            value = Fraction(word)
        except ValueError:
            break
        except ZeroDivisionError:
            raise RecipeError('division by zero in %r' % word) from None
        amount = value if amount is None else amount + value
    else:
        i = len(words)
    return amount, words[i:]


def format_amount(amount):
    """Return an amount as a string, e.g. '1 1/2'."""
    whole, part = divmod(amount, 1)
    if not part:
        return str(whole)
    if not whole:
        return str(part)
    return '%s %s' % (whole, part)


class Recipe:

    def __init__(self, items=()):
        self._items = list(items)

    @classmethod
    def fromstring(cls, text):
        """Make a recipe from a string, in which ';' separates the items."""
        self = cls()
        for item in text.split(';'):
            words = item.split()
            if not words:
                continue
            amount, words = parse_amount(words)
            unit = words.pop(0) if words and words[0] in UNITS else None
            if not words:
                raise RecipeError('nothing to measure in %r' % item)
            self._items.append((amount, unit, ' '.join(words)))
        return self

    def scaled(self, factor):
        """Return a new recipe with all amounts multiplied by a factor."""
        factor = Fraction(factor)
        if factor <= 0:
            raise ValueError("factor must be positive")
        return type(self)((amount and amount * factor, unit, name)
                          for amount, unit, name in self._items)

    def __iter__(self):
        return iter(self._items)

    def __len__(self):
        return len(self._items)

    def __str__(self):
        lines = []
        for amount, unit, name in self._items:
            parts = [format_amount(amount)] if amount is not None else []
            if unit is not None:
                parts.append(unit)
            lines.append(' '.join(parts + [name]))
        return '\n'.join(lines)


if __name__ == "__main__":
    import sys
    for line in sys.stdin:
        print(Recipe.fromstring(line))
