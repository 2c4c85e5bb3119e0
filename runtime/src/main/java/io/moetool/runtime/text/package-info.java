/**
 * Text as a model sees it: data files read into token sequences.
 *
 * <p>Nothing here runs a model.
 */
@NullMarked
package io.moetool.runtime.text;

import org.jspecify.annotations.NullMarked;
