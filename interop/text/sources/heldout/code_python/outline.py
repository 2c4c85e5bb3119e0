"""Classes to build and to print an outline.

An outline is a tree of headings.  In its text form, the level of a
heading is given by the number of '*' characters at the start of a line,
and the lines that follow it are its body.
"""


class Node:
    """A heading, its body and the headings below it."""

    def __init__(self, title, level=0, parent=None):
        self.title = title
        self.level = level
        self.parent = parent
        self.body = []
        self.children = []

    def append(self, node):
        if node is self or node in self.ancestors():
            raise ValueError("cannot append a node to itself")
        node.parent = self
        self.children.append(node)

    def ancestors(self):
        """Iterate over the nodes above this one, starting with the parent."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    def walk(self):
        """Iterate over this node and all nodes below it, in order."""
        yield self
        for child in self.children:
            yield from child.walk()

    def number(self):
        """Return the number of the heading as a string such as '2.1.3'."""
        if self.parent is None:
            return ''
        prefix = self.parent.number()
        index = self.parent.children.index(self) + 1
        return '%s.%d' % (prefix, index) if prefix else str(index)

    def __repr__(self):
        return '<%s %r at level %d>' % (self.__class__.__name__,
                                        self.title, self.level)


def parse(lines):
    """Parse an iterable of lines and return the root of the outline."""
    root = current = Node('')
    for line in lines:
        line = line.rstrip()
        title = line.lstrip('*')
        level = len(line) - len(title)
        if level == 0:
            current.body.append(line)
            continue
        while current.level >= level:
            current = current.parent
        node = Node(title.strip(), level)
        current.append(node)
        current = node
    return root


def print_outline(root, file=None, indent=4):
    """Print the headings with their numbers, each level indented."""
    for node in root.walk():
        if node.parent is not None:
            print(' ' * indent * (node.level - 1), node.number(), ' ',
                  node.title, sep='', file=file)
