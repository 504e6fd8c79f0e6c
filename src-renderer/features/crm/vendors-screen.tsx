import { Button, Modal, PasswordInput, Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { CrmId, type Vendor } from '../../../src-shared/contract/crm.ts';
import { formatCounted } from '../../../src-shared/format/number.ts';
import { attempt } from '../../data/act.tsx';
import { api, client } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { go } from '../../state/address.ts';
import { useOrganisationId } from '../../state/session.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { AnswerLine, PlainTable, Skeletons } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { ActButton, ReadOnly } from '../people/role-controls.tsx';
import css from './crm.module.css';
import { crmNames } from './strings.ts';
import { VendorHistory } from './vendor-history.tsx';

/** Who the vendors are and which CRMs they use; an unknown name is answered for once. */
export function VendorsScreen() {
  const organisationId = useOrganisationId();
  const found = useQuery(api.crm.vendors.queryOptions({ input: { organisationId } }));
  const vendors = found.data?.filter(({ sameAs }) => sameAs === null) ?? [];
  const asked = vendors.filter(({ state }) => state === 'asked');
  const [dialog, setDialog] = useState<{ vendor: Vendor; kind: 'map' | 'automatic' | 'history' } | null>(null);
  return (
    <div className={css.page}>
      <AnswerLine
        of={found}
        shape={asked.length > 0 ? 'diamond' : 'disc'}
        tone={asked.length > 0 ? 'warning' : 'ok'}
        action={
          <Button variant="default" onClick={() => go('/crm')}>
            Back to the pushes
          </Button>
        }
      >
        {found.data
          ? asked.length > 0
            ? `${formatCounted(asked.length, 'vendor is', 'vendors are')} not known yet: say who they are, once.`
            : `${formatCounted(vendors.length, 'vendor', 'vendors')}, all known.`
          : 'Reading the vendors.'}
      </AnswerLine>
      <ReadOnly call="crm.map" />
      <div className={css.scroll}>
        {found.error && !found.data && (
          <ProblemNote problem={problemOf(found.error)} onRetry={() => void found.refetch()} />
        )}
        {!found.data && !found.error && <Skeletons rows={6} label="Reading the vendors." />}
        {vendors.length > 0 && (
          <PlainTable
            label="Vendors"
            head={[{ text: 'Vendor' }, { text: 'State' }, { text: 'CRMs' }, { text: 'To do' }]}
          >
            {[...asked, ...vendors.filter(({ state }) => state !== 'asked')].map((vendor) => (
              <tr key={vendor.id}>
                <th scope="row">
                  {vendor.name}
                  {vendor.email !== '' && <div className={css.email}>{vendor.email}</div>}
                </th>
                <td>
                  {vendor.state === 'asked' ? (
                    <Status shape="question" tone="doubt">
                      Who is it?
                    </Status>
                  ) : vendor.state === 'ignored' ? (
                    <Status shape="dash" tone="muted">
                      Not pushed for
                    </Status>
                  ) : (
                    <Status shape="tick" tone="ok">
                      Known
                    </Status>
                  )}
                </td>
                <td>
                  {vendor.mappings
                    .map(({ crm, automatic, hasKey, watchesClients }) =>
                      [
                        crmNames[crm],
                        automatic ? 'automatic' : '',
                        watchesClients ? 'watched for new clients' : '',
                        hasKey ? '' : 'no key of its own',
                      ]
                        .filter((part) => part !== '')
                        .join(', '),
                    )
                    .join(' · ') || '—'}
                </td>
                <td>
                  {vendor.state === 'asked' ? (
                    <Answers organisationId={organisationId} vendor={vendor} />
                  ) : (
                    <div className={css.rowActions}>
                      <ActButton
                        call="crm.map"
                        size="compact-sm"
                        variant="default"
                        onClick={() => setDialog({ vendor, kind: 'map' })}
                      >
                        Add a CRM…
                      </ActButton>
                      {vendor.mappings.length > 0 && (
                        <>
                          <ActButton
                            call="crm.automatic"
                            size="compact-sm"
                            variant="subtle"
                            onClick={() => setDialog({ vendor, kind: 'automatic' })}
                          >
                            Automatic…
                          </ActButton>
                          <Button
                            size="compact-sm"
                            variant="subtle"
                            onClick={() => setDialog({ vendor, kind: 'history' })}
                          >
                            History…
                          </Button>
                        </>
                      )}
                      {vendor.mappings.some(({ crm }) => crm === 'lightblue') && (
                        <ActButton
                          call="crm.signIn"
                          size="compact-sm"
                          variant="subtle"
                          onClick={() =>
                            void attempt(() =>
                              client.crm.signIn({ organisationId, vendorId: vendor.id, crm: 'lightblue' }),
                            )
                          }
                        >
                          Sign in to Light Blue…
                        </ActButton>
                      )}
                      {vendor.mappings.some(({ crm }) => crm === 'tave') && (
                        <Watch organisationId={organisationId} vendor={vendor} />
                      )}
                    </div>
                  )}
                </td>
              </tr>
            ))}
          </PlainTable>
        )}
      </div>
      {dialog?.kind === 'map' && (
        <MapDialog organisationId={organisationId} vendor={dialog.vendor} onClose={() => setDialog(null)} />
      )}
      {dialog?.kind === 'history' && (
        <VendorHistory organisationId={organisationId} vendor={dialog.vendor} onClose={() => setDialog(null)} />
      )}
      {dialog?.kind === 'automatic' && (
        <AutomaticDialog organisationId={organisationId} vendor={dialog.vendor} onClose={() => setDialog(null)} />
      )}
    </div>
  );
}

/** Whether the vendor's studio tells of new clients (V7). */
function Watch({ organisationId, vendor }: { organisationId: string; vendor: Vendor }) {
  const on = vendor.mappings.some(({ crm, watchesClients }) => crm === 'tave' && watchesClients);
  const [busy, setBusy] = useState(false);
  const change = async () => {
    setBusy(true);
    await attempt(() => client.crm.watchClients({ organisationId, vendorId: vendor.id, crm: 'tave', on: !on }));
    setBusy(false);
  };
  return (
    <ActButton call="crm.watchClients" size="compact-sm" variant="subtle" loading={busy} onClick={() => void change()}>
      {on ? 'Stop watching for new clients' : 'Watch for new clients'}
    </ActButton>
  );
}

function Answers({ organisationId, vendor }: { organisationId: string; vendor: Vendor }) {
  const answer = (as: 'new' | 'ignored' | 'same', sameAs?: string) =>
    void attempt(() =>
      client.crm.confirmVendor({
        organisationId,
        vendorIds: [vendor.id],
        as,
        ...(sameAs === undefined ? {} : { sameAs }),
      }),
    );
  return (
    <div className={css.rowActions}>
      {vendor.suggestions.map(({ vendorId, name, why }) => (
        <ActButton call="crm.confirmVendor" key={vendorId} size="compact-sm" onClick={() => answer('same', vendorId)}>
          It is {name} ({why})
        </ActButton>
      ))}
      <ActButton call="crm.confirmVendor" size="compact-sm" variant="default" onClick={() => answer('new')}>
        A new vendor
      </ActButton>
      <ActButton call="crm.confirmVendor" size="compact-sm" variant="subtle" onClick={() => answer('ignored')}>
        Leave out
      </ActButton>
    </div>
  );
}

interface DialogProps {
  readonly organisationId: string;
  readonly vendor: Vendor;
  readonly onClose: () => void;
}

function MapDialog({ organisationId, vendor, onClose }: DialogProps) {
  const [crm, setCrm] = useState<CrmId>('tave');
  const [key, setKey] = useState('');
  const save = async () => {
    const done = await attempt(() =>
      client.crm.map({ organisationId, vendorId: vendor.id, crm, ...(key.trim() === '' ? {} : { key }) }),
    );
    if (done) onClose();
  };
  return (
    <Modal opened onClose={onClose} title={`A CRM of ${vendor.name}`}>
      <form
        className={css.stack}
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Select
          label="CRM"
          allowDeselect={false}
          data={CrmId.options.map((id) => ({ value: id as string, label: crmNames[id] }))}
          value={crm}
          onChange={(value) => setCrm(CrmId.parse(value))}
        />
        <PasswordInput
          label={crm === 'honeybook' ? 'Catch Hook address of the vendor’s Zap' : 'API key of the vendor’s account'}
          description="Goes to the keychain and is never shown again."
          autoComplete="off"
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
        />
        <Button type="submit">Confirm {crmNames[crm]}</Button>
      </form>
    </Modal>
  );
}

function AutomaticDialog({ organisationId, vendor, onClose }: DialogProps) {
  const [crm, setCrm] = useState<CrmId | undefined>(vendor.mappings[0]?.crm);
  const mapping = vendor.mappings.find((one) => one.crm === crm);
  const [ceiling, setCeiling] = useState('50');
  const [why, setWhy] = useState('');
  const on = mapping?.automatic !== true;
  const save = async () => {
    if (crm === undefined) return;
    const done = await attempt(() =>
      client.crm.automatic({
        organisationId,
        vendorId: vendor.id,
        crm,
        on,
        ceilingPercent: Number(ceiling) || 50,
        why,
      }),
    );
    if (done) onClose();
  };
  return (
    <Modal opened onClose={onClose} title={`Automatic pushes for ${vendor.name}`}>
      <form
        className={css.stack}
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Select
          label="CRM"
          allowDeselect={false}
          data={vendor.mappings.map((one) => ({ value: one.crm as string, label: crmNames[one.crm] }))}
          value={crm ?? null}
          onChange={(value) => setCrm(CrmId.parse(value))}
        />
        {on && (
          <>
            <TextInput
              label="Ceiling: a change above this many percent waits for a person"
              inputMode="numeric"
              value={ceiling}
              onChange={(event) => setCeiling(event.currentTarget.value)}
            />
            <TextInput label="Why" value={why} onChange={(event) => setWhy(event.currentTarget.value)} />
          </>
        )}
        <Button type="submit" disabled={on && why.trim() === ''}>
          {on ? 'Switch to automatic' : 'Ask a person again'}
        </Button>
      </form>
    </Modal>
  );
}
