/** Text that a model goes on with, token by token. */
@NullMarked
package io.moetool.transforms.generate;

import org.jspecify.annotations.NullMarked;
