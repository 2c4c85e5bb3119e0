package io.moetool.maven;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The option of the command line that a parameter is passed as. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.FIELD)
@interface ToolOption {
  /** Longest name of the option, with its dashes. */
  String value();

  /** What the value is. */
  Role role() default Role.SETTING;

  /** Whether {@code false} is passed as {@code --no-…} instead of leaving the option out. */
  boolean negatable() default false;
}
