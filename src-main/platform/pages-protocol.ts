import type { Failure } from '../../src-shared/domain/failure.ts';
import type { DrivenPage, Place } from '../ports/pages.ts';

/** What the child that drives a browser is asked for, and how it answers. */
export type ToPages =
  | {
      readonly type: 'open';
      readonly browserPath: string;
      readonly hosts: readonly string[];
      readonly session: string | null;
      readonly sandboxUrl: string | null;
      /** A window a person can see; for signing in. */
      readonly visible: boolean;
    }
  | { readonly type: 'do'; readonly id: number; readonly what: keyof DrivenPage; readonly args: readonly unknown[] }
  /** Answers with the sign-in state once the place is there. */
  | { readonly type: 'session'; readonly id: number; readonly place: Place; readonly ms: number }
  | { readonly type: 'close' };

export type FromPages =
  | { readonly type: 'opened' }
  | { readonly type: 'done'; readonly id: number; readonly value: unknown }
  | { readonly type: 'failed'; readonly id: number | null; readonly failure: Failure };
