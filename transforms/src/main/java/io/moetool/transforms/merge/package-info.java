/** Computes merged experts and router rows while they are written, a row of weights at a time. */
@NullMarked
package io.moetool.transforms.merge;

import org.jspecify.annotations.NullMarked;
