/**
 * How checkpoints store weights in other ways than as one plain tensor each: which tensors make up
 * a weight, what they are called, and how their elements are meant. Nothing here computes.
 */
@NullMarked
package io.moetool.formats.quantisation;

import org.jspecify.annotations.NullMarked;
