/** Arithmetic on numbers in memory. No files, no JSON, no models. */
@NullMarked
package io.moetool.kernels;

import org.jspecify.annotations.NullMarked;
