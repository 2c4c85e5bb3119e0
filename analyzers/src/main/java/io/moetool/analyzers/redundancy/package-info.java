/**
 * Which experts resemble each other.
 *
 * <p>Compares what routers say about experts; merging them is up to transforms.
 */
@NullMarked
package io.moetool.analyzers.redundancy;

import org.jspecify.annotations.NullMarked;
