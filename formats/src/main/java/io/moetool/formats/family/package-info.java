/**
 * What a model family looks like, as data: where its numbers stand in {@code config.json}, what its
 * tensors are called, how it routes, attends and normalises. One JSON file per family under {@code
 * families/}; {@link io.moetool.formats.family.Architecture} is such a file filled in with the
 * numbers of one checkpoint.
 *
 * <p>Nothing here runs a model, and no code outside this package asks for a model type.
 */
@NullMarked
package io.moetool.formats.family;

import org.jspecify.annotations.NullMarked;
