import type { SandboxWorld } from '../../../sandbox/kit.ts';

export interface TaxDoc {
  id: number;
  taxid: number;
  name: string;
  /** Percent. */
  amount: string;
  number: string | null;
  compound: boolean;
}
export interface CategoryDoc {
  id: number;
  categoryid: number;
  category: string;
  is_cogs: boolean;
  is_editable: boolean;
  parentid: number | null;
  vis_state: number;
}

/** Everything one business is set up with. */
export interface Books {
  accountId: string;
  taxes: TaxDoc[];
  categories: CategoryDoc[];
}

export interface Membership {
  readonly id: number;
  readonly role: string;
  readonly name: string;
  /** null: staff there, without books. */
  readonly accountId: string | null;
}

/** What a practice sign-in reaches: a business of ours, and one we only work at. */
export const memberships: readonly [Membership & { readonly accountId: string }, ...Membership[]] = [
  { id: 7_001, role: 'owner', name: 'Bluebell & Co (sample)', accountId: 'zBlu3b' },
  { id: 7_002, role: 'business_employee', name: 'Hawthorn Venues (sample)', accountId: null },
];

function freshBooks(accountId: string): Books {
  const tax = (taxid: number, name: string, amount: string, compound = false): TaxDoc => ({
    id: taxid,
    taxid,
    name,
    amount,
    number: 'GB731884223',
    compound,
  });
  const category = (categoryid: number, name: string, vis_state = 0): CategoryDoc => ({
    id: categoryid,
    categoryid,
    category: name,
    is_cogs: false,
    is_editable: true,
    parentid: null,
    vis_state,
  });
  return {
    accountId,
    taxes: [tax(101, 'VAT', '20'), tax(102, 'VAT 5', '5'), tax(103, 'Levy on VAT', '2', true)],
    categories: [
      category(3_012_670, 'Advertising'),
      category(3_012_671, 'Office Expenses & Postage'),
      category(3_012_672, 'Professional Services'),
      category(3_012_675, 'Cloud and AI services'),
      category(3_012_676, 'Software'),
      category(3_012_690, 'Old software', 1),
    ],
  };
}

/** The business; as new on first sight. null: no such one. */
export function booksOf(world: SandboxWorld, accountId: string): Books | null {
  const known = world.documents<Books>('books').get(accountId);
  if (known) return known;
  return memberships.some((one) => one.accountId === accountId) ? freshBooks(accountId) : null;
}

export function saveBooks(world: SandboxWorld, books: Books): void {
  world.documents<Books>('books').put(books.accountId, books);
}
