/**
 * Puts a text on the clipboard, at a press or a key. The desktop's page may ask for no permission but notifications (SEC-11),
 * so there it is copied the way a selection is, which asks for none.
 * @throws Error when neither way was open
 */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    if (!copySelected(text)) throw new Error('The text could not be put on the clipboard');
  }
}

function copySelected(text: string): boolean {
  const before = document.activeElement;
  const field = document.createElement('textarea');
  field.value = text;
  field.readOnly = true;
  // Out of sight, and nothing scrolls to it.
  field.style.cssText = 'position:fixed;top:0;left:-100vw';
  document.body.append(field);
  field.select();
  const copied = document.execCommand('copy');
  field.remove();
  if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  return copied;
}
