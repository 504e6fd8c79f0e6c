import { Button, Modal } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { BatchView, DocumentView } from '../../../src-shared/contract/exports.ts';
import { formatBytes } from '../../../src-shared/format/number.ts';
import { formatPeriod } from '../../../src-shared/format/time.ts';
import { attempt } from '../../data/act.tsx';
import { api, type ContractOutputs, client } from '../../data/client.ts';
import { useWhyNot } from '../../data/may.ts';
import { problemOf } from '../../data/problem.ts';
import { saveAs } from '../../data/transport.ts';
import { go } from '../../state/address.ts';
import { useCommands } from '../../state/commands.ts';
import { useOrganisationId, useSession } from '../../state/session.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { AnswerLine, PlainTable, Section, Skeletons } from '../../ui/screen.tsx';
import { Facts, Instant } from '../../ui/text.tsx';
import { ReadOnlyNote, RoleButton } from '../people/role-controls.tsx';
import { ApproveDialog } from './approve-dialog.tsx';
import { BatchDocuments } from './batch-documents.tsx';
import { BatchTotals } from './batch-totals.tsx';
import { BatchStatus, Steps, stepOf } from './common.tsx';
import css from './exports.module.css';
import { ReverseDialog } from './reverse-dialog.tsx';
import { batchStates, ledgers, words } from './strings.ts';

type Dialog = 'approve' | 'send' | { readonly reverse: DocumentView | null } | null;

