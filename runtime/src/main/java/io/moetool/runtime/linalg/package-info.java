/**
 * Dense linear algebra by OpenBLAS: products, singular values, eigenvalues, Cholesky factors.
 *
 * <p>Matrices are row-major. Every call computes on the thread that makes it, so that results are
 * the same whatever the number of threads; who has many matrices shares the matrices between
 * threads. Another processor may give other last bits.
 */
@NullMarked
package io.moetool.runtime.linalg;

import org.jspecify.annotations.NullMarked;
