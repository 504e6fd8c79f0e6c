/** How a cell begins that a spreadsheet takes for a formula, after any spaces; full-width forms are folded into these. */
const formula = /^(?:\s*[=+\-@＝＋－＠]|[\t\r])/u;
const amount = /^-?\d+(\.\d+)?$/;

/** Text that a spreadsheet would take for a formula is shown as text; an amount such as `-12.50` stays a number (SEC-42). */
export const harmlessCell = (text: string): string => (formula.test(text) && !amount.test(text) ? `'${text}` : text);
