/** A file a person chose, or one the engine wrote for them. */
export interface ChosenFile {
  readonly path: string;
  /** The person's name for it; never used to build a path. */
  readonly name: string;
  readonly bytes: number;
  /** Deletes an upload once it has been worked; leaves a file the person chose on their own disk alone. */
  dispose(): Promise<void>;
}

/**
 * Paths never cross the contract: a dialog, a drop, an upload or a command offers a file and gets a one-use handle
 * (SEC-17). Handles die with the process, and unused ones after an hour.
 */
export interface FileHandles {
  /** Registers a file. `temporary`: the console made it (an upload, a pack) and may delete it. */
  offer(path: string, name: string, options: { readonly temporary: boolean }): Promise<string>;
  /** Looks without using the handle up (the preview); null when unknown or used. */
  peek(handle: string): Promise<ChosenFile | null>;
  /** Uses the handle up; null when unknown or used. */
  take(handle: string): Promise<ChosenFile | null>;
}
