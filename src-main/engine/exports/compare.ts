import { decimal } from '../../../src-shared/domain/money/index.ts';
import { homeRate, type LedgerDocument, type LedgerLine, type ReadBack } from '../../adapters/kit/ledger.ts';

export interface Difference {
  readonly field: string;
  readonly expected: string;
  readonly found: string;
}

/**
 * Every field in which the ledger's copy is not the frozen document (R26), lines compared in order. There is no
 * tolerance: a penny is a difference, and it is named. Empty: equal. `linked`: somebody else booked it, so its lines, codes
 * and files are theirs; what it is and what it sums to must still be ours.
 */
export function differences(frozen: LedgerDocument, copy: ReadBack, linked = false): Difference[] {
  const found: Difference[] = [];
  const same = (field: string, expected: string, actual: string) => {
    if (expected !== actual) found.push({ field, expected, found: actual });
  };
  const money = (field: string, expected: string, actual: string) => {
    if (!equalAmounts(expected, actual)) found.push({ field, expected, found: actual });
  };

  same('status', 'approved', copy.status);
  same('invoice number', frozen.invoiceNumber, copy.invoiceNumber);
  same('document type', frozen.documentType, copy.documentType);
  same('supplier', tidy(frozen.supplier.name), tidy(copy.contact.name));
  same('date', frozen.date, copy.date);
  same('currency', frozen.currency, copy.currency);
  money('net', frozen.totals.net, copy.net);
  money('VAT', frozen.totals.vat, copy.vat);
  money('gross', frozen.totals.gross, copy.gross);
  if (frozen.currencyRate !== undefined && copy.currencyRate !== null) {
    money('exchange rate', frozen.currencyRate, copy.currencyRate);
  }
  if (frozen.currencyRate !== undefined && copy.homeRate !== undefined) {
    money('exchange rate', homeRate(frozen.currencyRate), copy.homeRate);
  }
  if (linked) return found;
  const lines = copy.linesSummed === true ? summed(frozen) : frozen.lines;
  same('number of lines', String(lines.length), String(copy.lines.length));
  lines.forEach((line, index) => {
    const other = copy.lines[index];
    if (other === undefined) return;
    const at = `line ${index + 1}`;
    money(`${at} net`, line.net, other.net);
    same(`${at} tax code`, line.taxType, other.taxType);
    same(`${at} account`, line.accountCode, other.accountCode);
  });
  if (copy.evidenceListed === false) {
    same('evidence', String(frozen.evidence.length > 0), String(copy.hasEvidence));
    return found;
  }
  for (const file of frozen.evidence) {
    const there = copy.evidence.find((other) => other.fileName === file.fileName);
    same(`evidence ${file.fileName}`, `${file.size} bytes`, there ? `${there.size} bytes` : 'missing');
  }
  return found;
}

/** Lines of the same codes added up, as a ledger holds them that takes one line a document. */
function summed({ lines }: LedgerDocument): readonly Pick<LedgerLine, 'net' | 'taxType' | 'accountCode'>[] {
  const sums = new Map<string, Pick<LedgerLine, 'net' | 'taxType' | 'accountCode'>>();
  for (const { net, taxType, accountCode } of lines) {
    const key = `${taxType}\u0000${accountCode}`;
    const before = sums.get(key);
    sums.set(key, {
      net: decimal(before?.net ?? '0')
        .plus(decimal(net))
        .toFixed(2),
      taxType,
      accountCode,
    });
  }
  return [...sums.values()];
}

function equalAmounts(a: string, b: string): boolean {
  try {
    return decimal(a).eq(decimal(b));
  } catch {
    return false;
  }
}

/** Ledgers trim names and collapse their spaces. */
function tidy(name: string): string {
  return name.trim().replace(/\s+/g, ' ');
}
