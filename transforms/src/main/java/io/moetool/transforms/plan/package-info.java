/**
 * Deciding which experts go, and the document that says so.
 *
 * <p>A plan is made from scores and read by people; it holds no weights and changes none. What it
 * says is checked against the checkpoint it was made for before anybody acts on it.
 */
@NullMarked
package io.moetool.transforms.plan;

import org.jspecify.annotations.NullMarked;
