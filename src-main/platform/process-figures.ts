import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How this process is; the delay of its event loop is measured from the first asking on, and anew after each. */
export function createProcessFigures() {
  const startedAt = (Date.now() - process.uptime() * 1_000) / 1_000;
  let loop: ReturnType<typeof monitorEventLoopDelay> | null = null;
  return () => {
    const { user, system } = process.cpuUsage();
    const loopDelaySeconds = loop === null || loop.count === 0 ? 0 : loop.percentile(99) / 1e9;
    if (loop === null) {
      loop = monitorEventLoopDelay({ resolution: 20 });
      loop.enable();
    } else loop.reset();
    return {
      residentBytes: process.memoryUsage.rss(),
      cpuSeconds: (user + system) / 1e6,
      startedAt,
      loopDelaySeconds,
    };
  };
}
