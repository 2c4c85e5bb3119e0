"""A calendar with thirteen months of four weeks.

Every month has 28 days, and a year has 364 of them.  What is left over
is collected in a "harvest week", which belongs to no month and comes at
the end of each year that needs one.  There is no year zero.
"""

import operator

FIRST_YEAR = 1
LAST_YEAR = 9999

DAYS_IN_MONTH = 28
MONTHS_IN_YEAR = 13
DAYS_IN_YEAR = DAYS_IN_MONTH * MONTHS_IN_YEAR
HARVEST = 14                # the number of the harvest week, as if a month

_NAMES = [None, "Frost", "Thaw", "Seed", "Rain", "Leaf", "Bloom", "Hay",
          "Sun", "Corn", "Apple", "Wind", "Fog", "Snow", "Harvest"]


def has_harvest(year):
    """Return True if the year ends with a harvest week."""
    return year % 5 == 0 and (year % 40 != 0 or year % 400 == 0)


def _days_until_year(year):
    """Return how many days of the calendar have gone by when a year begins."""
    y = year - 1
    return y * DAYS_IN_YEAR + 7 * (y // 5 - y // 40 + y // 400)


def _month_length(year, month):
    """Return 28, or the length of the harvest week for HARVEST."""
    if month == HARVEST:
        return 7 if has_harvest(year) else 0
    return DAYS_IN_MONTH


def _validate(year, month, day):
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError('the calendar has no year %d' % year)
    if not 1 <= month <= HARVEST:
        raise ValueError('the calendar has no month %d' % month)
    length = _month_length(year, month)
    if not 1 <= day <= length:
        raise ValueError('%s of year %d has %d days, not %d' %
                         (_NAMES[month], year, length, day))


class Date:
    """A date of the harvest calendar.

    Dates can be compared with each other and used as keys of a
    dictionary.  A number of days can be added to a date or taken from
    it, and the difference of two dates is a number of days.
    """

    def __init__(self, year, month, day):
        self._year = operator.index(year)
        self._month = operator.index(month)
        self._day = operator.index(day)
        _validate(self._year, self._month, self._day)

    @classmethod
    def fromordinal(cls, n):
        """Return the date of day n, where the first day of year 1 is day 1."""
        n = operator.index(n) - 1
        year = n // (DAYS_IN_YEAR + 2) + 1
        while n >= _days_until_year(year + 1):
            year += 1
        n -= _days_until_year(year)
        month, day = divmod(n, DAYS_IN_MONTH)
        return cls(year, month + 1, day + 1)

    def toordinal(self):
        """Return the number of this day; see fromordinal()."""
        return (_days_until_year(self._year) +
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

    def _compare(self, other):
        return self.toordinal() - other.toordinal()

    def __eq__(self, other):
        if isinstance(other, Date):
            return self._compare(other) == 0
        return NotImplemented

    def __lt__(self, other):
        if isinstance(other, Date):
            return self._compare(other) < 0
        return NotImplemented

    def __le__(self, other):
        if isinstance(other, Date):
            return self._compare(other) <= 0
        return NotImplemented

    def __hash__(self):
        return hash(self.toordinal())

    def __repr__(self):
        return "%s(%d, %d, %d)" % (type(self).__qualname__,
                                   self._year, self._month, self._day)

    def __str__(self):
        return "%d %s %04d" % (self._day, _NAMES[self._month], self._year)
