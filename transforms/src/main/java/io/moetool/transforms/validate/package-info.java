/**
 * Comparing a candidate with the model it was made from, and deciding whether it is good enough.
 */
@NullMarked
package io.moetool.transforms.validate;

import org.jspecify.annotations.NullMarked;
