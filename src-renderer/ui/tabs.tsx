import { formatCount } from '../../src-shared/format/number.ts';
import css from './workspace.module.css';

/** Tabs over a list, each with how many it holds; arrow keys move between them. */
export function Tabs<Id extends string>({
  label,
  tabs,
  current,
  onChoose,
  controls,
}: {
  label: string;
  tabs: readonly { readonly id: Id; readonly word: string; readonly count?: number | undefined }[];
  current: Id;
  onChoose: (id: Id) => void;
  controls: string;
}) {
  return (
    <div className={css.tabs} role="tablist" aria-label={label}>
      {tabs.map(({ id, word, count }, index) => (
        <button
          key={id}
          type="button"
          role="tab"
          aria-selected={id === current}
          aria-controls={controls}
          tabIndex={id === current ? 0 : -1}
          onClick={() => onChoose(id)}
          onKeyDown={(event) => {
            const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
            const next = tabs[index + step];
            if (step === 0 || !next) return;
            onChoose(next.id);
            const button = event.currentTarget.parentElement?.children[index + step];
            if (button instanceof HTMLElement) button.focus();
          }}
        >
          {word}
          {count !== undefined && <span className={css.tabCount}>{formatCount(count)}</span>}
        </button>
      ))}
    </div>
  );
}
