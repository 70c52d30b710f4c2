/** What is wrong with one line of a file. The kind of file decides whether the line is set aside or the file refused. */

export class LineProblem extends Error {
  /** What to do about it, when that is more than correcting the line. */
  readonly hint: string | undefined;

  constructor(problem: string, hint?: string) {
    super(problem);
    this.name = 'LineProblem';
    this.hint = hint;
  }
}

/** Problem and hint as one text: the reason of a line that is set aside. */
export function reasonOf(message: string, hint: string | undefined): string {
  return hint === undefined ? message : `${message}; ${hint}`;
}
