/** Runs models and shows what happens inside. Draws no conclusions. */
@NullMarked
package io.moetool.runtime;

import org.jspecify.annotations.NullMarked;
