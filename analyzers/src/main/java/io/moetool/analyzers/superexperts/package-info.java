/**
 * Experts with outputs far beyond those of all others, whose removal breaks a model (arXiv
 * 2507.23279).
 *
 * <p>Names them; protecting them is up to planning.
 */
@NullMarked
package io.moetool.analyzers.superexperts;

import org.jspecify.annotations.NullMarked;
