import { Button, Modal } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Vendor } from '../../../src-shared/contract/crm.ts';
import { formatPeriod } from '../../../src-shared/format/time.ts';
import { attempt } from '../../data/act.tsx';
import { api, client } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { saveAs } from '../../data/transport.ts';
import { go } from '../../state/address.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { PlainTable, Skeletons } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { Instant, Money } from '../../ui/text.tsx';
import css from './crm.module.css';
import { crmNames, states } from './strings.ts';

/** Every push of one vendor, newest period first, and the printable report of each period. */
export function VendorHistory({
  organisationId,
  vendor,
  onClose,
}: {
  organisationId: string;
  vendor: Vendor;
  onClose: () => void;
}) {
  const found = useQuery(api.crm.history.queryOptions({ input: { organisationId, vendorId: vendor.id } }));
  const report = (period: string) =>
    void attempt(async () => {
      const { download, name } = await client.crm.report({ organisationId, vendorId: vendor.id, period });
      await saveAs(name, { handle: download });
    });
  const rows = found.data ?? [];
  return (
    <Modal opened onClose={onClose} title={`Pushes of ${vendor.name}`} size="xl">
      {found.error && !found.data && (
        <ProblemNote problem={problemOf(found.error)} onRetry={() => void found.refetch()} />
      )}
      {!found.data && !found.error && <Skeletons rows={3} label="Reading the pushes." />}
      {found.data && rows.length === 0 && <p>Nothing was prepared for this vendor yet.</p>}
      {rows.length > 0 && (
        <PlainTable
          label={`Pushes of ${vendor.name}`}
          head={[
            { text: 'Period' },
            { text: 'CRM' },
            { text: 'Value', right: true },
            { text: 'State' },
            { text: 'Changed' },
            { text: 'To do' },
          ]}
        >
          {rows.map((push) => (
            <tr key={push.id}>
              <th scope="row">{formatPeriod(push.period)}</th>
              <td>{crmNames[push.crm]}</td>
              <td data-right>
                <Money amount={push.saving} />
              </td>
              <td>
                <Status shape={states[push.state].shape} tone={states[push.state].tone}>
                  {states[push.state].word}
                </Status>
              </td>
              <td>
                <Instant at={push.updatedAt} />
              </td>
              <td>
                <div className={css.rowActions}>
                  <Button
                    size="compact-sm"
                    variant="default"
                    onClick={() => go(`/crm?period=${push.period}&push=${push.id}`)}
                  >
                    Open
                  </Button>
                  <Button size="compact-sm" variant="subtle" onClick={() => report(push.period)}>
                    Report (PDF)
                  </Button>
                </div>
              </td>
            </tr>
          ))}
        </PlainTable>
      )}
    </Modal>
  );
}
