/** Turns what a run showed into statistics and reports. Writes no models. */
@NullMarked
package io.moetool.analyzers;

import org.jspecify.annotations.NullMarked;
