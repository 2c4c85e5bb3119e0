/**
 * Which tensors a rewritten checkpoint holds, and which bytes of the source each is made of.
 *
 * <p>Sizes, writing and proving all ask here, so they cannot disagree. Nothing here decides what
 * stays.
 */
@NullMarked
package io.moetool.transforms.layout;

import org.jspecify.annotations.NullMarked;
