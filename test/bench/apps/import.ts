// Prints how many milliseconds of CPU time importing takes: `node import.js nest|library`.
const before = process.cpuUsage();
await import('reflect-metadata');
await import('@nestjs/common');
await import('@nestjs/core');
if (process.argv[2] === 'library') {
  await import('../../../lib/index.js');
}
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify((user + system) / 1000));
