/** The whole file is refused: what is wrong, and the remedy. Nothing of it is kept. */
export class ImportProblem extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ImportProblem';
  }
}
