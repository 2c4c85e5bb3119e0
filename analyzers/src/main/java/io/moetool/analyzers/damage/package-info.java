/**
 * What it does to a model to lose experts, foretold from the sums of a calibration pass. Nothing is
 * run and nothing decided here.
 */
@NullMarked
package io.moetool.analyzers.damage;

import org.jspecify.annotations.NullMarked;
