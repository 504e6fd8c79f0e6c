/**
 * Money as people read it. Pounds carry their sign and always two decimals (`£1,234.50`, `-£12.00`); other currencies
 * carry their code (`USD 1,234.50`). An unknown amount is an em dash, never a zero.
 */
export function formatMoney(amount: string | null, currency: string): string {
  if (amount === null) return '—';
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(amount);
  if (!match) throw new RangeError(`"${amount.slice(0, 40)}" is not decimal text`);
  const [, sign = '', whole = '', fraction = ''] = match;
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  const decimals = currency === 'GBP' || fraction !== '' ? `.${fraction.padEnd(2, '0')}` : '';
  const zero = !/[1-9]/.test(whole + fraction);
  return `${zero ? '' : sign}${currency === 'GBP' ? '£' : `${currency} `}${grouped}${decimals}`;
}

/** An amount in pounds: `£1,234.50`. Takes decimal text; null is unknown. */
export function formatGbp(amount: string | null): string {
  return formatMoney(amount, 'GBP');
}
