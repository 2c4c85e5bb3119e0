/**
 * How the router spreads tokens over experts: evenness, what domains use which experts, who is
 * chosen together.
 *
 * <p>Looks at counts alone, never at what experts compute.
 */
@NullMarked
package io.moetool.analyzers.routing;

import org.jspecify.annotations.NullMarked;
