/** Checks of the project as a whole. Tests of a single class live beside that class. */
@NullMarked
package io.moetool;

import org.jspecify.annotations.NullMarked;
