/**
 * The command line: commands, options, exit codes, progress, and how results look on a terminal.
 *
 * <p>Nothing is computed here; a command reads its options, calls the module that does the work and
 * shows what came back.
 */
@NullMarked
package io.moetool.cli;

import org.jspecify.annotations.NullMarked;
