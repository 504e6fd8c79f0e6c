export type Severity = 'block' | 'warn' | 'info';

/** S structure, D document, T treatment, X export target. */
type Stage = 'S' | 'D' | 'T' | 'X';

export interface CheckRule {
  readonly stage: Stage;
  /** block: the line cannot leave. warn: a named person confirms it with a reason. info: shown. */
  readonly severity: Severity;
  /** What is shown; `{name}` is filled in with the figures of the line. */
  readonly message: string;
  /** What the console offers. */
  readonly fix: string;
}

const rule = (stage: Stage, severity: Severity, message: string, fix: string): CheckRule => ({
  stage,
  severity,
  message,
  fix,
});

/** Every check there is, in the order in which a reader should meet them. The tests themselves live in the stage files. */
export const checkRules = {
  'INV-DATE': rule(
    'S',
    'block',
    'No real invoice date: "{date}".',
    'Correct the date; see whether day and month are swapped',
  ),
  'AMT-PRECISION': rule(
    'S',
    'block',
    '{currency} amounts have at most {decimals} decimals.',
    'Enter the amount as invoiced, rounded',
  ),
  'AMT-SIZE': rule(
    'S',
    'block',
    'An amount has more than twelve digits before the decimal point, or comes to that in pounds.',
    'Read the document again and correct the amount or its exchange rate',
  ),
  'ARITH-TOTAL': rule(
    'S',
    'block',
    'Net and VAT add up to {sum}, but gross is {gross}.',
    'Read the document again and correct the wrong amount',
  ),
  'VAT-SIGN': rule('S', 'block', 'Net and VAT have opposite signs.', 'Correct the sign'),
  'CN-SIGN': rule(
    'S',
    'block',
    'The sign of the amounts does not fit the kind of document.',
    'Refund: choose credit note. Discount: take its net and VAT off another line of that invoice, and leave this one out. Slip: correct the sign or the type',
  ),
  'CCY-CODE': rule('S', 'block', '"{currency}" is no currency code.', 'Choose the currency'),
  'FX-MISSING': rule(
    'S',
    'block',
    'There is no exchange rate for {currency}.',
    'Load the HMRC rate for the month of the tax point',
  ),
  'FX-GBP': rule(
    'S',
    'block',
    'A line in pounds carries the exchange rate {rate}.',
    'Clear the rate or correct the currency',
  ),
  'FX-RANGE': rule(
    'S',
    'block',
    'The rate {rate} is not believable as pounds per {currency}; it may be upside down.',
    'Invert the rate or load it again',
  ),
  'SUPPLIER-COUNTRY': rule(
    'S',
    'block',
    'The country this supplier is established in is not known.',
    'Set the country on the supplier',
  ),
  'CUST-REG': rule(
    'S',
    'block',
    'It is not known whether the buying company is registered for VAT.',
    'Set it on the organisation',
  ),
  'CUST-NONUK': rule(
    'S',
    'block',
    'The buying company is outside the UK VAT area.',
    'Move the line to the books of that company',
  ),
  GOODS: rule('S', 'block', 'Imported goods follow import VAT, not these rules.', 'Handle it outside the console'),
  'INV-NO': rule('D', 'block', 'The invoice number is missing.', 'Enter it; a card slip is no invoice'),
  SUPPLIER: rule('D', 'block', 'The supplier is missing.', 'Choose the supplier'),
  DESC: rule('D', 'warn', 'Nothing says what was bought.', 'Add a description'),
  'INV-FUTURE': rule(
    'D',
    'block',
    'The invoice is dated {date}, which has not come yet.',
    'Correct the date or hold the line',
  ),
  'DOC-NOTVAT': rule('D', 'block', 'A {document} is not a VAT invoice.', 'Wait for the invoice'),
  ESTIMATE: rule(
    'D',
    'block',
    'The text says "{word}": an estimate is not a bill.',
    'Replace it by the invoice; accrue it by a journal',
  ),
  'PRIVATE-USE': rule(
    'D',
    'warn',
    'The text says "{word}": private, gift and entertainment costs may carry no VAT claim.',
    'Confirm business use or restrict the claim',
  ),
  'ROUND-SUM': rule('D', 'warn', 'Metered usage at a round {net}: an estimate or a top-up?', 'Attach the usage report'),
  'ZERO-AMT': rule('D', 'warn', 'The amount is zero, so nothing would be posted.', 'Exclude it or keep it as evidence'),
  'CN-ORIG': rule('D', 'warn', 'This credit note does not name the invoice it credits.', 'Link the invoice'),
  PREPAY: rule(
    'D',
    'info',
    'It covers {days} days: the cost may be spread, the VAT is not.',
    'Create a prepayment schedule',
  ),
  'PERIOD-MISMATCH': rule(
    'D',
    'warn',
    'The invoice date lies far from the service period {period}.',
    'Check the period',
  ),
  DUP: rule('D', 'block', 'The same document is already here: {earlier}.', 'Remove it, or show that it differs'),
  'USAGE-AGAIN': rule(
    'D',
    'warn',
    'More than one import ({files}) has {services} for the same time ({from} to {to}): up to {amount} may be in it twice.',
    'Where one file replaces another, undo all of them and import the newest alone; where they are parts of one export, confirm it',
  ),
  'DUP-NEAR': rule('D', 'warn', 'Same supplier and amount within a week of {earlier}.', 'Compare the two documents'),
  'VATNO-MISSING': rule(
    'T',
    'block',
    'VAT is charged, but the document shows no VAT number.',
    'Ask for a proper VAT invoice',
  ),
  'VATNO-BAD': rule(
    'T',
    'block',
    'The VAT number {number} fails its check digits.',
    'Type it again, or look it up at HMRC',
  ),
  'VATNO-COUNTRY': rule(
    'T',
    'warn',
    'A VAT number of {prefix} on a supplier in {country}: a local branch, or billed as a consumer?',
    'Confirm which establishment supplied it',
  ),
  'VATNO-SELF': rule('T', 'block', 'This is our own VAT number.', "Enter the supplier's number"),
  'FOREIGN-VAT': rule(
    'T',
    'block',
    'Foreign tax on a service that is supplied in the UK cannot be reclaimed here.',
    'Send our VAT number and ask for a corrected invoice',
  ),
  'FOREIGN-UKVAT': rule(
    'T',
    'block',
    'UK VAT charged from abroad to a business is not input tax.',
    'Ask for a credit and a new invoice, or confirm a UK establishment',
  ),
  'SUPPLY-ABROAD': rule(
    'T',
    'info',
    'It was taxed where it took place: the gross is the cost.',
    'Consider a refund claim in that country',
  ),
  'VAT-NOTCHARGED': rule(
    'T',
    'block',
    'A registered UK supplier charged no VAT and gives no reason.',
    'Choose zero-rated, exempt or outside the scope, or ask the supplier',
  ),
  'SUPPLIER-UNREG': rule(
    'T',
    'info',
    'The supplier is taken as not registered for VAT.',
    'Confirm it once for this supplier',
  ),
  'RATE-DATE': rule(
    'T',
    'block',
    '{found} was not the rate on {taxPoint}; it was {rate}.',
    'Correct the date or ask the supplier',
  ),
  'RATE-UNUSUAL': rule('T', 'warn', 'A rate of 5% is unusual for this kind of cost.', 'Confirm it'),
  'MIXED-RATE': rule('T', 'block', 'The VAT is too low for the whole net at one rate.', 'Split the line by rate'),
  'VAT-CALC': rule('T', 'block', 'VAT should be {expected}; the invoice shows {vat}.', 'Ask the supplier'),
  'VAT-ROUNDING': rule('T', 'info', 'Rounding by the supplier of {pence}p is accepted.', 'Nothing to do'),
  'UNREG-RC': rule(
    'T',
    'warn',
    '{net} counts towards the £{threshold} registration threshold.',
    'Update the threshold tracker',
  ),
  'UNREG-UKVAT': rule('T', 'warn', 'The supplier bills us as a consumer.', 'Send proof that we are a business'),
  'PRE-REG': rule(
    'T',
    'warn',
    'Bought within six months before registration: claimed on the first return.',
    'Mark it for the first return',
  ),
  'PRE-REG-LATE': rule('T', 'warn', 'Bought too long before registration to be reclaimed.', 'Post the gross'),
  'TIME-4Y': rule(
    'T',
    'block',
    'The tax point {taxPoint} is more than four years ago.',
    "Claim only within four years of the return's due date",
  ),
  'PERIOD-CLOSED': rule(
    'T',
    'warn',
    'The tax point {taxPoint} lies in a closed VAT period.',
    'Claim it late; correct the error for a reverse charge',
  ),
  'PERIOD-FUTURE': rule(
    'T',
    'block',
    'The tax point {taxPoint} lies after the open VAT period.',
    'Hold it for the next period',
  ),
  'INV-SIMPLE': rule('T', 'warn', 'A receipt over £250 does not serve: a full VAT invoice is needed.', 'Ask for it'),
  'FX-VATSTERLING': rule('T', 'warn', 'The invoice shows no VAT in pounds, so our rate is used.', 'Ask the supplier'),
  'FX-VATDIFF': rule(
    'T',
    'warn',
    'The printed sterling VAT {printed} is far from {converted} at our rate.',
    'Check both figures',
  ),
  'CASH-UNPAID': rule('T', 'info', 'Cash accounting: the VAT waits for the payment.', 'Add the payment date'),
  'FRS-NOCLAIM': rule('T', 'info', 'Flat rate scheme: the VAT is part of the cost.', 'Nothing to do'),
  'FRS-RC': rule('T', 'info', 'The reverse charge stays outside the flat rate.', 'Nothing to do'),
  'PE-FLAG': rule('T', 'info', 'Partly exempt: the amount in box 4 may be restricted.', 'Let the accountant look'),
  'UNPAID-6M': rule(
    'T',
    'warn',
    'Unpaid for six months after {due}: the VAT has to be paid back.',
    'Pay it, or post the adjustment',
  ),
  'LARGE-AMT': rule('T', 'warn', '{net} net needs a second approver.', 'Route it to a second approver'),
  'HINT-MISMATCH': rule(
    'T',
    'warn',
    'The file says {hint}, the rules say {treatment}.',
    'Accept it or correct the line',
  ),
  'DRC-REVIEW': rule(
    'T',
    'warn',
    'Domestic reverse charge: a person confirms it and picks the tax code.',
    'Pick the code by hand',
  ),
  'MAP-TAX': rule('X', 'block', 'The tax code mapping no longer fits the ledger.', 'Map the code again'),
  'MAP-ACCOUNT': rule('X', 'block', 'No usable ledger account is chosen.', 'Map the category to an account'),
  'CONTACT-AMBIG': rule(
    'X',
    'block',
    'It is not clear which supplier of the ledger is meant.',
    'Choose or create the contact',
  ),
  'CCY-NOTENABLED': rule(
    'X',
    'block',
    'The ledger does not use {currency}, or not for this supplier.',
    'Enable the currency, or create the supplier in it',
  ),
  'LOCK-DATE': rule('X', 'block', 'The books are locked up to {lock}.', 'Post it on a later date, or unlock'),
  'SCHEME-DIFF': rule('X', 'warn', 'The ledger says {theirs}, the console {ours}.', 'Align the VAT scheme'),
  'ATTACH-MISSING': rule('X', 'block', 'No source document is attached.', 'Attach the invoice'),
  'NOT-APPROVED': rule(
    'X',
    'block',
    'The batch changed after approval, or has none by a second person.',
    'Approve it again',
  ),
  'TGT-DUP': rule('X', 'block', 'It is already posted as {document}.', 'Link the two'),
  'TGT-TOTAL': rule(
    'X',
    'block',
    'The ledger shows {found}, expected was {expected}; it was taken back.',
    'Look into it',
  ),
  'FB-RC': rule('X', 'warn', 'FreshBooks cannot hold this VAT.', "Keep it in the console's VAT report"),
} as const satisfies Record<string, CheckRule>;

export type CheckId = keyof typeof checkRules;

/** A check that fired on a line. */
export interface Check {
  readonly id: CheckId;
  readonly severity: Severity;
  readonly message: string;
}

export type Figures = Readonly<Record<string, string | number>>;

/** A fired check with the figures of the line in its message. `severity` where it is not the usual one. */
export function check(id: CheckId, figures: Figures = {}, severity: Severity = checkRules[id].severity): Check {
  const message = checkRules[id].message.replace(/\{(\w+)\}/g, (whole, name: string) => String(figures[name] ?? whole));
  return { id, severity, message };
}

const rank = new Map(Object.keys(checkRules).map((id, i) => [id, i]));
const severityRank: Readonly<Record<Severity, number>> = { block: 0, warn: 1, info: 2 };

/** Worst first, then in the order of the table: the first one is *the* reason of a line. */
export function byUrgency(a: Pick<Check, 'id' | 'severity'>, b: Pick<Check, 'id' | 'severity'>): number {
  return severityRank[a.severity] - severityRank[b.severity] || (rank.get(a.id) ?? 0) - (rank.get(b.id) ?? 0);
}
