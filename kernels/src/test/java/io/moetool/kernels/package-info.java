/** Claims about the arithmetic, checked against definitions and numbers computed by hand. */
@NullMarked
package io.moetool.kernels;

import org.jspecify.annotations.NullMarked;