/** One batch from draft to verified: totals, the second person, the sending, and the proof. */
export function BatchScreen({ batchId }: { batchId: string }) {
  const organisationId = useOrganisationId();
  const [dialog, setDialog] = useState<Dialog>(null);
  const [pack, setPack] = useState<ContractOutputs['exports']['pack'] | null>(null);
  const doTask = useSession((session) => session.doTask);
  const query = useQuery(
    api.exports.batch.queryOptions({
      input: { organisationId, batchId },
      refetchInterval: ({ state }) => (['sending', 'posted'].includes(state.data?.state ?? '') ? 2_000 : false),
    }),
  );
  const organisation = useQuery(api.settings.organisation.queryOptions({ input: { organisationId } }));
  const batch = query.data;
  // The file's side of the control totals is the batch's period, not everything there is.
  const summary = useQuery(
    api.exports.summary.queryOptions({
      input: { organisationId, period: batch?.period ?? '' },
      enabled: batch !== undefined,
    }),
  );
  const state = batch?.state;
  useEffect(() => {
    if (state === 'verified') doTask('verify');
    if (state === 'approved') doTask('approve');
  }, [state, doTask]);

  const canApprove = state === 'draft' || state === 'checked';
  const why = useWhyNot('exports.send');
  const standing = (batch?.posted ?? 0) > (batch?.reversal?.asked ?? 0);
  const canReverse = batch !== undefined && batch.target !== 'file' && standing;
  const waits = useQuery(
    api.deliveries.waits.queryOptions({
      input: { organisationId },
      enabled: state === 'sending' || state === 'posted' || batch?.reversal != null,
      refetchInterval: 5_000,
    }),
  );
  const wait = waits.data?.find(({ system }) => system === batch?.target);
  const ledger = batch ? ledgers[batch.target] : 'the ledger';
  const writePack = () =>
    attempt(() => client.exports.pack({ organisationId, batchId })).then((written) => written && setPack(written));
  useCommands([
    {
      id: 'batch-approve',
      title: 'Approve this batch…',
      group: 'Exports',
      keys: ['mod+enter'],
      unavailable: canApprove ? null : 'This batch does not wait for approval.',
      run: () => setDialog('approve'),
    },
    {
      id: 'batch-send',
      title: `Post this batch to ${ledger}… →`,
      group: 'Exports',
      unavailable: state === 'approved' ? null : 'Only an approved batch can be posted.',
      run: () => setDialog('send'),
    },
    {
      id: 'batch-reverse',
      title: `Reverse what stands in ${ledger}…`,
      group: 'Exports',
      words: 'undo take back credit note',
      unavailable: why ?? (canReverse ? null : 'Nothing of this batch stands in a ledger.'),
      run: () => setDialog({ reverse: null }),
    },
    {
      id: 'batch-pack',
      title: 'Write the file pack',
      group: 'Exports',
      words: 'csv pdf json download',
      run: () => void writePack(),
    },
    { id: 'batch-back', title: 'All batches', group: 'Exports', keys: ['escape'], run: () => go('/exports/batches') },
  ]);

  if (query.error && !batch) {
    return (
      <div className={css.pad}>
        <ProblemNote problem={problemOf(query.error)} onRetry={() => void query.refetch()} />
      </div>
    );
  }
  if (!batch || !state) return <Skeletons rows={10} label="Reading the batch." />;
  const look = batchStates[state];

  return (
    <div className={css.page}>
      <ReadOnlyNote why={why} />
      <AnswerLine
        shape={look.shape}
        tone={look.tone}
        action={
          <>
            {(state === 'draft' || state === 'checked' || state === 'blocked' || state === 'approved') && (
              <Button
                variant="default"
                onClick={() =>
                  void attempt(() => client.exports.discard({ organisationId, batchId })).then(
                    (gone) => gone && go('/exports'),
                  )
                }
              >
                Take apart
              </Button>
            )}
            {canReverse && (
              <RoleButton why={why} variant="default" onClick={() => setDialog({ reverse: null })}>
                Reverse…
              </RoleButton>
            )}
            {batch.refused > 0 && (
              <RoleButton
                why={why}
                variant="default"
                onClick={() => void attempt(() => client.exports.release({ organisationId, batchId }))}
              >
                Give {words.documents(batch.refused)} back
              </RoleButton>
            )}
            <Button variant="default" onClick={() => void writePack()}>
              File pack
            </Button>
            {canApprove && <Button onClick={() => setDialog('approve')}>Approve {words.lines(batch.lines)}…</Button>}
            {state === 'approved' && batch.target !== 'file' && (
              <RoleButton why={why} onClick={() => setDialog('send')}>
                {words.post(batch.controlTotals.gross, ledger)}…
              </RoleButton>
            )}
          </>
        }
      >
        {words.batchAnswer(state, batch.documents, batch.controlTotals.gross, ledger, batch.posted)}
      </AnswerLine>
      <div className={css.strip}>
        <Steps current={stepOf(state, true)} />
        <a href="#/exports/batches">All batches</a>
      </div>
      <div className={css.scroll}>
        <div className={css.batchHead}>
          <Facts
            rows={[
              ['Period', formatPeriod(batch.period)],
              ['Ledger', ledger],
              ['State', <BatchStatus key="state" state={state} />],
              ...(batch.reversal
                ? ([
                    [
                      'Taken back',
                      `${batch.reversal.verified} of ${words.documents(batch.reversal.asked)} proven${
                        batch.reversal.failed > 0 ? `, ${batch.reversal.failed} need a person` : ''
                      }${batch.reversal.inDoubt > 0 ? `, ${batch.reversal.inDoubt} in doubt` : ''}`,
                    ],
                  ] as const)
                : []),
            ]}
          />
          <Facts
            rows={[
              ['Prepared', <Who key="prepared" name={batch.preparedBy} at={batch.preparedAt} />],
              [
                'Approved',
                batch.approvedBy && batch.approvedAt ? (
                  <Who key="approved" name={batch.approvedBy} at={batch.approvedAt} />
                ) : (
                  'Not yet: needs another person'
                ),
              ],
              ...(batch.approverNote ? ([['Note', batch.approverNote]] as const) : []),
              [
                'Frozen as',
                batch.hash ? (
                  <code key="hash" title={batch.hash}>
                    {batch.hash.slice(0, 16)}…
                  </code>
                ) : (
                  'Not frozen yet'
                ),
              ],
            ]}
          />
        </div>
        {wait && <Wait wait={wait} ledger={ledger} />}
        <Blocked batch={batch} />
        <BatchTotals batch={batch} file={summary.data?.totals.file ?? null} />
        {pack && <PackList pack={pack} batchId={batchId} />}
        <BatchDocuments
          organisationId={organisationId}
          batch={batch}
          why={why}
          onReverse={(reverse) => setDialog({ reverse })}
        />
      </div>
      {typeof dialog === 'object' && dialog !== null && (
        <ReverseDialog
          organisationId={organisationId}
          batch={batch}
          document={dialog.reverse}
          fourEyes={organisation.data?.fourEyes ?? true}
          onClose={() => setDialog(null)}
        />
      )}
      {dialog === 'approve' && (
        <ApproveDialog
          organisationId={organisationId}
          batch={batch}
          fourEyes={organisation.data?.fourEyes ?? true}
          onClose={() => setDialog(null)}
        />
      )}
      {dialog === 'send' && (
        <SendDialog
          organisationId={organisationId}
          batch={batch}
          organisationName={organisation.data?.name ?? organisationId}
          practice={organisation.data?.practice ?? false}
          onClose={() => setDialog(null)}
        />
      )}
    </div>
  );
}

