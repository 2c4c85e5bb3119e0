/** The command line. Nothing here is worth testing without a terminal. */
@NullMarked
package io.moetool.cli;

import org.jspecify.annotations.NullMarked;
