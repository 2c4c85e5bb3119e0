/**
 * A Hugging Face checkpoint folder as a whole: the shards and their index, the files that travel
 * with the weights, the fingerprint that says which model this is, and writing a new folder with a
 * manifest that says where every tensor came from.
 *
 * <p>Nothing here knows what a tensor means, and nothing reads a value of {@code config.json}.
 */
@NullMarked
package io.moetool.formats.checkpoint;

import org.jspecify.annotations.NullMarked;
