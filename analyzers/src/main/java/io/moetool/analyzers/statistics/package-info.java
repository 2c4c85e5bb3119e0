/**
 * What one pass over calibration data, and one over the weights, leave behind: sums in float64 by
 * layer, domain and expert, from which every question about experts is answered later, and the file
 * that keeps them.
 *
 * <p>Sums over other data of the same model can be added. Conclusions are drawn elsewhere; nothing
 * here scores, ranks or warns.
 */
@NullMarked
package io.moetool.analyzers.statistics;

import org.jspecify.annotations.NullMarked;
