/** What verification throws at the first thing of the ledger that does not follow from what came before. */

/** What does not fit, and where: `journal 7`, `entry 7.2`, `lot 7.2`, `account user:3`. */
export class Violation extends Error {
  readonly place: string;

  constructor(place: string, problem: string) {
    super(problem);
    this.name = 'Violation';
    this.place = place;
  }
}
