package io.moetool.formats.safetensors;

import io.moetool.formats.BadInputException;

/** Words for what is wrong with a file, always with the byte it was noticed at. */
record Place(String file) {
  private static final String MEND =
      "download the file again, or write it again with a tool that keeps to the safetensors format";

  BadInputException at(long offset, String problem) {
    return new BadInputException(file + ", byte " + offset, problem, MEND);
  }

  BadInputException at(long offset, String problem, Throwable cause) {
    return new BadInputException(file + ", byte " + offset, problem, MEND, cause);
  }

  BadInputException at(String tensor, long offset, String problem) {
    return at(offset, "tensor " + Quoted.of(tensor) + " " + problem);
  }
}
