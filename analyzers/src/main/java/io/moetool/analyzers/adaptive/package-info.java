/**
 * What it would save if tokens did without some of the experts they choose, and what it would cost
 * at most; answered from the sums of a calibration pass.
 */
@NullMarked
package io.moetool.analyzers.adaptive;

import org.jspecify.annotations.NullMarked;
