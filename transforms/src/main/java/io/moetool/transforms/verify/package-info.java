/**
 * Re-reading what was written: every hash of the manifest, config against tensors, and, given the
 * source, which bytes are still those of the source.
 *
 * <p>Nothing here repairs anything, and nothing says whether a model is any good.
 */
@NullMarked
package io.moetool.transforms.verify;

import org.jspecify.annotations.NullMarked;
