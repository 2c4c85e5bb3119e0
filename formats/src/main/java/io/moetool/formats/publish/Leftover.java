package io.moetool.formats.publish;

/** What to do with the staging folder of a run that was ended before it could finish. */
public enum Leftover {
  /** Say that it is there, and stop. */
  REFUSE,
  /** Go on with it, if it was begun with the same work. */
  RESUME,
  /** Remove it and begin anew. */
  DISCARD
}
