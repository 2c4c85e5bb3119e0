/**
 * Making up for experts that go, by what stays.
 *
 * <p>Fits only; what was fitted becomes a part of the plan, and is carried out with it.
 */
@NullMarked
package io.moetool.transforms.repair;

import org.jspecify.annotations.NullMarked;
