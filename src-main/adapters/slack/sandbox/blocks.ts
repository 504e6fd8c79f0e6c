/** Slack's limits for blocks, as its documents name them; the words of the answer are close to Slack's. */

type Node = Readonly<Record<string, unknown>>;
const isNode = (value: unknown): value is Node => value !== null && typeof value === 'object' && !Array.isArray(value);

const most = {
  blocks: 50,
  header: 150,
  section: 3_000,
  fields: 10,
  field: 2_000,
  context: 10,
  actions: 25,
  button: 75,
  value: 2_000,
  url: 3_000,
  id: 255,
  confirmTitle: 100,
  confirmText: 300,
  confirmButton: 30,
};

/** null: Slack would take them. */
export function blocksProblem(blocks: readonly unknown[]): string | null {
  if (blocks.length > most.blocks) return 'no more than 50 items allowed [json-pointer:/blocks]';
  const ids = new Set<string>();
  for (const [at, block] of blocks.entries()) {
    const problem = isNode(block) ? blockProblem(block, ids) : 'must be an object';
    if (problem !== null) return `${problem} [json-pointer:/blocks/${at}]`;
  }
  return null;
}

function blockProblem(block: Node, ids: Set<string>): string | null {
  if (typeof block.block_id === 'string') {
    if (block.block_id.length > most.id) return 'must be less than 256 characters';
    if (ids.has(`block ${block.block_id}`)) return 'block_id already exists';
    ids.add(`block ${block.block_id}`);
  }
  switch (block.type) {
    case 'header':
      return textProblem(block.text, most.header, ['plain_text']);
    case 'section': {
      if (block.text === undefined && block.fields === undefined) return 'missing required field: text';
      if (block.text !== undefined) {
        const problem = textProblem(block.text, most.section);
        if (problem !== null) return problem;
      }
      const { fields = [] } = block;
      if (!Array.isArray(fields) || fields.length > most.fields) return 'no more than 10 items allowed';
      if (block.fields !== undefined && fields.length === 0) return 'must have at least 1 items';
      return firstOf(fields, (field) => textProblem(field, most.field));
    }
    case 'context':
      return listProblem(block.elements, most.context, (element) => textProblem(element, most.field));
    case 'actions':
      return listProblem(block.elements, most.actions, (element) => buttonProblem(element, ids));
    case 'divider':
      return null;
    default:
      return `unsupported type: ${String(block.type)}`;
  }
}

function textProblem(text: unknown, max: number, types = ['plain_text', 'mrkdwn']): string | null {
  if (!isNode(text) || !types.includes(String(text.type))) return `must be one of ${types.join(', ')}`;
  if (typeof text.text !== 'string' || text.text.length === 0) return 'must be more than 0 characters';
  if (text.text.length > max) return `must be less than ${max + 1} characters`;
  if (text.type === 'mrkdwn' && text.emoji !== undefined) return 'invalid additional property: emoji';
  return null;
}

function buttonProblem(button: unknown, ids: Set<string>): string | null {
  if (!isNode(button) || button.type !== 'button') return 'unsupported type';
  const { action_id: id, value = '', url, style, confirm } = button;
  const known = ['type', 'action_id', 'text', 'value', 'url', 'style', 'confirm', 'accessibility_label'];
  const stray = Object.keys(button).find((name) => !known.includes(name));
  if (stray !== undefined) return `invalid additional property: ${stray}`;
  if (typeof id !== 'string' || id.length > most.id) return 'missing required field: action_id';
  if (ids.has(`action ${id}`)) return 'action_id already exists';
  ids.add(`action ${id}`);
  if (typeof value !== 'string' || value.length > most.value) return 'value is too long';
  if (url !== undefined && (typeof url !== 'string' || url.length > most.url || !/^https?:\/\//.test(url)))
    return 'invalid url';
  if (style !== undefined && style !== 'primary' && style !== 'danger') return 'must be one of primary, danger';
  return textProblem(button.text, most.button, ['plain_text']) ?? confirmProblem(confirm);
}

function confirmProblem(confirm: unknown): string | null {
  if (confirm === undefined) return null;
  if (!isNode(confirm)) return 'must be a confirmation dialog object';
  return (
    textProblem(confirm.title, most.confirmTitle, ['plain_text']) ??
    textProblem(confirm.text, most.confirmText) ??
    textProblem(confirm.confirm, most.confirmButton, ['plain_text']) ??
    textProblem(confirm.deny, most.confirmButton, ['plain_text'])
  );
}

function listProblem(list: unknown, max: number, problemOf: (element: unknown) => string | null): string | null {
  if (!Array.isArray(list) || list.length === 0 || list.length > max) return `must have 1 to ${max} items`;
  return firstOf(list, problemOf);
}

function firstOf(list: readonly unknown[], problemOf: (element: unknown) => string | null): string | null {
  for (const element of list) {
    const problem = problemOf(element);
    if (problem !== null) return problem;
  }
  return null;
}
