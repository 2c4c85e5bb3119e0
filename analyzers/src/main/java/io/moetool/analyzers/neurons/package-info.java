/** What the single neurons of experts add to a model. */
@NullMarked
package io.moetool.analyzers.neurons;

import org.jspecify.annotations.NullMarked;
