/**
 * Tensors as bytes: element types, shapes, named views of stored elements, and the two failures
 * every module reports.
 *
 * <p>Nothing here computes with values, and nothing knows what an expert is.
 */
@NullMarked
package io.moetool.formats;

import org.jspecify.annotations.NullMarked;
