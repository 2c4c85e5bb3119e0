/** A file system that fails when it is told to, for tests of what is left on the disk. */
@NullMarked
package io.moetool.faults;

import org.jspecify.annotations.NullMarked;
