// Prints how many milliseconds of CPU time importing takes: `node import.js nest|library`; the library as it is packed.
const before = process.cpuUsage();
await import('reflect-metadata');
await import('@nestjs/common');
await import('@nestjs/core');
if (process.argv[2] === 'library') {
  await import(new URL('../../../../../dist/index.js', import.meta.url).href);
}
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify((user + system) / 1000));
