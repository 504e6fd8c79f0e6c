import { useQuery } from '@tanstack/react-query';
import { formatCounted } from '../../../src-shared/format/number.ts';
import { attempt } from '../../data/act.tsx';
import { api, client } from '../../data/client.ts';
import { useWhyNot } from '../../data/may.ts';
import { problemOf } from '../../data/problem.ts';
import { useOrganisationId } from '../../state/session.ts';
import { useUndo } from '../../state/undo.ts';
import { Empty, ProblemNote } from '../../ui/problem.tsx';
import { AnswerLine, PlainTable, Skeletons } from '../../ui/screen.tsx';
import { ReadOnlyNote, RoleButton } from '../people/role-controls.tsx';
import css from './exports.module.css';
import { suggestRule } from './rule-dialog.tsx';

/** What the console learned from corrections: which category later files get, and from whom it was learned. */
export function RulesScreen() {
  const organisationId = useOrganisationId();
  const why = useWhyNot('desk.saveRule');
  const rules = useQuery(api.desk.rules.queryOptions({ input: { organisationId } }));
  const list = rules.data;
  const add = () => suggestRule({ supplier: '', contains: '', category: '' });
  const forget = async ({ id, supplier, contains, category }: NonNullable<typeof list>[number]) => {
    if (!(await attempt(() => client.desk.forgetRule({ organisationId, ruleId: id })))) return;
    await rules.refetch();
    useUndo.getState().offer({
      id,
      text: `Rule for ${supplier} forgotten. Lines keep their category.`,
      undo: async () => {
        await attempt(() =>
          client.desk.saveRule({ organisationId, rule: { supplier, contains, category }, apply: false }),
        );
        await rules.refetch();
      },
    });
  };
  return (
    <div className={css.page}>
      <ReadOnlyNote why={why} />
      <AnswerLine
        of={rules}
        shape="circle"
        tone="muted"
        action={
          <RoleButton why={why} onClick={add}>
            New rule…
          </RoleButton>
        }
      >
        {list
          ? list.length === 0
            ? 'No category rule yet. Correct a category and the console offers one.'
            : `${formatCounted(list.length, 'rule gives', 'rules give')} later files their category.`
          : 'Reading the rules.'}
      </AnswerLine>
      <div className={css.scroll}>
        {rules.error && !rules.data && (
          <ProblemNote problem={problemOf(rules.error)} onRetry={() => void rules.refetch()} />
        )}
        {!list && !rules.error && <Skeletons rows={4} label="Reading the rules." />}
        {list?.length === 0 && (
          <Empty title="No rule yet.">
            After a category was corrected in the review, the console shows which other lines a rule would change, and
            saves it only when you say so.
          </Empty>
        )}
        {list && list.length > 0 && (
          <PlainTable
            label="Category rules"
            head={[
              { text: 'Supplier' },
              { text: 'Description contains' },
              { text: 'Category' },
              { text: 'Learned from' },
              { text: 'Actions' },
            ]}
          >
            {list.map((rule) => (
              <tr key={rule.id}>
                <th scope="row">{rule.supplier}</th>
                <td>{rule.contains || 'anything'}</td>
                <td>{rule.category}</td>
                <td>{rule.by}</td>
                <td>
                  <span className={css.actions}>
                    <RoleButton
                      why={why}
                      variant="default"
                      size="compact-xs"
                      aria-label={`Change the rule for ${rule.supplier}`}
                      onClick={() => suggestRule(rule)}
                    >
                      Change…
                    </RoleButton>
                    <RoleButton
                      why={why}
                      variant="default"
                      size="compact-xs"
                      aria-label={`Forget the rule for ${rule.supplier}`}
                      onClick={() => void forget(rule)}
                    >
                      Forget
                    </RoleButton>
                  </span>
                </td>
              </tr>
            ))}
          </PlainTable>
        )}
      </div>
    </div>
  );
}
