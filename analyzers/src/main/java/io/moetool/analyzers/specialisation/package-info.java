/**
 * Which domains of the data need which experts, and lists of experts by domain to cut a model to.
 */
@NullMarked
package io.moetool.analyzers.specialisation;

import org.jspecify.annotations.NullMarked;
