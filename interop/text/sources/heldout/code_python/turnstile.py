"""Tests for a turnstile, written as a small state machine."""

import threading
import unittest
from unittest import mock

LOCKED = 'locked'
OPEN = 'open'
BROKEN = 'broken'


class Turnstile:
    """Let one person through for each coin.

    The argument 'bell', if given, is called with a message each time that
    somebody pushes against a locked arm.
    """

    def __init__(self, bell=None):
        self.state = LOCKED
        self.coins = 0
        self.passed = 0
        self._bell = bell
        self._lock = threading.RLock()

    def coin(self):
        with self._lock:
            if self.state == BROKEN:
                return False
            self.coins += 1
            self.state = OPEN
            return True

    def push(self):
        with self._lock:
            if self.state == LOCKED:
                if self._bell is not None:
                    self._bell('please insert a coin')
                return False
            self.passed += 1
            if self.state == OPEN:
                self.state = LOCKED
            return True


class TurnstileTestCase(unittest.TestCase):

    def setUp(self):
        self.bell = mock.Mock()
        self.turnstile = Turnstile(self.bell)

    def tearDown(self):
        del self.turnstile

    def check(self, state, coins, passed):
        self.assertEqual(self.turnstile.state, state)
        self.assertEqual(self.turnstile.coins, coins)
        self.assertEqual(self.turnstile.passed, passed)

    def test_initial_state(self):
        self.check(LOCKED, 0, 0)

    def test_push_when_locked(self):
        self.assertFalse(self.turnstile.push())
        self.bell.assert_called_once_with('please insert a coin')
        self.check(LOCKED, 0, 0)

    def test_push_without_bell(self):
        self.assertIs(Turnstile().push(), False)

    def test_coin_and_push(self):
        self.assertTrue(self.turnstile.coin())
        self.check(OPEN, 1, 0)
        self.assertTrue(self.turnstile.push())
        self.check(LOCKED, 1, 1)
        self.assertFalse(self.bell.called)

    def test_second_coin_is_lost(self):
        # The arm can only be opened once, however many coins are paid.
        self.turnstile.coin()
        self.turnstile.coin()
        self.turnstile.push()
        self.check(LOCKED, 2, 1)

    def test_broken(self):
        self.turnstile.state = BROKEN
        self.assertFalse(self.turnstile.coin())
        for i in range(5):
            self.assertTrue(self.turnstile.push())
        self.check(BROKEN, 0, 5)

    def test_threads(self):
        def worker():
            for i in range(100):
                self.turnstile.coin()
        threads = [threading.Thread(target=worker) for i in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.check(OPEN, 400, 0)


if __name__ == '__main__':
    unittest.main()
