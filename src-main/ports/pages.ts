/** Where something stands on a page: by role and accessible name, or by its label. Names are exact. */
export type Place =
  | { readonly role: 'button' | 'link' | 'heading' | 'dialog' | 'status'; readonly name?: string }
  | { readonly label: string };

/** What a field is, to see whether it is still the one meant. */
export interface FieldShape {
  readonly tag: string;
  readonly maxLength: number | null;
  readonly editable: boolean;
}

/** One page of a browser that a program drives. Everything is bounded in time; dialogs, popups and downloads are off. */
export interface DrivenPage {
  /** Only hosts of the run; throws IntegrationError otherwise, and when the page does not come. */
  goto(url: string): Promise<void>;
  /** Roles and nesting of the main part, without any text: the same for the same layout. */
  skeleton(): Promise<string>;
  /** Visible ones. */
  count(place: Place): Promise<number>;
  shapeOf(place: Place): Promise<FieldShape>;
  value(place: Place): Promise<string>;
  fill(place: Place, text: string): Promise<void>;
  click(place: Place): Promise<void>;
  appears(place: Place, ms: number): Promise<boolean>;
  /** Keeps a picture with every field and known secret covered; its content id. */
  picture(): Promise<string>;
}

export interface PageRun {
  /** Every other host is refused (SEC-48). */
  readonly hosts: readonly string[];
  /** Sign-in state as it was kept, JSON; null: none. */
  readonly session: string | null;
  /** The whole run, in ms. */
  readonly wholeMs: number;
  readonly signal: AbortSignal;
}

/** Drives an installed Chrome, Edge or Chromium, in a process of its own, with a profile that is gone afterwards. */
export interface PageDriver {
  /** Pages come from the sandbox, not from the vendor. */
  readonly practice: boolean;
  run<T>(run: PageRun, work: (page: DrivenPage) => Promise<T>): Promise<T>;
  /**
   * A window in which a person signs in at `url`; the sign-in state, JSON, once `signedIn` is on the page. What is typed is
   * neither read nor kept. @throws IntegrationError when nobody did in time, or no window can be shown
   */
  signIn(run: PageRun, ask: { readonly url: string; readonly signedIn: Place }): Promise<string>;
}
