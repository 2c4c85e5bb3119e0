/**
 * Which experts of a layer could become one: one class per method. Reads statistics, no weights.
 */
@NullMarked
package io.moetool.transforms.group;

import org.jspecify.annotations.NullMarked;
