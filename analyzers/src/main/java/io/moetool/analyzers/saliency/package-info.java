/**
 * How much each expert matters: published criteria, all computed from the same sums. Higher always
 * means worth keeping.
 *
 * <p>Nothing here decides which experts go; that is planning.
 */
@NullMarked
package io.moetool.analyzers.saliency;

import org.jspecify.annotations.NullMarked;
