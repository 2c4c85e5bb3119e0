"""A calendar with thirteen months of four weeks.

Every month has 28 days, and a year has 364 of them.  What is left over
is collected in a "harvest week", which belongs to no month and comes at
the end of each year that needs one.  There is no year zero.
"""

import operator

MINYEAR = 1
MAXYEAR = 9999

DAYS_IN_MONTH = 28
MONTHS_IN_YEAR = 13
DAYS_IN_YEAR = DAYS_IN_MONTH * MONTHS_IN_YEAR
HARVEST = 14                # the number of the harvest week, as if a month

_MONTHNAMES = [None, "Frost", "Thaw", "Seed", "Rain", "Leaf", "Bloom", "Hay",
               "Sun", "Corn", "Apple", "Wind", "Fog", "Snow", "Harvest"]


def has_harvest(year):
    "year -> True if the year ends with a harvest week."
    return year % 5 == 0 and (year % 40 != 0 or year % 400 == 0)


def _days_before_year(year):
    "year -> number of days before the first day of the year."
    y = year - 1
    return y * DAYS_IN_YEAR + 7 * (y // 5 - y // 40 + y // 400)


def _days_in_month(year, month):
    "year, month -> number of days in that month of that year."
    if month == HARVEST:
        return 7 if has_harvest(year) else 0
    return DAYS_IN_MONTH


def _check_fields(year, month, day):
    if not MINYEAR <= year <= MAXYEAR:
        raise ValueError('year must be in %d..%d' % (MINYEAR, MAXYEAR), year)
    if not 1 <= month <= HARVEST:
        raise ValueError('month must be in 1..%d' % HARVEST, month)
    dim = _days_in_month(year, month)
    if not 1 <= day <= dim:
        raise ValueError('day must be in 1..%d' % dim, day)


class Date:
    """A date of the harvest calendar.

    Constructors:

    __new__(year, month, day)
    fromordinal()

    Operators:

    __repr__, __str__
    __eq__, __le__, __lt__, __ge__, __gt__, __hash__
    __add__, __sub__ (with a number of days, or another date)
    """
    __slots__ = '_year', '_month', '_day'

    def __new__(cls, year, month, day):
        year = operator.index(year)
        month = operator.index(month)
        day = operator.index(day)
        _check_fields(year, month, day)
        self = object.__new__(cls)
        self._year = year
        self._month = month
        self._day = day
        return self

    @classmethod
    def fromordinal(cls, n):
        """Return the date of day n, where the first day of year 1 is day 1."""
        n = operator.index(n) - 1
        year = n // (DAYS_IN_YEAR + 2) + 1
        while n >= _days_before_year(year + 1):
            year += 1
        n -= _days_before_year(year)
        month, day = divmod(n, DAYS_IN_MONTH)
        return cls(year, month + 1, day + 1)

    def toordinal(self):
        """Return the number of this day; see fromordinal()."""
        return (_days_before_year(self._year) +
                (self._month - 1) * DAYS_IN_MONTH + self._day)

    @property
    def weekday(self):
        """0 for the first day of the week, and so on up to 6."""
        return (self._day - 1) % 7

    def __add__(self, other):
        if isinstance(other, int):
            return type(self).fromordinal(self.toordinal() + other)
        return NotImplemented

    __radd__ = __add__

    def __sub__(self, other):
        if isinstance(other, int):
            return self + -other
        if isinstance(other, Date):
            return self.toordinal() - other.toordinal()
        return NotImplemented

    def _cmp(self, other):
        x = self._year, self._month, self._day
        y = other._year, other._month, other._day
        return 0 if x == y else 1 if x > y else -1

    def __eq__(self, other):
        if isinstance(other, Date):
            return self._cmp(other) == 0
        return NotImplemented

    def __lt__(self, other):
        if isinstance(other, Date):
            return self._cmp(other) < 0
        return NotImplemented

    def __le__(self, other):
        if isinstance(other, Date):
            return self._cmp(other) <= 0
        return NotImplemented

    def __hash__(self):
        return hash((self._year, self._month, self._day))

    def __repr__(self):
        return "%s(%d, %d, %d)" % (type(self).__qualname__,
                                   self._year, self._month, self._day)

    def __str__(self):
        return "%d %s %04d" % (self._day, _MONTHNAMES[self._month], self._year)
