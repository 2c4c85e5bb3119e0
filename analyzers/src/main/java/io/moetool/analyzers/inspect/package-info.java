/**
 * What a checkpoint is, from its config and the headers of its files: sizes, element types, and
 * where a checkpoint of this shape loads.
 *
 * <p>No weight is read here, and nothing is said about how good an expert is.
 */
@NullMarked
package io.moetool.analyzers.inspect;

import org.jspecify.annotations.NullMarked;
