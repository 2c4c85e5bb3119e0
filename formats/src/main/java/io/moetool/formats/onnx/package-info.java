/**
 * ONNX models as files: a graph put together node by node and written as protobuf, with its large
 * tensors outside the protobuf; and models of any origin, mapped and checked, with the layers in
 * which experts are recognised.
 *
 * <p>Nothing here runs a graph, and the generated protobuf classes do not leave this package.
 */
@NullMarked
package io.moetool.formats.onnx;

import org.jspecify.annotations.NullMarked;
