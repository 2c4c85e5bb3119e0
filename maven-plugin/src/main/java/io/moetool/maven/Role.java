package io.moetool.maven;

/** What a parameter means for the question whether a step has to run again. */
enum Role {
  /** A value: another value is another run. */
  SETTING,
  /** A file or folder that is read, or a word that may name one: a change in it is another run. */
  INPUT,
  /** A file or folder that is written: it must still be as the last run left it. */
  OUTPUT,
  /** Changes how a result is reached or shown, not the result. */
  MANNER
}
