package io.moetool.maven;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The place on the command line that a parameter is passed at. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.FIELD)
@interface ToolArgument {
  /** Position, from zero. */
  int value();
}
