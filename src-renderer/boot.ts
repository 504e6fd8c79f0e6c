import { z } from 'zod';

// The page's policy forbids evaluating text. Said before the first schema is built, because building one asks: hence the
// later import, which a bundler cannot move in front of this line.
z.config({ jitless: true });
void import('./main.tsx');
