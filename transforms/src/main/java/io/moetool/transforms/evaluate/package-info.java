/**
 * How well a model predicts text.
 *
 * <p>Comparing two models is done by {@link io.moetool.transforms.validate}.
 */
@NullMarked
package io.moetool.transforms.evaluate;

import org.jspecify.annotations.NullMarked;
