import { supplierKey } from '../vat/history.ts';

/** What a person taught: this supplier, these words (lower case; empty: any), this category. */
export interface CategoryRule {
  readonly supplier_key: string;
  readonly contains: string;
  readonly category: string;
}

/** The category the rules give a line, the most particular rule first; null when none of them means it. */
export function categoryFrom(rules: readonly CategoryRule[], supplier: string, description: string): string | null {
  const key = supplierKey(supplier);
  const text = description.toLowerCase();
  let best: CategoryRule | null = null;
  for (const rule of rules) {
    if (rule.supplier_key !== key || !text.includes(rule.contains)) continue;
    if (best === null || rule.contains.length > best.contains.length) best = rule;
  }
  return best?.category ?? null;
}
