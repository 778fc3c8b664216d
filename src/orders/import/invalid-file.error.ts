/** What was sent is no file that could be read at all, from its first row on or as a whole. The message is meant for callers. */
export class InvalidFileError extends Error {
  constructor(
    message: string,
    /** Where it was found, where that is not where the reading stands. */
    readonly row?: number,
  ) {
    super(message);
    this.name = 'InvalidFileError';
  }
}
