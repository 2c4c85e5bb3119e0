/**
 * Getting bytes onto a disk, all or nothing: staged folders and files that appear when they are
 * finished, checks of the target and of free space, hashes.
 *
 * <p>Nothing here knows what the bytes mean.
 */
@NullMarked
package io.moetool.formats.publish;

import org.jspecify.annotations.NullMarked;
