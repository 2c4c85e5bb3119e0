/** Native libraries that come inside jars: unpacked once per user, then found by every run. */
@NullMarked
package io.moetool.runtime.natives;

import org.jspecify.annotations.NullMarked;