function Who({ name, at }: { name: string; at: string }) {
  return (
    <>
      {name}, <Instant at={at} />
    </>
  );
}

/** Why due work does not go out now, and until when. */
function Wait({ wait, ledger }: { wait: ContractOutputs['deliveries']['waits'][number]; ledger: string }) {
  const until = wait.until ? <Instant at={wait.until} /> : 'a person does something';
  const text = {
    limit: `Waiting for ${ledger}'s limit until `,
    circuit: `${ledger} did not answer several times; it is tried again at `,
    paused: `${ledger} is paused in Systems. Work waits until `,
    parked: `${ledger} refused our connection. Work waits until `,
  }[wait.why];
  return (
    <p className={css.practiceNote} role="status">
      {text}
      {until}. Nothing is lost.
    </p>
  );
}

function Blocked({ batch }: { batch: BatchView }) {
  if (batch.blocked.length === 0) return null;
  return (
    <Section title={`${words.lines(batch.blocked.length)} blocked: not in this batch, and not posted`}>
      <PlainTable
        label="Blocked lines"
        head={[{ text: 'Supplier and number' }, { text: 'Why, and what to do' }, { text: 'Check' }, { text: 'Line' }]}
      >
        {batch.blocked.map((line) => (
          <tr key={`${line.lineId} ${line.check}`}>
            <th scope="row" className={css.whose}>
              {line.supplier || '—'}
              {line.invoiceNumber && <span className={css.muted}>{line.invoiceNumber}</span>}
            </th>
            <td>{line.reason}</td>
            <td>
              <code className={css.check}>{line.check}</code>
            </td>
            <td>
              <a href={`#/exports?tab=all&line=${line.lineId}`}>Open</a>
            </td>
          </tr>
        ))}
      </PlainTable>
    </Section>
  );
}

function SendDialog({
  organisationId,
  batch,
  organisationName,
  practice,
  onClose,
}: {
  organisationId: string;
  batch: BatchView;
  organisationName: string;
  practice: boolean;
  onClose: () => void;
}) {
  const [busy, setBusy] = useState(false);
  const ledger = ledgers[batch.target];
  const send = async () => {
    setBusy(true);
    await attempt(() => client.exports.send({ organisationId, batchId: batch.batchId }));
    onClose();
  };
  return (
    <Modal opened onClose={onClose} title={`${words.post(batch.controlTotals.gross, ledger)}?`}>
      <div className={css.stack}>
        <p>{words.postQuestion(batch.controlTotals.gross, ledger, organisationName, batch.documents)}</p>
        {practice && <p className={css.practiceNote}>{words.practicePost(ledger)}</p>}
        <div className={css.actions}>
          <Button data-autofocus loading={busy} onClick={() => void send()}>
            {words.post(batch.controlTotals.gross, ledger)}
          </Button>
          <Button variant="default" onClick={onClose}>
            Not yet
          </Button>
        </div>
      </div>
    </Modal>
  );
}

function PackList({ pack, batchId }: { pack: ContractOutputs['exports']['pack']; batchId: string }) {
  const { download } = pack;
  return (
    <Section
      title="File pack"
      aside={
        download && (
          <Button
            size="compact-sm"
            onClick={() => void attempt(() => saveAs(`wedsync-${batchId}.zip`, { handle: download }))}
          >
            Download the pack
          </Button>
        )
      }
    >
      <PlainTable
        label="Files of the pack"
        head={[{ text: 'File' }, { text: 'Size', right: true }, { text: 'SHA-256' }]}
      >
        {pack.files.map((file) => (
          <tr key={file.name}>
            <th scope="row">{file.name}</th>
            <td data-right>{formatBytes(file.bytes)}</td>
            <td>
              <code className={css.hash}>{file.sha256}</code>
            </td>
          </tr>
        ))}
      </PlainTable>
    </Section>
  );
}
