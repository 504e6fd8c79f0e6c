import { z } from 'zod';
import { FieldSpec } from '../fields/fields-of.ts';
import { adminCommand, command, InOrganisation, query } from './base.ts';

export const Organisation = z.object({
  id: z.string(),
  name: z.string(),
  practice: z.boolean(),
  timeZone: z.string(),
  currency: z.string(),
  country: z.enum(['GB', 'XI', 'IM']),
  vatRegistered: z.boolean(),
  vatNumber: z.string(),
  vatScheme: z.enum(['standard', 'flat_rate', 'cash']),
  registeredFrom: z.string().nullable(),
  partlyExempt: z.boolean(),
  /** Whoever prepares may not approve (F5). */
  fourEyes: z.boolean(),
});
export type Organisation = z.infer<typeof Organisation>;

/** What an organisation is until somebody says otherwise. */
export const newOrganisation: Organisation = {
  id: '',
  name: '',
  practice: false,
  timeZone: 'Europe/London',
  currency: 'GBP',
  country: 'GB',
  vatRegistered: false,
  vatNumber: '',
  vatScheme: 'standard',
  registeredFrom: null,
  partlyExempt: false,
  fourEyes: true,
};

export const Role = z.enum(['viewer', 'ops', 'finance_preparer', 'finance_approver', 'admin']);
export type Role = z.infer<typeof Role>;

export const Person = z.object({
  id: z.string(),
  name: z.string(),
  roles: z.array(Role),
  hasPin: z.boolean(),
  /** false: only the first PIN was set, which whoever set it knows: with four eyes it approves nothing. */
  ownPin: z.boolean(),
  /** Id of who acted here when the first PIN was set; null: nobody, or it is not known. */
  firstPinBy: z.string().nullable(),
  /** Who acts on this machine when nobody else is named. */
  current: z.boolean(),
});
export type Person = z.infer<typeof Person>;

/** What erasing a person takes away and what stays, in sentences; `refused`: what stands in the way, with the way out. */
export const Erasure = z.object({
  person: z.object({ id: z.string(), name: z.string() }),
  refused: z.array(z.string()),
  goes: z.array(z.string()),
  stays: z.array(z.string()),
});
export type Erasure = z.infer<typeof Erasure>;

export const ConnectionView = z.object({
  system: z.string(),
  name: z.string(),
  category: z.enum(['monitoring', 'bi', 'crm', 'channel', 'accounting']),
  /** `on`, `paused` (keeps queuing) or `off` (new work is recorded as not sent). */
  mode: z.enum(['on', 'paused', 'off']),
  state: z.enum(['not_connected', 'connected', 'needs_attention']),
  problem: z.string().nullable(),
  account: z.string().nullable(),
  settings: z.record(z.string(), z.json()),
  /** Names of secrets that are present; values are never shown. */
  secretsPresent: z.array(z.string()),
  fields: z.array(FieldSpec),
  auth: z.enum(['none', 'api-key', 'basic', 'oauth2']),
  tokenExpiresAt: z.string().nullable(),
  breaker: z.enum(['closed', 'open', 'half-open']),
});
export type ConnectionView = z.infer<typeof ConnectionView>;

/** `systems`: what this organisation has set up, so what has to be connected again in another keychain. */
export const Keychain = z.object({
  state: z.enum(['ready', 'locked', 'changed', 'missing', 'headless']),
  systems: z.array(z.object({ system: z.string(), name: z.string() })),
});
export type Keychain = z.infer<typeof Keychain>;

/** Which computer sends for an organisation (R52). */
export const SendingSeat = z.object({
  here: z.boolean(),
  /** A computer's name. */
  sender: z.string(),
  /** Its data folder, where that is another one on this very computer. */
  senderPlace: z.string().nullable(),
  thisComputer: z.string(),
  /** The data folder of this console. */
  place: z.string(),
  since: z.string().nullable(),
  /** Another computer that was heard sending as well; never-twice work has stopped. */
  rival: z.string().nullable(),
});
export type SendingSeat = z.infer<typeof SendingSeat>;

const SeatWish = InOrganisation.extend({ reason: z.string().max(500) });

