/**
 * An analysis as one HTML page that works offline: data, plotting library and script are inside it.
 *
 * <p>Shows conclusions, draws none.
 */
@NullMarked
package io.moetool.analyzers.report;

import org.jspecify.annotations.NullMarked;
