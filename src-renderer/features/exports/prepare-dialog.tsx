import { Button, Modal, Select } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { LedgerTarget } from '../../../src-shared/contract/exports.ts';
import { formatPeriod } from '../../../src-shared/format/time.ts';
import { api, type ContractOutputs, client } from '../../data/client.ts';
import { problemOf, type ShownProblem } from '../../data/problem.ts';
import { go, useAddress } from '../../state/address.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { Facts, Money } from '../../ui/text.tsx';
import css from './exports.module.css';
import { ledgers, words } from './strings.ts';

/** Which period, and which ledger: then everything ready is checked together and frozen for approval. */
export function PrepareDialog({
  organisationId,
  summary,
  onClose,
}: {
  organisationId: string;
  summary: ContractOutputs['exports']['summary'];
  onClose: () => void;
}) {
  /** The period the list behind it shows. */
  const looked = useAddress().get('period');
  const [period, setPeriod] = useState(
    () => looked ?? summary.periods.find((value) => /^\d{4}-\d{2}$/.test(value)) ?? summary.periods[0] ?? '',
  );
  const [target, setTarget] = useState<LedgerTarget>('xero');
  const [problem, setProblem] = useState<ShownProblem | null>(null);
  const [busy, setBusy] = useState(false);
  const ofPeriod = useQuery({
    ...api.exports.summary.queryOptions({ input: { organisationId, period } }),
    enabled: period !== '',
    placeholderData: keepPreviousData,
  });
  const { ready, review, totals } = ofPeriod.data ?? summary;

  const prepare = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const batch = await client.exports.prepare({ organisationId, period, target });
      go(`/exports/batches/${batch.batchId}`);
    } catch (error) {
      setProblem(problemOf(error));
    }
    setBusy(false);
  };

  return (
    <Modal opened onClose={onClose} title="Check and prepare a batch">
      <form
        className={css.stack}
        onSubmit={(event) => {
          event.preventDefault();
          void prepare();
        }}
      >
        {problem && <ProblemNote problem={problem} />}
        <Select
          label="Period"
          data-autofocus
          data={summary.periods.map((value) => ({ value, label: formatPeriod(value) }))}
          value={period}
          onChange={(value) => setPeriod(value ?? '')}
        />
        <Select
          label="Ledger"
          data={Object.entries(ledgers).map(([value, label]) => ({
            value,
            label: value === 'file' ? 'None: file pack only' : label,
          }))}
          value={target}
          onChange={(value) => setTarget((value ?? 'xero') as LedgerTarget)}
        />
        <Facts
          rows={[
            ['Ready', words.lines(ready)],
            ['Their gross', <Money key="gross" amount={totals.ready.gross} />],
            ['Left for later', words.lines(review)],
          ]}
        />
        <Button type="submit" loading={busy} disabled={period === ''}>
          Check and prepare {period === '' ? '' : formatPeriod(period)}
        </Button>
      </form>
    </Modal>
  );
}
