/** Makes the experts of a checkpoint smaller. */
@NullMarked
package io.moetool.transforms.compress;

import org.jspecify.annotations.NullMarked;
