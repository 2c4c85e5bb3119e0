import os
import tempfile
import unittest


class Spool:
    """A queue of byte strings that moves to a file when it grows too large."""

    def __init__(self, max_size=1024):
        self._max_size = max_size
        self._memory = []
        self._size = 0
        self._file = None
        self.closed = False

    def put(self, data):
        """Append a byte string to the spool."""
        self._check_closed()
        if not isinstance(data, (bytes, bytearray)):
            raise TypeError("put() argument must be bytes, not %s" %
                            type(data).__name__)
        self._memory.append(bytes(data))
        self._size += len(data)
        if self._file is None and self._size > self._max_size:
            self._spill()
        elif self._file is not None:
            self._flush()

    def _spill(self):
        self._file = tempfile.TemporaryFile()
        self._flush()

    def _flush(self):
        self._file.seek(0, os.SEEK_END)
        for data in self._memory:
            self._file.write(data)
        del self._memory[:]

    def getvalue(self):
        """Return the whole contents of the spool as bytes."""
        self._check_closed()
        if self._file is None:
            return b''.join(self._memory)
        self._file.seek(0)
        return self._file.read()

    @property
    def spilled(self):
        return self._file is not None

    def close(self):
        if not self.closed:
            self.closed = True
            if self._file is not None:
                self._file.close()

    def _check_closed(self):
        if self.closed:
            raise ValueError("operation on closed spool")

    def __len__(self):
        return self._size

    def __enter__(self):
        self._check_closed()
        return self

    def __exit__(self, *args):
        self.close()


class SpoolTest(unittest.TestCase):

    def setUp(self):
        self.spool = Spool(max_size=10)
        self.addCleanup(self.spool.close)

    def test_empty(self):
        self.assertEqual(len(self.spool), 0)
        self.assertEqual(self.spool.getvalue(), b'')
        self.assertFalse(self.spool.spilled)

    def test_put(self):
        self.spool.put(b'abc')
        self.spool.put(bytearray(b'def'))
        self.assertEqual(self.spool.getvalue(), b'abcdef')
        self.assertEqual(len(self.spool), 6)

    def test_put_wrong_type(self):
        for value in 'abc', 42, None, [b'abc']:
            with self.subTest(value=value):
                self.assertRaises(TypeError, self.spool.put, value)
        self.assertEqual(len(self.spool), 0)

    def test_spill(self):
        # Exactly max_size bytes still fit into memory.
        self.spool.put(b'0123456789')
        self.assertFalse(self.spool.spilled)
        self.spool.put(b'!')
        self.assertTrue(self.spool.spilled)
        self.assertEqual(self.spool.getvalue(), b'0123456789!')

    def test_put_after_spill(self):
        self.spool.put(b'x' * 20)
        self.spool.getvalue()
        self.spool.put(b'y')
        self.assertEqual(self.spool.getvalue(), b'x' * 20 + b'y')

    def test_close(self):
        self.spool.close()
        self.assertTrue(self.spool.closed)
        self.assertRaises(ValueError, self.spool.put, b'abc')
        self.assertRaises(ValueError, self.spool.getvalue)
        self.spool.close()              # closing twice does no harm

    def test_context_manager(self):
        with Spool() as spool:
            spool.put(b'abc')
        self.assertTrue(spool.closed)
        with self.assertRaisesRegex(ValueError, 'closed spool'):
            spool.__enter__()


if __name__ == "__main__":
    unittest.main()
