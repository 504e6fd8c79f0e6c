import { Button, Modal } from '@mantine/core';
import { useState } from 'react';
import type { Rejection } from '../../../src-shared/contract/imports.ts';
import { formatCount } from '../../../src-shared/format/number.ts';
import { attempt } from '../../data/act.tsx';
import { type ContractOutputs, client } from '../../data/client.ts';
import { chooseFile } from '../../data/transport.ts';
import { PlainTable } from '../../ui/screen.tsx';
import { ActButton } from '../people/role-controls.tsx';
import css from './crm.module.css';
import { UsageFetch } from './usage-fetch.tsx';

type Result = ContractOutputs['imports']['get'];

/** Brings AI usage in, and says which rows were refused or asked about, with the remedy. */
export function UsageImport({ organisationId, onDone }: { organisationId: string; onDone: () => void }) {
  const [busy, setBusy] = useState(false);
  const [shown, setShown] = useState<{ result: Result; refused: readonly Rejection[] } | null>(null);

  const show = async (importId: string) => {
    const [result, refused] = await Promise.all([
      client.imports.get({ organisationId, importId }),
      client.imports.rejections({ organisationId, importId }),
    ]);
    setShown({ result, refused: refused.rows });
  };
  const bringIn = async () => {
    const file = await attempt(() => chooseFile('usage'));
    if (!file) return;
    setBusy(true);
    await attempt(async () => {
      const { importId } = await client.imports.start({ organisationId, file: file.handle, kind: 'usage' });
      for await (const step of await client.imports.progress({ organisationId, importId })) if (step.result) break;
      await show(importId);
    });
    setBusy(false);
  };
  const close = () => {
    setShown(null);
    onDone();
  };

  return (
    <>
      <ActButton call="imports.start" variant="default" loading={busy} onClick={() => void bringIn()}>
        Import usage…
      </ActButton>
      <UsageFetch organisationId={organisationId} onImported={show} />
      {shown && (
        <Modal opened onClose={close} title={shown.result.fileName} size="lg">
          <div className={css.stack}>
            <p role="status">
              {shown.result.problem ??
                `${formatCount(shown.result.imported)} records imported, ${formatCount(shown.result.duplicates)} were here already, ${formatCount(shown.result.rejected)} refused or asked about.`}
            </p>
            {shown.refused.length > 0 && (
              <PlainTable
                label="Refused rows"
                head={[{ text: 'Row', right: true }, { text: 'Field' }, { text: 'Reason' }]}
              >
                {shown.refused.map(({ row, field, reason }) => (
                  <tr key={`${row} ${field} ${reason}`}>
                    <td data-right>{row}</td>
                    <td>{field}</td>
                    <td>{reason}</td>
                  </tr>
                ))}
              </PlainTable>
            )}
            <Button onClick={close}>Close</Button>
          </div>
        </Modal>
      )}
    </>
  );
}
