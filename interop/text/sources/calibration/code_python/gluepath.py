"""Expand patterns in the names of sheets and cells.

A pattern such as 'A1:B3' stands for all cells in a rectangle, and a list
in braces, as in 'sheet{1,2}!A1', stands for one name after another.

>>> list(expand('A1:B2'))
['A1', 'B1', 'A2', 'B2']
>>> list(expand('x{1,2}!C7'))
['x1!C7', 'x2!C7']
"""

import re
import string

__all__ = ["expand", "column_name", "column_index", "Error"]

_cell = re.compile(r'([A-Z]+)([1-9][0-9]*)', re.ASCII)


class Error(Exception):
    """Base class for exceptions in this module."""


class PatternError(Error):
    def __init__(self, pattern, pos, reason):
        self.pattern = pattern
        self.pos = pos
        self.reason = reason
        super().__init__(pattern, pos, reason)

    def __str__(self):
        return '%s at position %d of %r' % (self.reason, self.pos, self.pattern)


def column_name(index):
    """Return the name of a column, given its index.

    The index of the first column is 0.

    >>> column_name(0), column_name(25), column_name(26), column_name(702)
    ('A', 'Z', 'AA', 'AAA')
    """
    if index < 0:
        raise ValueError('column index must not be negative')
    name = ''
    index += 1
    while index:
        index, letter = divmod(index - 1, 26)
        name = string.ascii_uppercase[letter] + name
    return name


def column_index(name):
    """Return the index of a column, given its name.

    This is the inverse of column_name().
    """
    index = 0
    for c in name:
        try:
            index = index * 26 + string.ascii_uppercase.index(c) + 1
        except ValueError:
            raise ValueError('invalid column name: %r' % name) from None
    return index - 1


def expand(pattern):
    """Iterate over the names that a pattern stands for.

    The names are in the order in which they would be read: from left to
    right within a row, and one row after the other.  Braces can not be
    nested.
    """
    start = pattern.find('{')
    if start >= 0:
        end = pattern.find('}', start)
        if end < 0:
            raise PatternError(pattern, start, 'missing }')
        head, tail = pattern[:start], pattern[end + 1:]
        for item in pattern[start + 1:end].split(','):
            yield from expand(head + item.strip() + tail)
        return

    sheet, sep, cells = pattern.rpartition('!')
    prefix = sheet + sep
    first, colon, last = cells.partition(':')
    m1 = _cell.fullmatch(first)
    if m1 is None:
        raise PatternError(pattern, len(prefix), 'expected a cell')
    if not colon:
        yield pattern
        return
    m2 = _cell.fullmatch(last)
    if m2 is None:
        raise PatternError(pattern, len(prefix) + len(first) + 1,
                           'expected a cell after the colon')
    columns = sorted(column_index(m.group(1)) for m in (m1, m2))
    rows = sorted(int(m.group(2)) for m in (m1, m2))
    for row in range(rows[0], rows[1] + 1):
        for column in range(columns[0], columns[1] + 1):
            yield '%s%s%d' % (prefix, column_name(column), row)


if __name__ == '__main__':
    import doctest
    doctest.testmod()
