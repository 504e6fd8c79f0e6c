import { z } from 'zod';

// The page's policy forbids evaluating text. Said before the first schema is built, because building one asks: hence the
// later imports, which a bundler cannot move in front of this line.
z.config({ jitless: true });
// What is kept of the view is there before the first part of the page looks for it.
void import('./data/kept-view.ts').then(({ keepView }) => keepView()).then(() => import('./main.tsx'));
