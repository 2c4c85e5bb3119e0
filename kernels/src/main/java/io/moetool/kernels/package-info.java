/**
 * Arithmetic on numbers in memory: decoding stored elements, routing tokens to experts, sums, norms
 * and divergences. Matrices are row-major, shapes are written outermost first. Everything that adds
 * does so in one fixed order, so results have the same bits on every machine and for every vector
 * width.
 *
 * <p>Nothing here knows files, JSON or models. {@link java.lang.IllegalArgumentException} means
 * that a caller passed shapes or values that do not fit together.
 */
@NullMarked
package io.moetool.kernels;

import org.jspecify.annotations.NullMarked;
