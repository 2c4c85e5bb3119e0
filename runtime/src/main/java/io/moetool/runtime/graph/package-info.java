/**
 * The one description of a decoder as ONNX graphs. The same blocks are run piece by piece with
 * streamed weights, and joined into the model that is exported.
 *
 * <p>Nothing here runs a graph or reads a weight.
 */
@NullMarked
package io.moetool.runtime.graph;

import org.jspecify.annotations.NullMarked;
