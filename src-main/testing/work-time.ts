/**
 * Milliseconds of processor time this process has used so far. What a test limits is the work of the program, and this
 * stands still while other programs have the machine.
 */
export function workedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
