/** Taking experts away from ONNX models: what such a model is to a plan, and the new folder. */
@NullMarked
package io.moetool.transforms.exported;

import org.jspecify.annotations.NullMarked;
