/** What a server of the benchmark tells its parent: its port, and on demand the processor time it has used, in microseconds. */
export function tell(port, more = {}) {
  process.on('message', (message) => {
    if (message !== 'cpu') return;
    const { user, system } = process.cpuUsage();
    process.send({ cpu: user + system });
  });
  process.on('SIGTERM', () => process.exit(0));
  process.send({ port, ...more });
}
