/** Questions with known answers, and how many of them a model answers rightly. */
@NullMarked
package io.moetool.transforms.task;

import org.jspecify.annotations.NullMarked;
