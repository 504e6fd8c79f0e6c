import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import type { BrowserWindow, Rectangle } from 'electron';
import { z } from 'zod';

const WindowState = z.object({
  x: z.number().int().optional(),
  y: z.number().int().optional(),
  width: z.number().int().min(400).max(20_000),
  height: z.number().int().min(300).max(20_000),
  maximised: z.boolean(),
});
export type WindowState = z.infer<typeof WindowState>;

const first: WindowState = { width: 1280, height: 800, maximised: false };

/** The kept place and size; a place no present screen shows falls back to the middle of the main one. */
export function readWindowState(file: string, screens: readonly Rectangle[]): WindowState {
  let kept: WindowState;
  try {
    kept = WindowState.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return first;
  }
  const { x, y } = kept;
  const seen =
    x !== undefined &&
    y !== undefined &&
    screens.some(
      (screen) =>
        x + 80 > screen.x &&
        x < screen.x + screen.width - 80 &&
        y >= screen.y - 10 &&
        y < screen.y + screen.height - 60,
    );
  return seen ? kept : { width: kept.width, height: kept.height, maximised: kept.maximised };
}

/** Keeps the window's place, at rest rather than at every pixel of a drag. */
export function keepWindowState(window: BrowserWindow, file: string): void {
  let due: NodeJS.Timeout | null = null;
  const write = async () => {
    if (window.isDestroyed()) return;
    const state: WindowState = { ...window.getNormalBounds(), maximised: window.isMaximized() };
    const draft = `${file}.draft`;
    // Losing the place of a window is no reason to disturb anybody.
    await writeFile(draft, JSON.stringify(state))
      .then(() => rename(draft, file))
      .catch(() => undefined);
  };
  const soon = () => {
    if (due) clearTimeout(due);
    due = setTimeout(() => void write(), 400);
  };
  window.on('resize', soon);
  window.on('move', soon);
  window.on('maximize', soon);
  window.on('unmaximize', soon);
}
