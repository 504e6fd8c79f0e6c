/** Who sends for an organisation, as this seat last knew it; kept outside the database. */
export interface SeatDecision {
  readonly seatId: string;
  readonly name: string;
  /** Counts the decisions on who sends: the higher one is the later one. */
  readonly number: number;
}

/** One data folder on one disk of one computer (R52). */
export interface Seat {
  /** The same at every start and after a rename, another one for every copy of the folder. */
  readonly id: string;
  /** For people: the computer's name. */
  readonly name: string;
  /** The computer, whatever folder of it. */
  readonly computer: string;
  /** Where the data folder lies on it. */
  readonly place: string;
  /** Whether the folder that had this id still lies there, on this computer. */
  stillAt(place: string, id: string): Promise<boolean>;
  /** By organisation; empty in a folder that came from elsewhere. */
  decisions(): Promise<ReadonlyMap<string, SeatDecision>>;
  /** Best effort: a full disk must not keep anybody from taking over. */
  remember(decisions: ReadonlyMap<string, SeatDecision>): Promise<void>;
}
