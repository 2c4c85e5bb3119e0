/**
 * An ONNX model together with what lies beside it: the config of the checkpoint it was made from,
 * where there is one.
 */
@NullMarked
package io.moetool.formats.exported;

import org.jspecify.annotations.NullMarked;
