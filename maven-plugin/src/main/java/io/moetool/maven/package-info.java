/**
 * The tool as steps of a Maven build. Code here runs in Maven's own JVM, which may be older than
 * the one the tool needs; so it starts the tool in a JVM of its own and knows it only by its
 * command line, its exit codes and the documents it writes.
 */
@NullMarked
package io.moetool.maven;

import org.jspecify.annotations.NullMarked;
