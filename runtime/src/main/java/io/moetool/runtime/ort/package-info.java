/**
 * ONNX Runtime behind a few small classes: which device, sessions, tensors over memory we own.
 *
 * <p>The only package that knows the library; it knows nothing about experts.
 */
@NullMarked
package io.moetool.runtime.ort;

import org.jspecify.annotations.NullMarked;
