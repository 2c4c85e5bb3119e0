/**
 * Reading and writing JSON: leniently for files that others write (unknown keys survive), strictly
 * for documents of our own (unknown, doubled, missing keys and trailing text are errors).
 */
@NullMarked
package io.moetool.formats.json;

import org.jspecify.annotations.NullMarked;
