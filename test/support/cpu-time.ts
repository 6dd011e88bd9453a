/** Milliseconds of processor time that some work takes in this process: a busy machine does not lengthen them. */
export async function measureCpuMs(work: () => void | Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
