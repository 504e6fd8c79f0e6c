import type { z } from 'zod';
import type { ImportFormat, ImportKind, Mapping } from '../../../src-shared/contract/imports.ts';
import type { ChosenFile } from '../../ports/files.ts';
import type { Tx } from '../../ports/store.ts';

export type Kind = z.infer<typeof ImportKind>;
export type Format = z.infer<typeof ImportFormat>;

export interface PreviewQuestion {
  readonly field: string;
  readonly question: string;
  readonly choices: string[];
}

export interface Preview {
  readonly kind: Kind;
  readonly format: Format;
  readonly headers: string[];
  readonly firstRows: string[][];
  readonly mapping: Mapping | null;
  readonly questions: PreviewQuestion[];
  readonly problem: string | null;
}

/** One import under way, as the importer of its kind sees it. */
export interface ImportRun {
  readonly organisationId: string;
  readonly importId: string;
  readonly file: Pick<ChosenFile, 'path' | 'name' | 'bytes'>;
  readonly format: Format | null;
  readonly mapping: Mapping | null;
  /** Aborted by a cancel; its reason is thrown on. */
  readonly signal: AbortSignal;
  readonly progress: (bytesRead: number, bytesTotal: number, rows: number) => void;
}

/** What an import would add; nothing of it is visible before `commit` has run. */
export interface ImportOutcome {
  readonly format: Format;
  readonly mapping: Mapping | null;
  readonly sha256: string;
  readonly imported: number;
  readonly duplicates: number;
  readonly rejected: number;
  /**
   * Makes everything visible inside the final transaction. Returns how many lines it made or changed, and the topics
   * besides `imports` that have to be read again.
   */
  commit(tx: Tx): Promise<{
    readonly lines: number;
    readonly topics: readonly ('lines' | 'suppliers' | 'weddings' | 'crm' | 'kpis')[];
  }>;
  /** Follow-up work outside the transaction, e.g. checking lines again; a failure here undoes nothing. */
  readonly afterCommit?: () => Promise<void>;
}

/** What one kind of file means. Register one per kind; the frame (queue, states, audit, events) is the same for all. */
export interface Importer {
  readonly kind: Kind;
  /** `columns`: what a person said of them, in the place of what the file or an earlier answer says. */
  preview(
    organisationId: string,
    file: Pick<ChosenFile, 'path' | 'name' | 'bytes'>,
    columns?: Mapping['columns'],
  ): Promise<Preview>;
  /** Throws ImportProblem to refuse the whole file. Whatever it wrote so far is removed by `clear`. */
  run(run: ImportRun): Promise<ImportOutcome>;
  /** Why the import can no longer be undone, with the way out; null when it can. */
  held(organisationId: string, importId: string): Promise<string | null>;
  /** Takes back what `commit` made, inside one transaction. Returns the number of lines it concerned. */
  undo(tx: Tx, organisationId: string, importId: string): Promise<number>;
  /** Removes what is left of an import that is not (or no longer) done, in small pieces. */
  clear(organisationId: string, importId: string): Promise<void>;
  /** At program start, when nothing is under way: removes working data no import needs any more. */
  readonly tidy?: () => Promise<void>;
  readonly afterUndo?: (organisationId: string) => Promise<void>;
}