export const settings = {
  keychain: query.input(InOrganisation).output(Keychain),
  /** *changed*: this keychain is the right one from now on, for every organisation; their systems wait to be connected again. */
  acceptKeychain: adminCommand.input(InOrganisation).output(Keychain),

  organisation: query.input(InOrganisation).output(Organisation),
  saveOrganisation: adminCommand
    .input(InOrganisation.extend({ patch: Organisation.omit({ id: true, practice: true }).partial() }))
    .output(Organisation),
  /** `organisationId`: the one whose administrator asks; none only where there is none yet. */
  createOrganisation: adminCommand
    .input(InOrganisation.partial().extend({ name: z.string().min(1), timeZone: z.string().default('Europe/London') }))
    .output(Organisation),

  seat: query.input(InOrganisation).output(SendingSeat),
  /** This computer sends from now on. */
  takeOverSending: command.input(SeatWish).output(SendingSeat),
  /** Of two that send, the other one goes on alone. */
  leaveSending: command.input(SeatWish).output(SendingSeat),

  people: query.input(InOrganisation).output(z.array(Person)),
  savePerson: adminCommand
    .input(InOrganisation.extend({ id: z.string().optional(), name: z.string().min(1), roles: z.array(Role) }))
    .output(Person),
  /** Slow salted hash; five wrong tries are followed by a delay (SEC-33). */
  setPin: command
    .input(
      InOrganisation.extend({
        personId: z.string(),
        pin: z.string().regex(/^\d{4,12}$/),
        currentPin: z.string().optional(),
      }),
    )
    .output(Person),
  actAs: command.input(InOrganisation.extend({ personId: z.string(), pin: z.string() })).output(Person),

  previewErasure: query.input(InOrganisation.extend({ personId: z.string() })).output(Erasure),
  /** `confirm`: the person's name as it stands; `reason` names nobody. */
  erasePerson: adminCommand
    .input(InOrganisation.extend({ personId: z.string(), reason: z.string().min(1).max(500), confirm: z.string() }))
    /** `keyForgotten` false: the rows are gone; the secret store forgets at the next start. */
    .output(z.object({ keyForgotten: z.boolean(), texts: z.number().int() })),

  connections: query.input(InOrganisation).output(z.array(ConnectionView)),
  connection: query.input(InOrganisation.extend({ system: z.string() })).output(ConnectionView),
  saveConnection: adminCommand
    .input(
      InOrganisation.extend({
        system: z.string(),
        settings: z.record(z.string(), z.json()),
        /** Only those to be replaced; an empty text forgets one. */
        secrets: z.record(z.string(), z.string()).default({}),
      }),
    )
    .output(ConnectionView),
  setMode: command
    .input(InOrganisation.extend({ system: z.string(), mode: ConnectionView.shape.mode, reason: z.string() }))
    .output(ConnectionView),
  /**
   * Opens the vendor's sign-in page. The answer arrives at the loopback return, or, `pasted`, as the address of a page
   * that a person hands to `completeSignIn`.
   */
  beginSignIn: adminCommand
    .input(InOrganisation.extend({ system: z.string() }))
    .output(z.object({ url: z.string(), expiresAt: z.string(), answer: z.enum(['loopback', 'pasted']) })),
  completeSignIn: adminCommand
    .input(InOrganisation.extend({ system: z.string(), pasted: z.string().max(8_000) }))
    .output(ConnectionView),
  /** Books, workspaces or tenants the sign-in reached. */
  accounts: query
    .input(InOrganisation.extend({ system: z.string() }))
    .output(z.array(z.object({ id: z.string(), name: z.string(), detail: z.string(), chosen: z.boolean() }))),
  chooseAccount: adminCommand
    .input(InOrganisation.extend({ system: z.string(), accountId: z.string() }))
    .output(ConnectionView),
  disconnect: adminCommand.input(InOrganisation.extend({ system: z.string() })).output(ConnectionView),

  /** Resolved at connect time, confirmed once by a person, re-checked before every export (MAP-TAX, MAP-ACCOUNT). */
  ledgerMap: query.input(InOrganisation.extend({ system: z.string() })).output(
    z.object({
      taxes: z.array(
        z.object({
          treatment: z.string(),
          code: z.string().nullable(),
          label: z.string(),
          rate: z.string(),
          confirmed: z.boolean(),
          candidates: z.array(z.object({ code: z.string(), label: z.string(), rate: z.string() })),
        }),
      ),
      accounts: z.array(
        z.object({
          category: z.string(),
          code: z.string().nullable(),
          label: z.string(),
          candidates: z.array(z.object({ code: z.string(), label: z.string() })),
        }),
      ),
      readAt: z.string().nullable(),
    }),
  ),
  confirmLedgerMap: command
    .input(
      InOrganisation.extend({
        system: z.string(),
        taxes: z.record(z.string(), z.string()),
        accounts: z.record(z.string(), z.string()),
      }),
    )
    .output(z.object({ confirmed: z.number().int() })),
};
