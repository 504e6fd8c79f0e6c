import { Fragment, useState } from 'react';
import type { LedgerTwin } from '../../../src-shared/contract/exports.ts';
import { formatDay } from '../../../src-shared/format/time.ts';
import { attempt } from '../../data/act.tsx';
import { client } from '../../data/client.ts';
import { useUndo } from '../../state/undo.ts';
import { Empty } from '../../ui/problem.tsx';
import { PlainTable } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { Money } from '../../ui/text.tsx';
import { RoleButton } from '../people/role-controls.tsx';
import { Asking } from './asking.tsx';
import page from './exports.module.css';

type Decision = 'link' | 'post' | 'leave-out' | 'open';
const answers: Record<Decision, { word: string; label: string }> = {
  link: { word: 'Link to it…', label: 'Why does it stand for ours?' },
  post: { word: 'Post anyway…', label: 'Why are they two documents?' },
  'leave-out': { word: 'Leave ours out…', label: 'Why does ours go nowhere?' },
  open: { word: 'Decide again…', label: 'Why is it asked again?' },
};
const done: Record<Decision, string> = {
  link: 'Linked: nothing is posted, and it is read back with the next batch.',
  post: 'Both stand: ours goes out with the next batch.',
  'leave-out': 'Left out.',
  open: 'To decide again.',
};
const ledgers = { xero: 'Xero', quickbooks: 'QuickBooks', freshbooks: 'FreshBooks' } as const;

/** Documents of ours beside those that stood in a ledger already; a batch is prepared without the undecided ones. */
export function LedgerTwins({
  organisationId,
  twins,
  why,
}: {
  organisationId: string;
  twins: readonly LedgerTwin[];
  why: string | null;
}) {
  const [asking, setAsking] = useState<{ readonly twin: LedgerTwin; readonly decision: Decision } | null>(null);
  const decide = async (reason: string) => {
    if (!asking) return;
    const { twin, decision } = asking;
    const answer = await attempt(() => client.exports.decideTwin({ organisationId, id: twin.id, decision, reason }));
    if (!answer) return;
    setAsking(null);
    const { undoId } = answer;
    const again = { organisationId, id: twin.id, decision: 'open' as const, reason: 'Taken back' };
    useUndo.getState().offer({
      id: `twin ${twin.id} ${decision} ${undoId ?? ''}`,
      text: done[decision],
      undo: () =>
        attempt<unknown>(() =>
          undoId === null ? client.exports.decideTwin(again) : client.exports.undo({ organisationId, undoId }),
        ),
    });
  };
  if (twins.length === 0) {
    return (
      <Empty title="Nothing of ours stood in a ledger already.">
        Each time a batch is prepared, its documents are compared with what stands in the ledger around their days.
      </Empty>
    );
  }
  return (
    <div className={page.pad}>
      <PlainTable
        label="Beside the ledger"
        head={[
          { text: 'Supplier' },
          { text: 'Ours' },
          { text: 'In the ledger' },
          { text: 'Gross', right: true },
          { text: 'Answer' },
        ]}
      >
        {twins.map((twin) => (
          <Fragment key={twin.id}>
            <tr>
              <th scope="row">
                {twin.ours.supplier}{' '}
                <Status
                  shape={twin.kind === 'same' ? 'square' : 'triangle'}
                  tone={twin.kind === 'same' ? 'emergency' : 'warning'}
                >
                  {twin.kind === 'same' ? 'Same' : 'Likely'}
                </Status>
              </th>
              <td>
                {twin.ours.invoiceNumber}, <span className={page.day}>{formatDay(twin.ours.date)}</span>
              </td>
              <td>
                {ledgers[twin.target]}: {twin.theirs.word} {twin.theirs.invoiceNumber || 'without number'},{' '}
                <span className={page.day}>{formatDay(twin.theirs.date)}</span>
              </td>
              <td data-right>
                <Money amount={twin.theirs.gross} currency={twin.theirs.currency} />
              </td>
              <td>
                {twin.decision && (
                  <p>
                    {done[twin.decision.decision]} {twin.decision.by}: “{twin.decision.reason}”
                  </p>
                )}
                <span className={page.actions}>
                  {decisionsFor(twin).map((decision) => (
                    <RoleButton
                      key={decision}
                      why={why}
                      variant="default"
                      size="compact-xs"
                      onClick={() => setAsking({ twin, decision })}
                    >
                      {answers[decision].word}
                    </RoleButton>
                  ))}
                </span>
              </td>
            </tr>
            {asking?.twin.id === twin.id && (
              <tr>
                <td colSpan={5}>
                  <Asking
                    key={asking.decision}
                    title={`${twin.ours.supplier} ${twin.ours.invoiceNumber}`}
                    label={answers[asking.decision].label}
                    button={answers[asking.decision].word.replace('…', '')}
                    onCancel={() => setAsking(null)}
                    onDone={decide}
                  />
                </td>
              </tr>
            )}
          </Fragment>
        ))}
      </PlainTable>
    </div>
  );
}

/** What the engine would take: a number stands once, and only what can be read back is linked. */
function decisionsFor({ kind, ours, theirs, decision }: LedgerTwin): readonly Decision[] {
  if (decision) return decision.decision === 'leave-out' ? [] : ['open'];
  const linkable = theirs.linkable && theirs.invoiceNumber !== '' && Number(ours.gross) === Number(theirs.gross);
  return [...(linkable ? (['link'] as const) : []), ...(kind === 'likely' ? (['post'] as const) : []), 'leave-out'];
}
