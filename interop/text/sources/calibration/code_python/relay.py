"""A small line-based relay server.

Clients connect, send a line 'JOIN <name>', and from then on every line
they send is passed on to all other clients in the same room.  The server
answers every command with a three-digit code and a text.
"""

import logging
import socket
import socketserver
import threading

DEFAULT_PORT = 7707
MAXLINE = 2048
CRLF = '\r\n'
ENCODING = 'utf-8'

logger = logging.getLogger(__name__)


class RelayError(Exception):
    """An error that is reported to the client with a reply code."""

    def __init__(self, code, message):
        super().__init__(code, message)
        self.code = code
        self.message = message


class RelayHandler(socketserver.StreamRequestHandler):
    """Serve a single client.

    Each command 'xyz' is handled by the method do_xyz, which is called
    with the rest of the line as its only argument.
    """

    name = None
    room = None

    def handle(self):
        self.reply(200, 'ready')
        while True:
            try:
                line = self.rfile.readline(MAXLINE + 1)
            except ConnectionError:
                break
            if not line:
                break
            if len(line) > MAXLINE:
                self.reply(500, 'line too long')
                break
            try:
                if not self.onecmd(line.decode(ENCODING).rstrip(CRLF)):
                    break
            except UnicodeDecodeError:
                self.reply(501, 'text is not valid ' + ENCODING)
            except RelayError as err:
                self.reply(err.code, err.message)

    def finish(self):
        if self.room is not None:
            self.server.leave(self.room, self)
        try:
            super().finish()
        except OSError:
            logger.debug('client %s has gone away', self.client_address)

    def onecmd(self, line):
        """Run one command.  Return false if the client wants to leave."""
        command, _, arg = line.partition(' ')
        method = getattr(self, 'do_' + command.lower(), None)
        if method is None:
            raise RelayError(502, 'unknown command %r' % command)
        return method(arg.strip())

    def do_join(self, arg):
        """JOIN room name"""
        args = arg.split()
        if len(args) != 2:
            raise RelayError(503, 'usage: JOIN room name')
        if self.room is not None:
            raise RelayError(504, 'you are already in room ' + self.room)
        room, name = args
        self.server.enter(room, name, self)
        self.room, self.name = room, name
        self.reply(201, 'welcome to ' + room)
        return True

    def do_say(self, arg):
        """SAY text"""
        if self.room is None:
            raise RelayError(505, 'join a room first')
        count = self.server.broadcast(self.room, self, arg)
        self.reply(202, 'sent to %d clients' % count)
        return True

    def do_quit(self, arg):
        """QUIT"""
        self.reply(221, 'goodbye')
        return False

    def reply(self, code, text):
        self.wfile.write(('%03d %s%s' % (code, text, CRLF)).encode(ENCODING))


class RelayServer(socketserver.ThreadingTCPServer):

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, server_address, handler=RelayHandler):
        super().__init__(server_address, handler)
        self._lock = threading.Lock()
        self._rooms = {}

    def enter(self, room, name, client):
        with self._lock:
            members = self._rooms.setdefault(room, {})
            if name in members:
                raise RelayError(506, 'name %s is taken' % name)
            members[name] = client

    def leave(self, room, client):
        with self._lock:
            members = self._rooms.get(room, {})
            members.pop(client.name, None)
            if not members:
                self._rooms.pop(room, None)

    def broadcast(self, room, sender, text):
        """Send a line to every member of a room except the sender."""
        with self._lock:
            others = [c for c in self._rooms.get(room, {}).values()
                      if c is not sender]
        sent = 0
        for client in others:
            try:
                client.reply(100, '%s: %s' % (sender.name, text))
            except (OSError, socket.timeout):
                continue
            sent += 1
        return sent
