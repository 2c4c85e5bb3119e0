/** Writing a checkpoint in another form: as an ONNX model with its weights beside it. */
@NullMarked
package io.moetool.transforms.convert;

import org.jspecify.annotations.NullMarked;
