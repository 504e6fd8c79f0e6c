import { settings as settingsContract } from '../../../src-shared/contract/settings.ts';
import type { ChangedKeychain } from '../connections/changed-keychain.ts';
import type { Connections } from '../connections/connections.ts';
import type { Erasing } from '../organisations/erasing.ts';
import type { Asker, Organisations } from '../organisations/organisations.ts';
import type { Seats } from '../seats/seats.ts';
import { type CallContext, implementGuarded } from './base.ts';

const os = implementGuarded({ settings: settingsContract });

const asker = ({ caller, correlationId }: CallContext): Asker => ({
  personId: caller.personId,
  channel: caller.via,
  correlationId,
});

/** Organisation, people and connections: the Settings screens. */
export function settingsHandlers({
  organisations,
  erasing,
  connections,
  keychain,
  seats,
}: {
  readonly organisations: Organisations;
  readonly erasing: Erasing;
  readonly connections: Connections;
  readonly keychain: ChangedKeychain;
  readonly seats: Pick<Seats, 'state' | 'takeOver' | 'leave'>;
}) {
  const { settings } = os;
  return {
    keychain: settings.keychain.handler(({ input }) => keychain.view(input.organisationId)),
    acceptKeychain: settings.acceptKeychain.handler(({ input, context }) =>
      keychain.accept(input.organisationId, asker(context)),
    ),

    organisation: settings.organisation.handler(({ input }) => organisations.get(input.organisationId)),
    saveOrganisation: settings.saveOrganisation.handler(({ input, context }) =>
      organisations.save(input.organisationId, input.patch, asker(context)),
    ),
    createOrganisation: settings.createOrganisation.handler(({ input: { organisationId, ...wish }, context }) =>
      organisations.create(organisationId, wish, asker(context)),
    ),

    seat: settings.seat.handler(({ input }) => seats.state(input.organisationId)),
    takeOverSending: settings.takeOverSending.handler(({ input, context }) =>
      seats.takeOver(input.organisationId, input.reason, asker(context)),
    ),
    leaveSending: settings.leaveSending.handler(({ input, context }) =>
      seats.leave(input.organisationId, input.reason, asker(context)),
    ),

    people: settings.people.handler(({ input }) => organisations.people(input.organisationId)),
    savePerson: settings.savePerson.handler(({ input: { organisationId, ...wish }, context }) =>
      organisations.savePerson(organisationId, wish, asker(context)),
    ),
    setPin: settings.setPin.handler(({ input: { organisationId, ...wish }, context }) =>
      organisations.setPin(organisationId, wish, asker(context)),
    ),
    actAs: settings.actAs.handler(({ input, context }) =>
      organisations.actAs(input.organisationId, input.personId, input.pin, asker(context)),
    ),

    previewErasure: settings.previewErasure.handler(({ input, context }) =>
      erasing.preview(input.organisationId, input.personId, asker(context)),
    ),
    erasePerson: settings.erasePerson.handler(({ input: { organisationId, ...wish }, context }) =>
      erasing.erase(organisationId, wish, asker(context)),
    ),

    connections: settings.connections.handler(({ input }) => connections.list(input.organisationId)),
    connection: settings.connection.handler(({ input }) => connections.get(input.organisationId, input.system)),
    saveConnection: settings.saveConnection.handler(({ input: { organisationId, system, ...wish }, context }) =>
      connections.save(organisationId, system, wish, asker(context)),
    ),
    setMode: settings.setMode.handler(({ input, context }) =>
      connections.setMode(input.organisationId, input.system, input.mode, input.reason, asker(context)),
    ),
    beginSignIn: settings.beginSignIn.handler(({ input, context }) =>
      connections.beginSignIn(input.organisationId, input.system, asker(context)),
    ),
    completeSignIn: settings.completeSignIn.handler(({ input, context }) =>
      connections.completeSignIn(input.organisationId, input.system, input.pasted, asker(context)),
    ),
    accounts: settings.accounts.handler(async ({ input: { organisationId, system } }) => {
      const [offered, chosen] = await Promise.all([
        connections.accounts(organisationId, system),
        connections.chosenAccount(organisationId, system),
      ]);
      return offered.map((account) => ({ ...account, chosen: account.id === chosen?.id }));
    }),
    chooseAccount: settings.chooseAccount.handler(({ input, context }) =>
      connections.chooseAccount(input.organisationId, input.system, input.accountId, asker(context)),
    ),
    disconnect: settings.disconnect.handler(({ input, context }) =>
      connections.disconnect(input.organisationId, input.system, asker(context)),
    ),

    ledgerMap: settings.ledgerMap.handler(({ input }) => connections.ledgers.map(input.organisationId, input.system)),
    confirmLedgerMap: settings.confirmLedgerMap.handler(async ({ input, context }) => ({
      confirmed: await connections.ledgers.confirm(input.organisationId, input.system, input, asker(context)),
    })),
  };
}
