/** Milliseconds that only go forward. In a file of its own: the database threads need no more of the clock, and nothing of zod. */
export const monotonicMs = (): number => performance.now();
