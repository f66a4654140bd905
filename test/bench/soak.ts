// `npm run soak -- --minutes N`: toggles and requests for that long; prints what the process holds, and fails when it grows.
import { Child } from '../support/child.js';
import { RedisServer } from '../support/redis.js';
import { Load } from './load.js';
import { median } from './statistics.js';

/** Toggles a second. */
const RATE = 1_000;
/** Few: a toggle waits for all requests that are served between its question and the answer. */
const CONNECTIONS = 4;

interface Holds {
  heap: number;
  timers: number;
  sockets: number;
  listeners: number;
  changes: number;
  keys: number;
}

const at = process.argv.indexOf('--minutes');
const minutes = at < 0 ? 1 : Number(process.argv[at + 1]);
if (!(minutes > 0)) {
  console.error(`--minutes must be a positive number, not ${process.argv[at + 1]}`);
  process.exit(2);
}

await using redis = await RedisServer.start();
await using child = await Child.start<{ port: number }>(new URL('./apps/soak-app.js', import.meta.url), {
  args: [redis.url],
  timeout: 60_000,
});
const client = redis.client();
const load = await Load.open(child.facts.port, CONNECTIONS);

const slice = (minutes * 60_000) / 20;
const samples: Holds[] = [];
let toggles = 0;
let requests = 0;
console.log('| | toggles | requests | heap kB | timers | sockets | listeners | Redis keys |');
console.log('| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
for (let i = 0; i <= 20; i++) {
  const [toggled, served] = await Promise.all([
    child.send<number>('toggle', RATE, slice),
    load.run(slice, { path: i % 2 === 0 ? '/' : '/exempt' }),
  ]);
  toggles += toggled;
  requests += served.requests;
  const holds = { ...(await child.send<Omit<Holds, 'keys'>>('holds')), keys: await client.dbsize() };
  samples.push(holds);
  const { heap, timers, sockets, listeners, keys } = holds;
  console.log(
    `| ${i} | ${toggles} | ${requests} | ${Math.round(heap / 1024)} | ${timers} | ${sockets} | ${listeners} | ${keys} |`,
  );
}
load.close();

// the first slices are for compiling and for filling what is remembered
const early = samples.slice(4, 10);
const late = samples.slice(-6);
const failures = (['heap', 'timers', 'sockets', 'listeners', 'keys'] as const).filter((name) => {
  const [before, after] = [early, late].map((part) => {
    const values = part.map((sample) => sample[name]);
    // some timers and sockets are there for a moment; what is leaked stays
    return name === 'timers' || name === 'sockets' ? Math.min(...values) : median(values);
  }) as [number, number];
  return after > before * (name === 'heap' ? 1.05 : 1);
});
if (samples.at(-1)?.changes !== toggles) {
  console.error(`${toggles} toggles, but ${samples.at(-1)?.changes} changes were announced`);
  process.exitCode = 1;
}
if (failures.length > 0) {
  console.error(`grew: ${failures.join(', ')}`);
  process.exitCode = 1;
} else {
  const seconds = (samples.length * slice) / 1000;
  console.log(
    `\n${toggles} toggles (${Math.round(toggles / seconds)} a second) and ${requests} requests in ${minutes} minutes: flat.`,
  );
}
