"""Read and summarize tide logs.

A tide log is a text file with one observation on each line:

    2021-03-04 06:15  +1.32  harbor

The fields are the date, the time, the height of the water in meters and
the name of the station.  Empty lines and lines that start with '#' are
ignored.

Functions:

    parse(file)         -- iterate over the observations in a file
    summarize(obs)      -- return a dictionary of station summaries
    main(argv=None)     -- run as a script
"""

import argparse
import datetime
import re
import sys
from collections import namedtuple

__all__ = ["Observation", "TideError", "parse", "summarize"]

Observation = namedtuple('Observation', 'when height station')

_line_match = re.compile(r'''
    (?P<date> \d{4}-\d{2}-\d{2} ) \s+
    (?P<time> \d{2}:\d{2} ) \s+
    (?P<height> [-+]?\d+(?:\.\d*)? ) \s+
    (?P<station> \S+ ) \s* $
''', re.VERBOSE).match


class TideError(ValueError):
    """Raised when a line of a log cannot be understood.

    The attribute 'lineno' is the number of the line, starting at 1.
    """

    def __init__(self, msg, lineno):
        ValueError.__init__(self, '%s, line %d' % (msg, lineno))
        self.msg = msg
        self.lineno = lineno


def _parse_line(line, lineno):
    """Return the Observation on a line, or raise TideError."""
    m = _line_match(line)
    if m is None:
        raise TideError('malformed observation: %r' % line, lineno)
    try:
        when = datetime.datetime.strptime(
            m.group('date') + ' ' + m.group('time'), '%Y-%m-%d %H:%M')
    except ValueError as exc:
        raise TideError(str(exc), lineno) from None
    return Observation(when, float(m.group('height')), m.group('station'))


def parse(file):
    """Iterate over the observations in a file, or in any other iterable
    of lines.
    """
    for lineno, line in enumerate(file, 1):
        line = line.strip()
        if not line or line.startswith('#'):
            continue
        yield _parse_line(line, lineno)


def summarize(observations):
    """Return a dictionary that maps each station to a tuple (count, low, high).

    If there are no observations, an empty dictionary is returned.
    """
    result = {}
    for obs in observations:
        try:
            count, low, high = result[obs.station]
        except KeyError:
            result[obs.station] = 1, obs.height, obs.height
        else:
            result[obs.station] = (count + 1,
                                   min(low, obs.height),
                                   max(high, obs.height))
    return result


def main(argv=None):
    parser = argparse.ArgumentParser(
        description='Print the lowest and the highest tide of each station.')
    parser.add_argument('-s', '--station', action='append', default=[],
                        help='show only this station (may be repeated)')
    parser.add_argument('files', nargs='*', metavar='FILE',
                        help='the logs to read (default: standard input)')
    args = parser.parse_args(argv)

    observations = []
    if not args.files:
        observations.extend(parse(sys.stdin))
    for name in args.files:
        try:
            with open(name, encoding='utf-8') as f:
                observations.extend(parse(f))
        except (OSError, TideError) as exc:
            print('%s: %s' % (name, exc), file=sys.stderr)
            return 1

    for station, (count, low, high) in sorted(summarize(observations).items()):
        if args.station and station not in args.station:
            continue
        print('%-12s %5d %+7.2f %+7.2f' % (station, count, low, high))
    return 0


if __name__ == '__main__':
    sys.exit(main())
