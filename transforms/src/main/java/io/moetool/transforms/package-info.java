/** Turns a plan into a new checkpoint and checks it. Holds no command-line logic. */
@NullMarked
package io.moetool.transforms;

import org.jspecify.annotations.NullMarked;
