#! /usr/bin/env python3

"""Keep the accounts of a small club in a plain text file.

Usage:  ledger [options] command [argument ...]

Options:
    -f file     the ledger to use (default: ~/.ledger)
    -q          don't print anything but errors

Commands:
    add date account amount [note]
    balance [account]
    check
"""

# Notes on the format:
#
# - The amounts are stored in cents, so that they can be added without
#   rounding errors.
# - A line is never changed.  To undo an entry, add another one with the
#   opposite sign.
# - The last field of each line is a checksum of everything before it,
#   including the checksum of the previous line.

import getopt
import os
import sys
import zlib


class Ledger:

    def __init__(self, filename):
        self.filename = filename
        self.entries = []
        self.checksum = 0
        self.dirty = False

    def load(self):
        """Read all entries.  A missing file is an empty ledger."""
        try:
            f = open(self.filename, encoding='utf-8')
        except FileNotFoundError:
            return
        with f:
            for lineno, line in enumerate(f, 1):
                body, sep, checksum = line.rstrip('\n').rpartition('\t')
                if not sep:
                    raise ValueError('line %d has no checksum' % lineno)
                self._append(body)
                if '%08x' % self.checksum != checksum:
                    raise ValueError('line %d has been changed' % lineno)

    def _append(self, body):
        date, account, cents, note = body.split('\t')
        self.entries.append((date, account, int(cents), note))
        self.checksum = zlib.crc32(body.encode('utf-8'), self.checksum)

    def add(self, date, account, amount, note=''):
        if '\t' in note or '\n' in note:
            raise ValueError('a note must not contain tabs or newlines')
        body = '\t'.join((date, account, str(parse_amount(amount)), note))
        self._append(body)
        self.dirty = True
        with open(self.filename, 'a', encoding='utf-8') as f:
            f.write('%s\t%08x\n' % (body, self.checksum))

    def balance(self, account=None):
        """Return the sum of all amounts, in cents."""
        return sum(cents for _, name, cents, _ in self.entries
                   if account is None or name == account)

    def accounts(self):
        return sorted({name for _, name, _, _ in self.entries})


def parse_amount(text):
    """Convert a string such as '12', '-3.50' or '+0.05' to cents."""
    sign = -1 if text.startswith('-') else 1
    whole, point, part = text.lstrip('+-').partition('.')
    if not whole.isdigit() or (point and not (part.isdigit() and len(part) == 2)):
        raise ValueError('invalid amount: %r' % text)
    return sign * (int(whole) * 100 + int(part or 0))


def format_amount(cents):
    sign = '-' if cents < 0 else ''
    return '%s%d.%02d' % (sign, *divmod(abs(cents), 100))


def usage(code, msg=''):
    print(__doc__, file=sys.stderr)
    if msg:
        print(msg, file=sys.stderr)
    sys.exit(code)


def main():
    try:
        opts, args = getopt.getopt(sys.argv[1:], 'f:qh', ['help'])
    except getopt.error as msg:
        usage(1, msg)

    filename = os.path.expanduser('~/.ledger')
    quiet = False
    for opt, arg in opts:
        if opt in ('-h', '--help'):
            usage(0)
        elif opt == '-f':
            filename = arg
        elif opt == '-q':
            quiet = True
    if not args:
        usage(1, 'a command is required')

    ledger = Ledger(filename)
    try:
        ledger.load()
        if args[0] == 'add':
            ledger.add(*args[1:])
        elif args[0] == 'balance':
            for name in args[1:] or ledger.accounts():
                print('%-20s %12s' % (name, format_amount(ledger.balance(name))))
        elif args[0] == 'check':
            if not quiet:
                print('%d entries, all in order' % len(ledger.entries))
        else:
            usage(1, 'unknown command: ' + args[0])
    except (OSError, TypeError, ValueError) as err:
        print('ledger: %s' % err, file=sys.stderr)
        return 2
    return 0


if __name__ == '__main__':
    sys.exit(main())
