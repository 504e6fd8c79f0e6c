import { type RefObject, useLayoutEffect, useState } from 'react';
import { flushSync } from 'react-dom';

/** As the style sheet has them. */
export const ROW_PX = 34;
export const HEAD_PX = 30;
/** Rows drawn beyond each edge. */
const AHEAD = 2;
/** A list that did not move for this long stands still. */
const STILL_MS = 150;

interface Drawn {
  /** First and last index to draw; `last` is below `first` when there is nothing. */
  readonly first: number;
  readonly last: number;
  /** How many elements the rows take turns in: a row that comes in takes that of a row that left. */
  readonly turns: number;
}

interface RowWindow extends Drawn {
  /** The rows to draw, in the order their elements are to stand in the page. */
  readonly order: readonly number[];
  /** Of the list, px. */
  readonly width: number;
  /** False in the first pass, which takes the list to be as large as the window. */
  readonly measured: boolean;
}

/** Which rows of `total` are drawn when row `top` is the uppermost in a list `height` px high, its heading included. */
export function rowsToDraw(top: number, height: number, total: number): Drawn {
  const shown = Math.ceil((height - HEAD_PX) / ROW_PX);
  return {
    first: Math.max(0, Math.min(top, total - shown) - AHEAD),
    last: Math.min(total - 1, top + shown + AHEAD),
    turns: shown + 2 * AHEAD + 1,
  };
}

/**
 * The order in which the rows' elements stand in the page: by position when it was last put in order at row `first` of
 * `still`, and since then each where it was, since an element that is moved is laid out and painted from nothing.
 */
export function orderOf({ first, last, turns }: Drawn, still: number): number[] {
  const order: number[] = [];
  for (let slot = still; slot < still + turns; slot += 1) {
    const index = first + ((((slot - first) % turns) + turns) % turns);
    if (index <= last) order.push(index);
  }
  return order;
}

/**
 * Which rows of a list of `total` equally high ones can be seen. The first pass already has rows: the browser tells the
 * size after its own layout, before it paints, so that nobody asks it to lay out twice. Draws within the frame of a scroll.
 */
export function useRowWindow(box: RefObject<HTMLElement | null>, total: number): RowWindow {
  const [size, setSize] = useState({ width: window.innerWidth, height: window.innerHeight, measured: false });
  const [top, setTop] = useState(0);
  const [still, setStill] = useState(0);
  useLayoutEffect(() => {
    const watched = box.current;
    if (!watched) return;
    const observer = new ResizeObserver(([entry]) => {
      if (!entry) return;
      const { width, height } = entry.contentRect;
      flushSync(() => setSize({ width, height, measured: true }));
    });
    observer.observe(watched);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onScroll = () => {
      const next = Math.floor(watched.scrollTop / ROW_PX);
      flushSync(() => setTop(next));
      clearTimeout(timer);
      timer = setTimeout(() => setStill(next), STILL_MS);
    };
    watched.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      clearTimeout(timer);
      observer.disconnect();
      watched.removeEventListener('scroll', onScroll);
    };
  }, [box]);
  const drawn = rowsToDraw(top, size.height, total);
  const order = orderOf(drawn, rowsToDraw(still, size.height, total).first);
  return { ...drawn, order, width: size.width, measured: size.measured };
}
