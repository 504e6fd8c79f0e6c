/** The whole file is refused: what is wrong, and the remedy. Nothing of it is kept. */
export class ImportProblem extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ImportProblem';
  }
}

/** Nothing is wrong with what is there, but an import of nothing would pass for one that worked. */
export const noRows =
  'The file has no rows, only its header: there is nothing to import. Export it again with the rows in it.';
