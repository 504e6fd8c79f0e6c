/**
 * Loaded before a program (`node --import`), it moves the wall clock of that whole process by `MOVED_CLOCK_MS`: what a
 * machine shows whose date was set. Monotonic time stays.
 */
const by = Number(process.env.MOVED_CLOCK_MS ?? 0);
const real = Date.now.bind(Date);
Date.now = () => real() + by;
