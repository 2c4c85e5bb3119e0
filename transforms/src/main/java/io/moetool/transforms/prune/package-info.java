/**
 * Carrying out a plan that removes experts: checks, sizes, and the new checkpoint folder.
 *
 * <p>Bytes are moved here, never decoded; what goes was decided elsewhere.
 */
@NullMarked
package io.moetool.transforms.prune;

import org.jspecify.annotations.NullMarked;
