/**
 * Documents of our own that people read and edit: a record each, read strictly, so that a slip of
 * the pen is reported with its line and never becomes a default.
 */
@NullMarked
package io.moetool.formats.document;

import org.jspecify.annotations.NullMarked;
