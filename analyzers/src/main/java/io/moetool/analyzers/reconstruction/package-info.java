/**
 * What a layer loses when experts are taken away, measured on its output: exact re-routing of a
 * sample of tokens whose outputs of all experts are known by their inner products.
 */
@NullMarked
package io.moetool.analyzers.reconstruction;

import org.jspecify.annotations.NullMarked;
