/**
 * Running models: a checkpoint layer by layer with streamed weights and taps, an ONNX file whole.
 *
 * <p>Here numbers are produced; what they mean is decided by those who tap them.
 */
@NullMarked
package io.moetool.runtime.run;

import org.jspecify.annotations.NullMarked;
